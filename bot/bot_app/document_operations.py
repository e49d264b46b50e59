"""What the command line and the page ask of the library; plain JSON values in and out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot_core.codec import plain
from bot_core.errors import BadInput
from bot_core.identity import Words
from bot_core.ports.knowledge import IngestProgress, IngestResult, Library

Line = dict[str, object]
Operation = Callable[[Mapping[str, object]], AsyncIterator[Line]]
Steps = AsyncIterator[IngestProgress | IngestResult]

NOT_SERVED = Words(
    "网页没有在运行。请先运行 yinlu run，再试一次。",
    "The page is not being served. Start yinlu run, then try again.",
)
BAD_ROLE = Words("角色名不能为空，最长 64 个字符。", "A role's name has 1-64 characters.")


@dataclass(frozen=True, slots=True)
class DocumentOperations:
    """``known`` finds the community that is meant, ``target`` the one to write to, made where it is missing."""

    library: Library
    known: Callable[[object], Awaitable[str]]
    target: Callable[[object], Awaitable[str]]

    @property
    def names(self) -> dict[str, Operation]:
        """Return every operation under the name that crosses the socket."""
        return {
            "ingest": self.ingest,
            "documents": self.documents,
            "show": self.show,
            "forget": self.forget,
            "audience": self.audience,
            "reindex": self.reindex,
        }

    async def ingest(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{paths, urls?, audience?, cwd?, community?} -> counts and failures; progress has stage, done, total, source."""
        community = await self.target(params.get("community"))
        paths = [Path(str(path)) for path in listed(params.get("paths"))]
        urls = [str(url) for url in listed(params.get("urls"))]
        roles = read_roles(params.get("audience"))
        base = Path(str(params["cwd"])) if params.get("cwd") else None
        parts: list[Steps] = []
        if paths:
            parts.append(self.library.ingest(community, paths, roles, base))
        if urls:
            parts.append(self.library.visit(community, urls, roles))
        begun, results = time.monotonic(), list[IngestResult]()
        for part in parts:
            async for step in part:
                if isinstance(step, IngestProgress):
                    yield {"progress": bare(step)}
                else:
                    results.append(step)
        seconds = time.monotonic() - begun
        read = sum(one.added + one.updated + one.unchanged for one in results)
        speed = {"seconds": round(seconds, 2), "rate": round(read / seconds, 2) if seconds else 0.0}
        yield {"result": {**ingest_json(results), **speed}}

    async def documents(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{community?} -> the documents of a community, and what could not be read."""
        community = await self.known(params.get("community"))
        documents = [bare(document) for document in await self.library.documents(community)]
        failed = [bare(failure) for failure in await self.library.failures(community)]
        yield {"result": {"community": community, "documents": documents, "failed": failed}}

    async def show(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{source, community?} -> a document's passages."""
        community = await self.known(params.get("community"))
        source = str(params.get("source", ""))
        passages = await self.library.show(community, source)
        names = ("position", "heading", "language", "date", "audience", "anchor", "text")
        rows = [{name: plain(getattr(passage, name)) for name in names} for passage in passages]
        first = passages[0] if passages else None
        about = {name: getattr(first, name, "") for name in ("title", "url", "version")}
        yield {"result": {"community": community, "source": source, **about, "passages": rows}}

    async def forget(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{source, community?} -> {removed}."""
        community = await self.known(params.get("community"))
        removed = await self.library.forget(community, str(params.get("source", "")))
        yield {"result": {"community": community, "removed": removed}}

    async def audience(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{source, roles, community?} -> {documents}: how many there are now; the roles hold for later ones too."""
        community = await self.known(params.get("community"))
        roles = read_roles(params.get("roles"))
        count = await self.library.set_audience(community, str(params.get("source", "")), roles)
        yield {"result": {"community": community, "documents": count, "audience": sorted(roles)}}

    async def reindex(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{community?} -> {documents}: all of them embedded anew, beside the old index until it is done."""
        community = await self.known(params.get("community"))
        async for step in self.library.reindex(community):
            yield {"progress": bare(step)}
        documents = await self.library.documents(community)
        yield {"result": {"community": community, "documents": len(documents)}}


def page_link(urls: Sequence[str], ticket: Callable[[], str] | None) -> Operation:
    """Return the operation that gives the page's address with an admin's ticket in it."""

    async def page(params: Mapping[str, object]) -> AsyncIterator[Line]:
        if ticket is None or not urls:
            raise BadInput("no page is served", NOT_SERVED)
        yield {"result": {"links": [f"{url}/#admin={ticket()}" for url in urls]}}

    return page


def ingest_json(results: Iterable[IngestResult]) -> Line:
    """Return what ``yinlu ingest --json`` prints."""
    done = list(results)
    counts = {
        name: sum(getattr(one, name) for one in done) for name in ("added", "updated", "removed", "unchanged")
    }
    failed = [{"source": f.source, "reason": f.reason} for one in done for f in one.failed]
    return {**counts, "failed": failed}


def read_roles(given: object) -> frozenset[str]:
    """Return the roles of an audience. Raises BadInput."""
    roles = frozenset(str(role).strip() for role in listed(given))
    if any(not 0 < len(role) <= 64 or not role.isprintable() for role in roles):
        raise BadInput("a role's name", BAD_ROLE)
    return roles


def listed(value: object) -> list[object]:
    """Return a list as it came, anything else as an empty one."""
    return list(value) if isinstance(value, list | tuple) else []


def bare(value: object) -> Line:
    """Return a dataclass's fields as plain values."""
    fields = plain(value)
    fields.pop("$")
    return dict(fields)
