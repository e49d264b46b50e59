"""The library: uploads, audiences, what is embedded again and what is not, failures, forgetting."""

from __future__ import annotations

from pathlib import Path

import pytest
from yinlu_testing.knowledge import ask, ingest, write

from bot_core.errors import BadInput, NotFound
from bot_core.ports.knowledge import IngestProgress, IngestResult
from bot_knowledge import KnowledgeOptions, open_knowledge

HASH = KnowledgeOptions(embedding="hash")


@pytest.fixture
async def knowledge(tmp_path):
    async with open_knowledge(tmp_path / "data", HASH) as opened:
        yield opened


async def add(knowledge, name, text, audience=(), **more):
    """Add a text; return the result."""
    data = text if isinstance(text, bytes) else text.encode()
    *_, result = [s async for s in knowledge.library.add("c", name, data, frozenset(audience), **more)]
    assert isinstance(result, IngestResult)
    return result


def page(*facts):
    """Return a Markdown document with a section per fact."""
    return "# Book\n\n" + "\n\n".join(f"## About {fact.split()[1]}\n\n{fact * 3}" for fact in facts)


class Counted:
    """Counts the texts that an embedder is given."""

    def __init__(self, embedder):
        self._embedder, self.texts = embedder, []

    def __getattr__(self, name):
        return getattr(self._embedder, name)

    async def passages(self, texts):
        self.texts += texts
        return await self._embedder.passages(texts)


async def test_an_upload_is_found_and_shown(knowledge):
    """Bytes become a document below uploads/, which is searched and shown with heading, position and language."""
    assert (
        await add(knowledge, "keys.md", "# Keys\n\n## Shed\n\nThe key of the shed hangs by the door.")
    ).added == 1
    answer = await ask(knowledge, "c", "Where hangs the key of the shed?")
    assert answer.retrieved[0].source == "uploads/keys.md"
    (passage,) = await knowledge.library.show("c", "uploads/keys.md")
    assert (passage.heading, passage.position, passage.language) == (("Shed",), 0, "en")
    with pytest.raises(NotFound):
        await knowledge.library.show("c", "uploads/other.md")


async def test_a_curated_answer_is_a_document(knowledge):
    """A name with a folder is the source itself; title and address given stand in for the document's own."""
    await add(
        knowledge,
        "curated/7f.md",
        "The boat leaves at nine.",
        title="When the boat leaves",
        url="https://x.example/b",
    )
    (passage,) = await knowledge.library.show("c", "curated/7f.md")
    assert (passage.title, passage.url) == ("When the boat leaves", "https://x.example/b")


@pytest.mark.parametrize(
    "name",
    ["", "../x.md", "/etc/x.md", "a/../../x.md", "x\n.md", "https://e.example/x.md", "a\\b.md", "x" * 201],
)
async def test_bad_names_are_refused(knowledge, name):
    """A name that leads elsewhere, or that can't be shown, is refused before anything is read."""
    with pytest.raises(BadInput):
        await add(knowledge, name, "text")


async def test_what_can_not_be_read_is_listed_until_it_can(knowledge):
    """A failure is listed with its reason, the old version stays, and the listing ends when the file is good."""
    assert (await add(knowledge, "a.md", b"\x00\x01\x02\x00")).failed[0].source == "uploads/a.md"
    assert [f.source for f in await knowledge.library.failures("c")] == ["uploads/a.md"]
    await add(knowledge, "a.md", "Now it is a text.")
    assert await knowledge.library.failures("c") == []


async def test_a_bad_file_that_vanished_is_listed_no_more(knowledge, tmp_path):
    """What failed in a folder and is gone is not listed any more."""
    docs = write(tmp_path / "docs", {"good.md": "Good.", "bad.md": b"\x00\x01\x00"})
    assert len((await ingest(knowledge, "c", docs)).failed) == 1
    (docs / "bad.md").unlink()
    await ingest(knowledge, "c", docs)
    assert await knowledge.library.failures("c") == []


async def test_only_changed_passages_are_embedded_again(knowledge, monkeypatch):
    """A paragraph put before the others costs one embedding, though every other passage moves."""
    facts = [
        f"The {name} is kept in room {n} of the old harbour house. "
        for n, name in enumerate(["lamp", "rope", "oar"])
    ]
    await add(knowledge, "book.md", page(*facts))
    before = {p.text: p.id for p in await knowledge.library.show("c", "uploads/book.md")}
    fast = Counted(knowledge.signals.fast)
    object.__setattr__(knowledge.signals, "fast", fast)
    result = await add(
        knowledge, "book.md", page("The sail is kept in room 9 of the old harbour house. ", *facts)
    )
    assert result.updated == 1 and len(fast.texts) == 1 and "sail" in fast.texts[0]
    after = {p.text: p.id for p in await knowledge.library.show("c", "uploads/book.md")}
    assert set(before) < set(after) and all(before[text] != after[text] for text in before)
    for item in await knowledge.store.document("c", (await knowledge.library.documents("c"))[0].id):
        assert set(item.vectors) == {"hash"} and item.sparse.indices


