"""Documents that another process keeps: the ports of the knowledge room, asked of ``yinlu knowledge`` over the network."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from bot_app.calls import ALIVE_SECONDS
from bot_app.knowledge_calls import PATIENCE, Asking, KnowledgeAway, Params
from bot_core.answers import Answer, Question
from bot_core.codec import plain, restore
from bot_core.errors import Refused
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import (
    DocumentInfo,
    Glossary,
    IngestFailure,
    IngestProgress,
    IngestResult,
    Passage,
    Retells,
    Say,
    Synonyms,
)
from bot_core.ports.safety import Clock
from bot_knowledge import Knowledge
from bot_knowledge.watch import Watched

log = logging.getLogger(__name__)

FRESH = 2.0  # seconds for which the list of communities is not asked for again
ELSEWHERE = Words(
    "文档由另一个进程保管。请在运行 yinlu knowledge 的机器上读入文件，或放进它看守的文件夹。",
    "The documents are kept elsewhere. Ingest files where yinlu knowledge runs, or put them into the folder that it watches.",
)


@dataclass(frozen=True, slots=True)
class RemoteAnswerer:
    """Answers by the owner's index."""

    asking: Asking

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """See ``Answerer``. An owner that ends amid an answer is asked again; what was said so far is replaced."""
        params = {
            "question": plain(question),
            "aloud": say is not None,
            "retells": isinstance(say, Retells),
        }
        telling, found = _Telling(say), None
        async with aclosing(self.asking.lines("answer", params)) as lines:
            async for line in lines:
                if line is None:
                    telling.anew()
                elif "result" in line:
                    found = line["result"]
                else:
                    await telling.tell(line["progress"])
        return restore(Answer, found)

    async def examples(self, community: str, locale: Locale) -> list[str]:
        """See ``Answerer``; none while the owner is away."""
        params = {"community": community, "locale": locale.value}
        try:
            return restore(list[str], await self.asking.result("examples", params, patience=1.0))
        except KnowledgeAway as away:
            log.warning("no examples", extra={"error": str(away)})
            return []


class _Telling:
    """Passes words on; after a new start they replace the old ones, or are kept back where that can't be done."""

    def __init__(self, say: Say | None) -> None:
        self._say, self._said, self._replaces = say, False, False

    def anew(self) -> None:
        if self._said:
            self._replaces = True

    async def tell(self, progress: object) -> None:
        if self._say is None or not isinstance(progress, dict):
            return
        words = str(progress.get("instead", progress.get("say", "")))
        if not (self._replaces or "instead" in progress):
            self._said = True
            await self._say(words)
        elif isinstance(self._say, Retells):
            self._replaces = False
            await self._say.replace(words)


