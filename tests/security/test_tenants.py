"""Fifty communities with canaries: nobody ever reads another community's words, nor what is not meant for their roles."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from yinlu_testing.knowledge import ask, write

from bot_core.answers import Turn
from bot_knowledge import KnowledgeOptions, open_knowledge

HASH = KnowledgeOptions(embedding="hash")
COMMUNITIES = [f"tenant-{number:02d}" for number in range(50)]
THINGS = ["harbour key", "treasury phrase", "night watch", "boat shed", "reading room", "voting pier"]
KINDS = ("open", "staff", "board", "gone", "upload", "web")
CANARY = re.compile(r"canary[a-z]+\d{2}")
ROLES = {"open": frozenset(), "staff": frozenset({"staff"}), "board": frozenset({"board", "owner"})}


def canary(kind: str, community: str) -> str:
    """Return a word that stands in one kind of document of one community alone."""
    return f"canary{kind}{community[-2:]}"


def page(kind: str, community: str) -> str:
    """Return a document that looks like every other community's, but for its canary."""
    word = canary(kind, community)
    parts = [
        f"## The {thing}\n\nThe {thing} is called {word} and is opened by {word} at nine." for thing in THINGS
    ]
    return f"# Handbook of the {kind} rooms\n\n" + "\n\n".join(parts)


@dataclass
class Tally:
    """What was read, and what of it should not have been."""

    answers: int = 0
    shown: int = 0
    leaks: list[tuple[str, str, str]] = field(default_factory=list)


async def fill(knowledge, folder: Path, communities: list[str] = COMMUNITIES) -> None:
    """Give every community its documents, each kind in its own way."""
    library = knowledge.library

    async def one(community: str) -> None:
        texts = {f"{kind}/handbook.md": page(kind, community) for kind in ("open", "staff", "board", "gone")}
        docs = write(folder / community, texts)
        async for _ in library.ingest(community, [docs]):
            pass
        for name in ("upload", "web"):
            source = f"uploads/{name}.md"
            async for _ in library.add(community, source, page(name, community).encode()):
                pass
        for kind in ("staff", "board"):
            await library.set_audience(community, str(docs / kind), ROLES[kind])
        await library.forget(community, str(docs / "gone"))

    for start in range(0, len(communities), 10):
        await asyncio.gather(*(one(community) for community in communities[start : start + 10]))


def allowed(community: str, roles: frozenset[str]) -> set[str]:
    """Return the canaries that somebody with these roles may read."""
    kinds = [kind for kind in KINDS if kind != "gone" and (not ROLES.get(kind) or ROLES[kind] & roles)]
    return {canary(kind, community) for kind in kinds}


async def question(knowledge, dice: random.Random, tally: Tally, communities: list[str]) -> None:
    """Ask one question in one community as somebody, and look at every word that comes back."""
    community, other = dice.sample(communities, 2)
    roles = frozenset(dice.sample(["staff", "board", "owner", "member", "r:staff", "*"], dice.randint(0, 2)))
    thing, kind = dice.choice(THINGS), dice.choice(KINDS)
    text = dice.choice(
        [
            f"What is the {thing} called?",
            f"Who is {canary(kind, other)}?",
            f"Is {canary(kind, community)} the {thing} of the {kind} rooms?",
            f"{other}: what is the {thing} of the {kind} rooms called, and {canary('gone', community)}?",
        ]
    )
    said = f"What is {canary(kind, other)}?"
    history = [Turn("user", said), Turn("assistant", "I don't know.")] if dice.random() < 0.3 else []
    answer = await ask(knowledge, community, text, audience=sorted(roles), history=history)
    read = [answer.text, *answer.follow_ups]
    read += [part for c in answer.citations for part in (c.quote, c.passage, c.source, c.title, *c.heading)]
    read += [r.text for r in answer.retrieved]
    mine = allowed(community, roles) | set(CANARY.findall(f"{text} {said if history else ''}"))
    retrieved = set(CANARY.findall(" ".join(r.text for r in answer.retrieved)))
    found = set(CANARY.findall(" ".join(read)))
    tally.answers += 1
    tally.shown += len(found)
    tally.leaks += [(community, text, word) for word in found - mine]
    tally.leaks += [(community, text, word) for word in retrieved - allowed(community, roles)]


