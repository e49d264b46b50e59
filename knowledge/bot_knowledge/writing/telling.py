"""Saying an answer while it comes to be, and starting anew where it turns out to be another."""

from __future__ import annotations

import time

from bot_core.ports.knowledge import Retells, Say

PIECE = 24  # characters that are said at a time


class Telling:
    """Keeps what was said of one answer; ``first`` is when the first words were, on the performance counter."""

    def __init__(self, say: Say | None) -> None:
        self._say = say
        self.said = ""
        self.first: float | None = None

    async def add(self, text: str) -> None:
        """Say further words."""
        if not text:
            return
        if self.first is None:
            self.first = time.perf_counter()
        self.said += text
        if self._say is not None:
            await self._say(text)

    async def settle(self, text: str) -> None:
        """See to it that ``text`` is what was said: go on from what was, or start anew."""
        if text.startswith(self.said):
            await self._pieces(text[len(self.said) :])
            return
        if isinstance(self._say, Retells):
            await self._say.replace("")
        elif self._say is not None:  # can't take back: what follows is the answer
            await self._say("\n\n---\n\n")
        self.said = ""
        await self._pieces(text)

    async def _pieces(self, text: str) -> None:
        """Say words piece by piece, whole words at a time."""
        start = 0
        while start < len(text):
            end = min(len(text), start + PIECE)
            space = text.find(" ", end)
            if end < len(text) and text[end - 1].isascii() and 0 <= space - end < 16:
                end = space
            await self.add(text[start:end])
            start = end
