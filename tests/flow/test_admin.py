"""Administrators: documents, statistics, quiet, where the bot speaks; everything is written down."""

import pytest
from yinlu_testing import community

from bot_core.events import Attachment
from bot_core.identity import ADMIN

pytest_plugins = ["yinlu_testing.redis"]
house = community.house


@pytest.fixture
def boss(house):
    """An administrator."""
    return house.member("boss", roles=frozenset({ADMIN}))


async def audited(house):
    return [
        (fact.state, fact.data["who"], fact.data["subject"]) for fact in await house.ledger.facts("audit")
    ]


async def test_a_document_in_the_chat_becomes_knowledge_when_confirmed(house, boss):
    """Offered, confirmed, added, audited; then it answers."""
    file = await house.files.put(b"# opening\n\nAt nine.\n", "text/markdown", "hours.md")
    attachment = Attachment("hours.md", "text/markdown", file.size, file)
    (offer,) = await boss.says("Please add this to the knowledge", attachments=(attachment,))
    (added,) = await boss.presses(offer, "Yes")
    assert "part of the knowledge" in added.text
    assert ("add", "east:boss", "hours.md") in await audited(house)
    (answer,) = await boss.says("opening")
    assert answer.text == "At nine."


async def test_a_document_that_can_t_be_read_names_the_reason(house, boss):
    """The administrator reads why."""
    file = await house.files.put(b"x", "text/plain", "x.txt")
    (offer,) = await boss.says("", attachments=(Attachment("x.txt", "text/plain", 1, file),))
    house.shelf.refuses = "it is empty"
    (said,) = await boss.presses(offer, "Yes")
    assert "it is empty" in said.text


async def test_documents_are_listed_by_pages_and_forgotten_when_confirmed(house, boss):
    """Fifteen a page; a cancelled forgetting forgets nothing."""
    for number in range(20):
        house.shelf.texts["harbour", f"{number:02}.md"] = "x"
    (first,) = await boss.types("documents")
    assert "20, page 1 of 2" in first.text
    (second,) = await boss.presses(first, "Next")
    assert "`19.md`" in second.text
    (sure,) = await boss.types("forget", source="19.md")
    await boss.presses(sure, "Cancel")
    assert ("harbour", "19.md") in house.shelf.texts
    (sure,) = await boss.types("forget", source="19.md")
    await boss.presses(sure, "Yes")
    assert ("harbour", "19.md") not in house.shelf.texts
    assert ("forget", "east:boss", "19.md") in await audited(house)


async def test_a_paused_community_hears_so_once_and_then_nothing(house, boss):
    """Until it is resumed; other communities are not touched."""
    alice = house.member("alice")
    await boss.types("pause")
    (told,) = await alice.says("hello")
    assert "paused" in told.text
    assert await alice.says("hello?") == []
    assert await alice.types("privacy") == []
    await boss.types("resume")
    assert len(await alice.says("hello")) == 1


async def test_where_the_bot_speaks_is_kept_per_channel(house, boss):
    """Set by /speak, read by adapters through the port, after its few seconds."""
    speaking = house.parts.speaking
    assert await speaking.mode(boss.origin) == "mention"
    await boss.types("speak", mode="off")
    house.clock.passes(seconds=6)
    assert await speaking.mode(boss.origin) == "off"
    assert await speaking.mode(boss.goes("other").origin) == "mention"
    (wrong,) = await boss.types("speak", mode="sometimes")
    assert wrong.error == "BadInput"


async def test_statistics_of_a_week(house, boss):
    """Outcomes, votes, gaps, the path and hand-overs."""
    alice = house.member("alice")
    (unknown,) = await alice.says("Who repairs the crane?")
    await alice.presses(unknown, "👎")
    await alice.presses(unknown, "human")
    await alice.joins()
    (stats,) = await boss.types("stats")
    for words in ("unknown 1", "down 1", "opened 1", "began 1", "Who repairs the crane? (1)"):
        assert words in stats.text


async def test_the_setting_names_administrators_by_any_of_their_accounts(house):
    """Whom ``admins`` names has the rights, linked accounts too."""
    await house.ledger.set_setting("harbour", "admins", "east:carol, east:dan")
    (listed,) = await house.member("carol").types("documents")
    assert listed.error is None
    (refused,) = await house.member("erin").types("documents")
    assert refused.error == "NotAllowed"


async def test_reload_names_what_is_wrong_in_the_path(house, boss, tmp_path):
    """The sentence names the step."""
    file = tmp_path / "communities" / "harbour" / "path.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[[step]]\nkind = "dance"\n', encoding="utf-8")
    (said,) = await boss.types("reload")
    assert "step 1: kind must be one of" in said.text
