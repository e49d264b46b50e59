"""What the command line asks of the glossary; plain JSON values in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot_app.document_operations import Line, Operation, bare, listed
from bot_core.ports.knowledge import Glossary


@dataclass(frozen=True, slots=True)
class GlossaryOperations:
    """``known`` finds the community that is meant."""

    glossary: Glossary
    known: Callable[[object], Awaitable[str]]

    @property
    def names(self) -> dict[str, Operation]:
        """Return every operation under the name that crosses the socket."""
        return {"glossary": self.groups, "glossary.add": self.add, "glossary.remove": self.remove}

    async def groups(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{community?} -> the groups of terms that mean the same."""
        community = await self.known(params.get("community"))
        groups = [bare(group) for group in await self.glossary.groups(community)]
        yield {"result": {"community": community, "groups": groups}}

    async def add(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{terms, community?} -> the group they are now."""
        community = await self.known(params.get("community"))
        group = await self.glossary.add(community, [str(term) for term in listed(params.get("terms"))])
        yield {"result": {"community": community, **bare(group)}}

    async def remove(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{term, community?} -> {removed}: from how many groups."""
        community = await self.known(params.get("community"))
        removed = await self.glossary.remove(community, str(params.get("term", "")))
        yield {"result": {"community": community, "removed": removed}}