async def attack(knowledge, questions: int, seed: int, communities: list[str] = COMMUNITIES) -> Tally:
    """Ask many questions, a few at a time."""
    dice, tally = random.Random(seed), Tally()

    async def some(count: int) -> None:
        for _ in range(count):
            await question(knowledge, dice, tally, communities)

    await asyncio.gather(*(some(questions // 8) for _ in range(8)))
    return tally


@pytest.mark.parametrize("questions", [400, pytest.param(10_000, marks=pytest.mark.slow)])
async def test_nothing_leaks_between_communities_and_roles(tmp_path, questions):
    """No canary of another community, another role or a forgotten document in any answer, quote, source or follow-up."""
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        await fill(knowledge, tmp_path / "docs")
        tally = await attack(knowledge, questions, seed=questions)
    assert tally.leaks == []
    assert tally.answers == questions and tally.shown > questions  # they did read what they may


async def test_nothing_leaks_on_a_server_that_all_share(tmp_path):
    """The same on the one collection that all communities share on a Qdrant server (the client's twin of it)."""
    options = KnowledgeOptions(embedding="hash", qdrant_url=":memory:")
    async with open_knowledge(tmp_path / "data", options) as knowledge:
        await fill(knowledge, tmp_path / "docs", COMMUNITIES[:10])
        tally = await attack(knowledge, 80, 3, COMMUNITIES[:10])
    assert tally.leaks == [] and tally.shown > 80


async def test_what_one_community_does_leaves_the_others_alone(tmp_path):
    """Forgetting, hiding, showing and dropping reach one community, though the sources have the same names."""
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        library = knowledge.library
        for community in COMMUNITIES[:3]:
            async for _ in library.add(community, "rules.md", page("upload", community).encode()):
                pass
        one, two, three = COMMUNITIES[:3]
        await library.set_audience(one, "uploads/rules.md", frozenset({"staff"}))
        assert await library.forget(two, "uploads/rules.md") == 1
        assert [len(await library.documents(name)) for name in (one, two, three)] == [1, 0, 1]
        assert (await ask(knowledge, one, "What is the boat shed called?")).retrieved == ()
        assert (
            canary("upload", three)
            in (await ask(knowledge, three, "What is the boat shed called?")).retrieved[0].text
        )
        await knowledge.drop(one)
        assert [p.text for p in await library.show(three, "uploads/rules.md")]


async def test_a_forgotten_document_is_gone_at_once_while_much_goes_on(tmp_path):
    """While documents come in and improve, a forgotten one is in no answer from the moment that forgetting returns."""
    more = {f"{n}.md": page("open", COMMUNITIES[n % 50]) for n in range(60)}
    docs = write(tmp_path / "docs", more)
    async with open_knowledge(tmp_path / "data", HASH) as knowledge:
        library = knowledge.library
        async for _ in library.add("c", "secret.md", b"# Parrot\n\nThe parrot is called canarysecret99."):
            pass

        async def come_in() -> None:
            async for _ in library.ingest("c", [docs]):
                await asyncio.sleep(0)

        busy = asyncio.create_task(come_in())
        await asyncio.sleep(0.1)
        assert "canarysecret99" in str(await ask(knowledge, "c", "What is the parrot called?"))
        begun = time.monotonic()
        assert await library.forget("c", "uploads/secret.md") == 1
        answers = [str(await ask(knowledge, "c", "What is the parrot called?")) for _ in range(5)]
        assert "canarysecret99" not in "".join(answers) and time.monotonic() - begun < 10
        await busy
        assert "canarysecret99" not in str(await ask(knowledge, "c", "What is the parrot called?"))
