"""Collects blocks below a path of headings, as every format's reader does."""

from __future__ import annotations

from bot_knowledge.loaders.model import Block, Kind


class Outline:
    """The blocks of a document under construction. A heading with nothing below it becomes text: it is content."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.title = ""
        self._path: list[tuple[int, str]] = []
        self._bare = False  # nothing was added since the last heading

    def heading(self, level: int, text: str) -> None:
        """Begin a section; the first heading of level 1 is the title."""
        if not text:
            return
        if self._bare and self._path and self._path[-1][0] >= level:
            self._keep_bare()
        if not self.title and level == 1:
            self.title = text
            return
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))
        self._bare = True

    def add(self, kind: Kind, text: str, header: bool = False) -> None:
        """Add a block, if it holds anything."""
        if text.strip():
            self.blocks.append(Block(kind, text.strip(), tuple(name for _, name in self._path), header))
            self._bare = False

    def leave(self, depth: int) -> None:
        """Go back to a path of ``depth`` headings."""
        del self._path[depth:]

    @property
    def depth(self) -> int:
        """Return how many headings stand above."""
        return len(self._path)

    def finish(self) -> None:
        """End the document; one that is all title has its title for text."""
        if self._bare:
            self._keep_bare()
        if not self.blocks and self.title:
            self.add(Kind.TEXT, self.title)

    def _keep_bare(self) -> None:
        *above, (_, text) = self._path
        self.blocks.append(Block(Kind.TEXT, text, tuple(name for _, name in above)))
        self._bare = False
