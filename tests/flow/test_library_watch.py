"""Watched folders: what changes in them is in the index a moment later."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from yinlu_testing.knowledge import write

from bot_knowledge import KnowledgeOptions, open_knowledge
from bot_knowledge.watch import Watched, watch

HASH = KnowledgeOptions(embedding="hash")


@pytest.fixture
async def knowledge(tmp_path):
    async with open_knowledge(tmp_path / "data", HASH) as opened:
        yield opened


@asynccontextmanager
async def watching(knowledge, *folders):
    """Watch folders meanwhile."""
    task = asyncio.create_task(watch(knowledge.library, folders))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(knowledge, *sources, community="c", seconds=6.0):
    """Wait until exactly these documents are there; return how long it took."""
    begun = time.monotonic()
    while True:
        have = [document.source for document in await knowledge.library.documents(community)]
        if have == sorted(sources):
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, (have, sources)
        await asyncio.sleep(0.05)


async def test_changes_are_picked_up(knowledge, tmp_path):
    """New, changed, moved and removed files, folders too, are in the index within a few seconds."""
    docs = write(tmp_path / "docs", {"a.md": "Alpha one."})
    async with watching(knowledge, Watched(Path("docs"), "c", tmp_path)):
        await until(knowledge, "docs/a.md")
        write(docs, {"deep/er/b.md": "Beta.", ".hidden/x.md": "No.", "style.css": "no"})
        assert await until(knowledge, "docs/a.md", "docs/deep/er/b.md") < 3.0
        write(docs, {"a.md": "Alpha two."})
        begun = time.monotonic()
        while "two" not in (await knowledge.library.show("c", "docs/a.md"))[0].text:
            assert time.monotonic() - begun < 5.0
            await asyncio.sleep(0.05)
        (docs / "deep").rename(docs / "moved")
        await until(knowledge, "docs/a.md", "docs/moved/er/b.md")
        shutil.rmtree(docs / "moved")
        assert await until(knowledge, "docs/a.md") < 3.0


async def test_each_folder_has_its_community(knowledge, tmp_path):
    """Two folders feed two communities, each its own."""
    one, two = write(tmp_path / "one", {"a.md": "Alpha."}), write(tmp_path / "two", {"b.md": "Beta."})
    async with watching(knowledge, Watched(one, "c"), Watched(two, "d")):
        await until(knowledge, str(one / "a.md"))
        await until(knowledge, str(two / "b.md"), community="d")


async def test_a_bad_file_is_told_once(knowledge, tmp_path, caplog):
    """A file that can't be read is listed, logged once, and no more when it is mended."""
    caplog.set_level(logging.WARNING)
    docs = write(tmp_path / "docs", {"a.md": "Alpha.", "bad.md": b"\x00\x01\x00"})
    async with watching(knowledge, Watched(docs, "c")):
        await until(knowledge, str(docs / "a.md"))
        for n in range(2):
            (tmp_path / "bad.md").write_bytes(b"\x00\x01\x00" * (n + 2))
            (tmp_path / "bad.md").replace(docs / "bad.md")  # at once: half a file has another reason
            write(docs, {f"{n}.md": "More."})
            await until(knowledge, str(docs / "a.md"), *(str(docs / f"{m}.md") for m in range(n + 1)))
        assert len(await knowledge.library.failures("c")) == 1
        assert [r.message for r in caplog.records].count("knowledge.unreadable") == 1
        (docs / "bad.md").unlink()
        begun = time.monotonic()
        while await knowledge.library.failures("c"):
            assert time.monotonic() - begun < 5.0
            await asyncio.sleep(0.05)


async def test_a_folder_that_comes_and_goes(knowledge, tmp_path):
    """A folder that is not there yet is read when it comes; one that goes as a whole keeps its documents."""
    docs = tmp_path / "docs"
    async with watching(knowledge, Watched(docs, "c")):
        await asyncio.sleep(0.1)
        write(docs, {"a.md": "Alpha."})
        await until(knowledge, str(docs / "a.md"))
        docs.rename(tmp_path / "away")
        await asyncio.sleep(3.0)
        assert len(await knowledge.library.documents("c")) == 1
        write(docs, {"a.md": "Alpha.", "b.md": "Beta."})
        await until(knowledge, str(docs / "a.md"), str(docs / "b.md"), seconds=10.0)
