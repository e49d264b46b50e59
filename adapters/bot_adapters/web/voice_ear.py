"""Who listens at a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ear:
    """A member who can hear; ``aloud``: every answer is read to them; ``used``: when they last spoke or listened."""

    community: str
    person: str
    aloud: bool = False
    used: float = 0.0  # on the loop's clock; 0 means never


class Listens(Protocol):
    """A connection that takes sound. No call may block."""

    @property
    def ear(self) -> Ear | None:
        """Return who listens, None for nobody."""
        ...

    @property
    def listening(self) -> bool:
        """Tell whether it is still connected."""
        ...

    def tell(self, stored: str) -> None:
        """Send a frame that is not kept."""
        ...

    def sound(self, frame: bytes) -> None:
        """Send a binary frame; dropped where the client does not keep up."""
        ...

    def hush(self) -> None:
        """Forget all sound that has not been sent."""
        ...
