"""Places: bound by a one-time code; private chats choose among proven communities; linked accounts are one person."""

import pytest
from yinlu_testing import community

from bot_core.actions import Action
from bot_core.identity import ADMIN, short_id

pytest_plugins = ["yinlu_testing.redis"]
house = community.house


@pytest.fixture
def boss(house):
    """An administrator of a place that no community has."""
    return house.member("boss", roles=frozenset({ADMIN})).goes("hall", "new-place")


async def test_an_unbound_place_never_answers_but_tells_how(house, boss):
    """Administrators read the steps, members one sentence an hour."""
    (told,) = await boss.says("When does it open?")
    assert "yinlu admin code" in told.text
    member = house.member("alice").goes("hall", "new-place")
    (once,) = await member.says("When?")
    assert "not set up" in once.text
    assert await member.says("When?") == []


async def test_a_code_binds_a_place_once(house, boss):
    """Afterwards questions are answered there, and the code is used up."""
    code = await house.parts.codes.create("bind", "hill")
    (done,) = await boss.types("bind", code=code.lower())
    assert "Hill" in done.text
    assert await house.ledger.bound("east", "new-place") == "hill"
    (again,) = await boss.goes("hall", "third-place").types("bind", code=code)
    assert again.error == "NotFound"


async def test_codes_grow_old_and_can_t_be_guessed(house, boss):
    """After 15 minutes a code is worth nothing; after five guesses nobody may guess on for a while."""
    code = await house.parts.codes.create("bind", "hill")
    house.clock.passes(minutes=15)
    (old,) = await boss.types("bind", code=code)
    assert old.error == "NotFound"
    errors = [(await boss.types("bind", code=f"AAAAAAA{n}"))[0].error for n in range(2, 7)]
    assert errors == ["NotFound"] * 4 + ["LimitReached"]


async def test_only_administrators_bind(house):
    """A member with a good code is refused, and the code stays good."""
    code = await house.parts.codes.create("bind", "hill")
    (refused,) = await house.member("alice").goes("hall", "new-place").types("bind", code=code)
    assert refused.error == "NotAllowed"
    assert await house.ledger.bound("east", "new-place") is None


async def test_a_private_chat_knows_the_one_community_and_answers(house):
    """Who was seen in one community is answered at once."""
    house.shelf.texts["harbour", "a.md"] = "# opening\n\nAt nine.\n"
    alice = house.member("alice")
    (stranger,) = await alice.alone().says("opening")
    assert "not met you" in stranger.text
    await alice.says("hello")
    chosen, answered = await alice.alone().says("opening")
    assert "Harbour" in chosen.text
    assert answered.text == "At nine."


async def test_a_private_chat_chooses_among_proven_communities_only(house):
    """Of two the person chooses, and what was asked first is answered; a foreign one can't be pressed."""
    house.shelf.texts["hill", "a.md"] = "# opening\n\nAt ten.\n"
    await house.ledger.bind("east", "hill-home", "hill")
    alice = house.member("alice")
    await alice.says("hello")
    await alice.goes("square", "hill-home").says("hello")
    (which,) = await alice.alone().says("opening")
    (refused,) = await alice.alone().forges(Action.CHOOSE_COMMUNITY, short_id("community", "moon"), "")
    assert refused.error == "NotAllowed"
    _, answered = await alice.alone().presses(which, "Hill")
    assert answered.text == "At ten."


async def test_linked_accounts_are_one_person_with_one_vote(house):
    """The code of one platform, said on the other; then the second vote replaces the first."""
    house.shelf.texts["harbour", "a.md"] = "# opening\n\nAt nine.\n"
    here, there = house.member("alice"), house.member("al", "west")
    (shown,) = await here.types("link")
    code = shown.text.split("`")[1]
    (linked,) = await there.types("link", code=code)
    assert "one person" in linked.text
    (answer,) = await here.says("opening")
    await here.presses(answer, "👍")
    await there.presses(answer, "👎")
    (voted,) = await house.ledger.votes("harbour")
    assert (voted.vote.person, voted.vote.value) == ("east:alice", "down")
