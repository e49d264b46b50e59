"""A human instead: from the button to the helper, back to the asker, and into the knowledge."""

import pytest
from yinlu_testing import community
from yinlu_testing.community import open_house
from yinlu_testing.servers import prefix

from bot_core.identity import ADMIN

pytest_plugins = ["yinlu_testing.redis"]
house = community.house
QUESTION = "Who repairs the crane?"


async def asked(house, alice):
    """Let the helpers sit in the east, and alice ask in the west what no document says."""
    boss = house.member("boss", roles=frozenset({ADMIN})).goes("helpers-room")
    await boss.types("helpers", where="here")
    (unknown,) = await alice.says(QUESTION)
    posted, told = await alice.presses(unknown, "human")
    return posted, told


async def test_a_helpers_reply_reaches_the_asker_on_their_own_platform(house):
    """The posting names question and answer and calls the helpers; the reply says who helped."""
    alice = house.member("alice", "west")
    posted, told = await asked(house, alice)
    assert posted.calls_helpers
    assert QUESTION in posted.text
    assert "don't say" in posted.text
    assert told.private
    helper = house.member("hanna").goes("helpers-room")
    reached, _ = await helper.says("Ask Piet at pier 4.", to=posted)
    assert "**hanna** answers" in reached.text
    assert "Ask Piet at pier 4." in reached.text
    assert reached.greets.id == "west:alice"
    assert house.sent[-2].origin == alice.origin


async def test_the_way_back_survives_a_restart(tmp_path, valkey):
    """Another process carries the reply; the asker's answer to it goes back to the helpers."""
    root = prefix()
    async with open_house(tmp_path, valkey.url, root) as before:
        posted, _ = await asked(before, before.member("alice", "west"))
    async with open_house(tmp_path, valkey.url, root) as after:
        reached, _ = await after.member("hanna").goes("helpers-room").says("Pier 4.", to=posted)
        carried, _ = await after.member("alice", "west").says("And on Sundays?", to=reached)
        assert "And on Sundays?" in carried.text
        assert after.sent[-2].origin.channel == "helpers-room"


async def test_a_stranger_can_neither_answer_nor_press(house):
    """Who is no helper is refused, wherever the button came from."""
    posted, _ = await asked(house, house.member("alice", "west"))
    mallory = house.member("mallory")
    for label in ("Take it", "Close"):
        (refused,) = await mallory.presses(posted, label)
        assert refused.error == "NotAllowed"
    said = await mallory.says("I know it all", to=posted)
    assert "mallory" not in "".join(reply.text for reply in said)


async def test_an_answer_becomes_knowledge_and_who_waited_is_told(house):
    """Curated, it answers the question from then on; the subscriber hears of it once."""
    alice, bob = house.member("alice", "west"), house.member("bob")
    (unknown,) = await bob.says(QUESTION)
    (noted,) = await bob.presses(unknown, "Tell me")
    assert "answered" in noted.text
    posted, _ = await asked(house, alice)
    helper = house.member("hanna").goes("helpers-room")
    told, done = await helper.submits(posted, "knowledge", question=QUESTION, answer="Piet does.")
    assert "Piet does." in told.text
    assert told.greets.id == "east:bob"
    assert "1 who waited" in done.text
    (answered,) = await alice.says(QUESTION)
    assert answered.text == "Piet does."
    assert await house.parts.subscriptions.tell("harbour") == 0


async def test_a_document_that_can_t_be_read_is_told_to_the_helper(house):
    """The reason is named and nobody is told of an answer."""
    posted, _ = await asked(house, house.member("alice", "west"))
    house.shelf.refuses = "too small"
    helper = house.member("hanna").goes("helpers-room")
    (said,) = await helper.submits(posted, "knowledge", question=QUESTION, answer="x")
    assert "too small" in said.text


async def test_what_waits_is_listed_and_reminded_of_twice_at_most(house):
    """/waiting lists it until it is closed; reminders come after an hour and a day."""
    posted, _ = await asked(house, house.member("alice", "west"))
    reminded = []
    for hours in (0, 2, 2, 24, 24, 48):
        house.clock.passes(hours=hours)
        reminded.append(await house.parts.reminders.remind("harbour"))
    assert reminded == [0, 1, 0, 1, 0, 0]
    helper = house.member("hanna").goes("helpers-room")
    listed = await helper.types("waiting")
    assert QUESTION in listed[1].text
    await helper.presses(posted, "Close")
    (nothing,) = await helper.types("waiting")
    assert "Nothing" in nothing.text


@pytest.mark.parametrize("words", ["", "the {name} of the {crane}"])
async def test_slash_human_works_without_an_answer(house, words):
    """With words it hands them over as they are, braces and all; without, it asks for them."""
    boss = house.member("boss", roles=frozenset({ADMIN})).goes("helpers-room")
    await boss.types("helpers")
    replies = await house.member("alice").types("human", question=words)
    assert (words in replies[0].text) if words else ("/human" in replies[0].text)