async def test_an_audience_is_set_without_embedding(knowledge):
    """Who may read changes at once and back, vectors stay, and reading the same file again does not open it."""
    await add(knowledge, "safe.md", "# Safe\n\nThe safe opens with the zebra key.")
    fast = Counted(knowledge.signals.fast)
    object.__setattr__(knowledge.signals, "fast", fast)
    assert await knowledge.library.set_audience("c", "uploads/safe.md", frozenset({"keeper"})) == 1
    assert (await ask(knowledge, "c", "What opens the safe?")).retrieved == ()
    assert (await ask(knowledge, "c", "What opens the safe?", audience=["keeper"])).retrieved
    assert (await add(knowledge, "safe.md", "# Safe\n\nThe safe opens with the zebra key.")).unchanged == 1
    assert fast.texts == []
    await add(knowledge, "safe.md", "# Safe\n\nThe safe opens with the yak key.")
    assert (await ask(knowledge, "c", "What opens the safe?")).retrieved == ()
    assert await knowledge.library.set_audience("c", "uploads/safe.md", frozenset()) == 1
    assert "yak" in (await ask(knowledge, "c", "What opens the safe?")).retrieved[0].text


async def test_an_audience_holds_for_what_comes_later(knowledge, tmp_path):
    """A folder's audience holds for files that are put there later; a deeper one wins; the folder's, set anew, clears it."""
    docs = write(tmp_path / "docs", {"staff/a.md": "Alpha rota.", "b.md": "Beta rota."})
    await ingest(knowledge, "c", Path("docs"), base=tmp_path)
    await knowledge.library.set_audience("c", "docs/staff", frozenset({"staff"}))
    write(docs, {"staff/c.md": "Gamma rota.", "staff/boss/d.md": "Delta rota."})
    await knowledge.library.set_audience("c", "docs/staff/boss", frozenset({"boss"}))
    await ingest(knowledge, "c", Path("docs"), base=tmp_path)

    async def audiences():
        return {d.source: d.audience for d in await knowledge.library.documents("c")}

    assert await audiences() == {
        "docs/b.md": (),
        "docs/staff/a.md": ("staff",),
        "docs/staff/c.md": ("staff",),
        "docs/staff/boss/d.md": ("boss",),
    }
    await knowledge.library.set_audience("c", "docs/staff", frozenset({"crew"}))
    assert set((await audiences()).values()) == {(), ("crew",)}


async def test_an_audience_given_with_ingestion_stays(knowledge, tmp_path):
    """What was ingested for some roles stays theirs when the folder is read again without naming them."""
    docs = write(tmp_path / "docs", {"a.md": "Alpha."})
    await ingest(knowledge, "c", docs, audience=frozenset({"staff"}))
    write(docs, {"b.md": "Beta."})
    await ingest(knowledge, "c", docs)
    assert {d.audience for d in await knowledge.library.documents("c")} == {("staff",)}


async def test_progress_has_a_rate_and_the_time_left(knowledge, tmp_path):
    """Progress tells how fast it goes and what is left; at the end nothing is left."""
    docs = write(tmp_path / "docs", {f"{n}.md": f"Text number {n}. " * 50 for n in range(20)})
    steps = [s async for s in knowledge.library.ingest("c", [docs]) if isinstance(s, IngestProgress)]
    reading = [step for step in steps if step.stage == "reading"]
    assert reading[0].seconds_left is None and reading[0].rate == 0
    assert reading[10].rate > 0 and reading[10].seconds_left > 0 and reading[-1].seconds_left == 0


async def test_forgetting_does_not_wait_for_an_ingestion(knowledge, tmp_path):
    """A document is forgotten while others come in."""
    await add(knowledge, "secret.md", "The parrot is called Quillon.")
    docs = write(tmp_path / "docs", {f"{n}.md": f"Text number {n}." for n in range(30)})
    steps = knowledge.library.ingest("c", [docs])
    async for step in steps:
        if isinstance(step, IngestProgress) and step.done == 5:
            assert await knowledge.library.forget("c", "uploads/secret.md") == 1
            assert "Quillon" not in str((await ask(knowledge, "c", "What is the parrot called?")).retrieved)
    assert len(await knowledge.library.documents("c")) == 30


async def test_the_better_embedding_is_kept_where_the_text_stays(tmp_path):
    """After a change only the new passage waits for the better embedding; token vectors of the others move along."""
    async with open_knowledge(tmp_path / "data") as knowledge:
        facts = [
            f"The {name} is kept in room {n} of the old harbour house. "
            for n, name in enumerate(["lamp", "rope"])
        ]
        await add(knowledge, "book.md", page(*facts))
        given = []
        improved = type(knowledge.signals).improved

        async def counted(self, texts):
            given.extend(texts)
            return await improved(self, texts)

        type(knowledge.signals).improved = counted
        try:
            await add(
                knowledge, "book.md", page("The sail is kept in room 9 of the old harbour house. ", *facts)
            )
        finally:
            type(knowledge.signals).improved = improved
        assert len(given) == 1 and "sail" in given[0]
        ids = [p.id for p in await knowledge.library.show("c", "uploads/book.md")]
        assert set(await knowledge.manifest.tokens("c", ids)) == set(ids)
        assert {d.state for d in await knowledge.library.documents("c")} == {"ready"}
