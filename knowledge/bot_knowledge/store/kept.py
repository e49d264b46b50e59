"""What the room's own stores can do beyond the port."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot_core.ports.knowledge import KnowledgeStore


class KeptStore(KnowledgeStore, Protocol):
    """A store with a lifetime."""

    async def settle(self, community: str) -> None:
        """Force what was written to the disk, and tidy up after many changes."""
        ...

    def held(self) -> AbstractAsyncContextManager[None]:
        """Let nothing read or write for as long as the context lasts, so that the files can be copied."""
        ...

    async def close(self) -> None:
        """Close files, connections and threads."""
        ...