@dataclass(slots=True)
class RemoteLibrary:
    """The owner's documents."""

    asking: Asking
    _known: tuple[float, list[str]] | None = field(default=None)

    async def ingest(
        self,
        community: str,
        paths: Sequence[Path],
        audience: frozenset[str] = frozenset(),
        base: Path | None = None,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """Raise Refused: files are read where the owner is."""
        raise Refused("documents are kept elsewhere", ELSEWHERE)
        yield IngestResult()

    async def add(
        self,
        community: str,
        name: str,
        data: bytes,
        audience: frozenset[str] = frozenset(),
        *,
        url: str = "",
        title: str = "",
        finish: bool = True,
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """See ``Library``."""
        params: Params = {
            "community": community,
            "name": name,
            "audience": sorted(audience),
            "url": url,
            "title": title,
            "finish": finish,
        }
        async for step in self._steps("add", params, data):
            yield step
        self._known = None

    async def visit(
        self, community: str, urls: Sequence[str], audience: frozenset[str] = frozenset()
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        """See ``Library``."""
        params: Params = {"community": community, "urls": list(urls), "audience": sorted(audience)}
        async for step in self._steps("visit", params):
            yield step
        self._known = None

    async def reindex(self, community: str) -> AsyncIterator[IngestProgress]:
        """See ``Library``."""
        async for step in self._steps("reindex", {"community": community}):
            if isinstance(step, IngestProgress):
                yield step

    async def set_audience(self, community: str, source: str, roles: frozenset[str]) -> int:
        """See ``Library``."""
        params: Params = {"community": community, "source": source, "roles": sorted(roles)}
        return int(await self.asking.result("set_audience", params))

    async def show(self, community: str, source: str) -> list[Passage]:
        """See ``Library``."""
        return restore(
            list[Passage], await self.asking.result("show", {"community": community, "source": source})
        )

    async def failures(self, community: str) -> list[IngestFailure]:
        """See ``Library``."""
        return restore(list[IngestFailure], await self.asking.result("failures", {"community": community}))

    async def documents(self, community: str) -> list[DocumentInfo]:
        """See ``Library``."""
        return restore(list[DocumentInfo], await self.asking.result("documents", {"community": community}))

    async def forget(self, community: str, source: str) -> int:
        """See ``Library``."""
        return int(await self.asking.result("forget", {"community": community, "source": source}))

    async def communities(self) -> list[str]:
        """See ``Library``; what was known last holds for two seconds, and for as long as the owner is away."""
        now = self.asking.clock.monotonic()
        if self._known is not None and now - self._known[0] < FRESH:
            return self._known[1]
        try:
            found = restore(
                list[str], await self.asking.result("communities", {}, 0.0 if self._known else PATIENCE)
            )
        except KnowledgeAway:
            if self._known is None:
                raise
            found = self._known[1]
        self._known = (now, found)
        return found

    async def _steps(
        self, name: str, params: Params, body: bytes | None = None
    ) -> AsyncIterator[IngestProgress | IngestResult]:
        async with aclosing(self.asking.lines(name, params, body)) as lines:
            async for line in lines:
                if line is not None and line.get("result") is not None:
                    yield restore(IngestResult, line["result"])
                elif line is not None and "progress" in line:
                    yield restore(IngestProgress, line["progress"])


@dataclass(frozen=True, slots=True)
class RemoteGlossary:
    """The owner's glossary."""

    asking: Asking

    async def groups(self, community: str) -> list[Synonyms]:
        """See ``Glossary``."""
        return restore(list[Synonyms], await self.asking.result("groups", {"community": community}))

    async def add(self, community: str, terms: Sequence[str]) -> Synonyms:
        """See ``Glossary``."""
        params: Params = {"community": community, "terms": list(terms)}
        return restore(Synonyms, await self.asking.result("add_terms", params))

    async def remove(self, community: str, term: str) -> int:
        """See ``Glossary``."""
        return int(await self.asking.result("remove_term", {"community": community, "term": term}))


@dataclass(frozen=True, slots=True)
class RemoteKnowledge:
    """What a house without an index of its own uses in the place of ``bot_knowledge.Knowledge``."""

    asking: Asking
    library: RemoteLibrary
    answerer: RemoteAnswerer
    glossary: Glossary

    async def warm(self) -> None:
        """Nothing: the models are the owner's."""

    async def run_background(self) -> None:
        """Nothing: the owner embeds."""

    async def watch(self, folders: Sequence[Watched]) -> None:
        """Raise Refused: folders are watched where the owner is."""
        if folders:
            raise Refused("folders are watched where the documents are kept", ELSEWHERE)

    async def waiting(self) -> dict[str, int]:
        """Return by community how many documents wait for the better embedding."""
        return restore(dict[str, int], await self.asking.result("waiting", {}, patience=1.0))

    def held(self) -> AbstractAsyncContextManager[None]:
        """Nothing to hold: the index is in the owner's backup."""
        return nullcontext()


AnyKnowledge = Knowledge | RemoteKnowledge


@asynccontextmanager
async def open_remote(url: str, token: str, clock: Clock) -> AsyncIterator[RemoteKnowledge]:
    """Ask the owner at ``url`` for as long as the context lasts; it may come later."""
    timeout = ClientTimeout(total=None, sock_connect=5.0, sock_read=ALIVE_SECONDS * 3)
    async with ClientSession(
        headers={"Authorization": f"Bearer {token}"}, timeout=timeout, connector=TCPConnector(limit=256)
    ) as session:
        asking = Asking(session, url, clock)
        yield RemoteKnowledge(asking, RemoteLibrary(asking), RemoteAnswerer(asking), RemoteGlossary(asking))
