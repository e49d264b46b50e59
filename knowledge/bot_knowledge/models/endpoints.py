"""Where a model is reached, how long it may take and what it costs: plain data, no client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot_core.ports.knowledge import ChatModel

Provider = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model may take, in seconds; ``retries`` are further tries after 429, 5xx and lost connections."""

    first: float = 15.0  # until it says anything at all
    between: float = 10.0  # from one piece to the next
    total: float = 60.0  # from the request to its last word, retries included
    retries: int = 2


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """A chat model for one role; ``url`` up to and with /v1, empty for the provider's own.

    ``extra`` goes into each request as it is (``{"reasoning_effort": "low"}``): providers differ.
    """

    role: str
    model: str
    url: str = ""
    key: str = field(default="", repr=False)
    provider: Provider = "openai"
    patience: Patience = field(default_factory=Patience)
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Priced:
    """A model and its prices per million tokens, in the settings' currency."""

    model: ChatModel
    price_in: float = 0.0
    price_out: float = 0.0

    def cost(self, prompt: int, completion: int) -> float:
        """Return what these tokens cost."""
        return (prompt * self.price_in + completion * self.price_out) / 1_000_000
