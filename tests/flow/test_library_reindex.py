"""Another embedding: the new index is built beside the old one, and answers come from one of them, never from both."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from yinlu_testing.knowledge import ask, ingest, write

from bot_core.ports.knowledge import IngestProgress
from bot_knowledge import room
from bot_knowledge.embedding.embedders import HashEmbedder
from bot_knowledge.embedding.signals import Signals
from bot_knowledge.options import KnowledgeOptions

FILES = {
    f"{n}.md": f"# Room {n}\n\nThe lamp of room {n} is called Quillon{n} and burns oil." for n in range(12)
}


class Slow(HashEmbedder):
    """Takes a moment for documents; counts them."""

    def __init__(self, name, dimensions, pause=0.0):
        super().__init__(name, dimensions)
        self.pause, self.embedded = pause, 0

    async def passages(self, texts):
        self.embedded += len(texts)
        await asyncio.sleep(self.pause)
        return await super().passages(texts)


@pytest.fixture(params=["edge", "server"])
def opened(request, tmp_path, monkeypatch):
    """Opens knowledge with given embedders; on a server (its client's twin), which outlives a restart."""
    if request.param == "server":
        from qdrant_client import AsyncQdrantClient

        from bot_knowledge.store import server

        client = AsyncQdrantClient(":memory:")

        async def stays() -> None:
            """A server is not closed with its clients."""

        client.close = stays  # type: ignore[method-assign]
        monkeypatch.setattr(server, "AsyncQdrantClient", lambda *a, **k: client)

    def open_with(fast, better=None):
        monkeypatch.setattr(room, "open_signals", lambda options: Signals(fast, better))
        url = ":memory:" if request.param == "server" else ""
        return room.open_knowledge(tmp_path / "data", KnowledgeOptions(embedding="hash", qdrant_url=url))

    return open_with


async def ids(knowledge):
    """Return the ids of all passages."""
    sources = [document.source for document in await knowledge.library.documents("c")]
    return [passage.id for source in sources for passage in await knowledge.library.show("c", source)]


async def names(knowledge):
    """Return the names of the vectors of every passage, as one look into the index shows them."""
    wanted = await ids(knowledge)
    return {tuple(sorted(item.vectors)) for item in await knowledge.store.indexed("c", wanted)}


async def test_another_embedder_is_built_beside_and_switched_at_once(opened, tmp_path):
    """While it is built, every answer comes from the old index; afterwards all of it from the new; nothing is lost."""
    docs = write(tmp_path / "docs", FILES)
    async with opened(Slow("old", 64)) as knowledge:
        await ingest(knowledge, "c", docs)
        before = [
            passage.id
            for d in await knowledge.library.documents("c")
            for passage in await knowledge.library.show("c", d.source)
        ]
    async with opened(Slow("new", 32, pause=0.05)) as knowledge:
        assert await names(knowledge) == {("old",)}
        renewing = asyncio.create_task(knowledge.library.renew())
        seen = []
        while not renewing.done():
            seen.append(await names(knowledge))
            answer = await ask(knowledge, "c", "What is the lamp of room 7 called?")
            assert "Quillon7" in answer.retrieved[0].text
            await asyncio.sleep(0.01)
        await renewing
        assert len(seen) > 3 and all(found in ({("old",)}, {("new",)}) for found in seen)
        assert await names(knowledge) == {("new",)} and await knowledge.store.count("c") == 12
        after = [
            passage.id
            for d in await knowledge.library.documents("c")
            for passage in await knowledge.library.show("c", d.source)
        ]
        assert after == before
        answer = await ask(knowledge, "c", "What is the lamp of room 7 called?")
        assert "Quillon7" in answer.retrieved[0].text
    async with opened(Slow("new", 32)) as knowledge:
        assert await names(knowledge) == {("new",)}
        await knowledge.library.renew()
        assert knowledge.signals.fast.embedded == 0  # it is what it should be


async def test_what_changes_meanwhile_is_in_the_new_index(opened, tmp_path):
    """Added, changed, hidden and forgotten during the build: the new index knows."""
    docs = write(tmp_path / "docs", FILES)
    async with opened(Slow("old", 64)) as knowledge:
        await ingest(knowledge, "c", Path("docs"), base=tmp_path)
    async with opened(Slow("new", 32, pause=0.02)) as knowledge:
        library = knowledge.library
        async for step in library.reindex("c"):
            if isinstance(step, IngestProgress) and step.stage == "embedding" and step.done == 6:
                await library.forget("c", "docs/0.md")
                await library.forget("c", "docs/11.md")
                await library.set_audience("c", "docs/1.md", frozenset({"crew"}))
                await library.set_audience("c", "docs/10.md", frozenset({"crew"}))
                write(docs, {"2.md": "# Room 2\n\nThe lamp of room 2 is called Zephyr."})
                async for _ in library.refresh("c", Path("docs"), [docs / "2.md"], tmp_path):
                    pass
                async for _ in library.add(
                    "c", "late.md", b"The lamp of the tower is called Late.", finish=False
                ):
                    pass
        assert await names(knowledge) == {("new",)} and await knowledge.store.count("c") == 11
        for room_number, word in ((0, "Quillon0"), (11, "Quillon11"), (1, "Quillon1 "), (10, "Quillon10")):
            answer = await ask(knowledge, "c", f"What is the lamp of room {room_number} called?")
            assert word not in "".join(r.text for r in answer.retrieved)
        assert "Quillon10" in str(
            (await ask(knowledge, "c", "Lamp of room 10?", audience=["crew"])).retrieved
        )
        assert "Zephyr" in str((await ask(knowledge, "c", "What is the lamp of room 2 called?")).retrieved)
        assert "Late" in str((await ask(knowledge, "c", "What is the lamp of the tower called?")).retrieved)


async def test_a_build_that_is_cut_off_changes_nothing(opened, tmp_path):
    """Stopped in the middle, the old index stays as it was, and the next try succeeds."""
    docs = write(tmp_path / "docs", FILES)
    async with opened(Slow("old", 64)) as knowledge:
        await ingest(knowledge, "c", docs)
    async with opened(Slow("new", 32, pause=0.05)) as knowledge:
        task = asyncio.create_task(knowledge.library.renew())
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await names(knowledge) == {("old",)}
        await knowledge.library.renew()
        assert await names(knowledge) == {("new",)} and await knowledge.store.count("c") == 12


async def test_a_second_embedding_follows_in_the_background(opened, tmp_path):
    """One embedding becomes two: the new one counts for the community when every document has it."""
    docs = write(tmp_path / "docs", FILES)
    async with opened(Slow("old", 64)) as knowledge:
        await ingest(knowledge, "c", docs)
    async with opened(Slow("old", 64), Slow("better", 48)) as knowledge:
        background = asyncio.create_task(knowledge.run_background())
        async with asyncio.timeout(10):
            while await names(knowledge) != {("better", "old")} or await knowledge.waiting():
                await asyncio.sleep(0.02)
        background.cancel()
        await asyncio.gather(background, return_exceptions=True)
        answer = await ask(knowledge, "c", "What is the lamp of room 3 called?")
        assert "Quillon3" in answer.retrieved[0].text


async def test_many_communities_begin_at_once(opened, tmp_path):
    """Each is remembered, and after a restart all of them are there."""
    names = [f"c{number}" for number in range(20)]
    async with opened(Slow("old", 64)) as knowledge:

        async def begin(name):
            async for _ in knowledge.library.add(name, "a.md", f"The lamp of {name} burns.".encode()):
                pass

        await asyncio.gather(*(begin(name) for name in names))
    async with opened(Slow("old", 64)) as knowledge:
        assert sorted(await knowledge.library.communities()) == sorted(names)
        assert [await knowledge.store.count(name) for name in names] == [1] * 20
        assert not any(knowledge.store.outdated(name) for name in names)
