"""Joining: step after step, in private where that is possible, stoppable, resumable, counted, bounded."""

import asyncio
from dataclasses import replace

import pytest
from yinlu_testing import community
from yinlu_testing.community import START, find, open_house
from yinlu_testing.core import event
from yinlu_testing.servers import prefix

from bot_core.events import Joined
from bot_core.identity import Locale, Person
from bot_core.replies import Style

pytest_plugins = ["yinlu_testing.redis"]
house = community.house
PATH = """
[[step]]
kind = "rules"
zh = "规则：友善。"
en = "Be kind."
required = true
roles = ["member"]

[[step]]
kind = "language"
zh = "语言？"
en = "Language?"

[[step]]
kind = "interests"
zh = "兴趣？"
en = "Interests?"
[[step.choice]]
zh = "航海"
en = "Sailing"
role = "sailor"
[[step.choice]]
zh = "钓鱼"
en = "Fishing"

[[step]]
kind = "introduce"
zh = "介绍一下自己。"
en = "Tell who you are."
where = "lounge"

[[step]]
kind = "questions"
zh = "常见问题："
en = "Often asked:"

[[step]]
kind = "done"
zh = "好了。"
en = "Done."
"""


@pytest.fixture
def path(tmp_path):
    """The harbour's own path."""
    file = tmp_path / "communities" / "harbour" / "path.toml"
    file.parent.mkdir(parents=True)
    file.write_text(PATH, encoding="utf-8")
    return file


async def test_the_whole_path(path, house):
    """Rules, language, interests with a role, introduction posted, first questions, done; each step counted."""
    alice = house.member("alice")
    (rules,) = await alice.joins()
    assert house.sent[-1].origin.place == "private:alice"
    alice = alice.alone()
    (language,) = await alice.presses(rules, "Accept")
    (interests,) = await alice.presses(language, "中文")
    assert interests.text == "兴趣？"
    (chosen,) = await alice.presses(interests, "航海")
    assert find(chosen, "航海").style is Style.CHOSEN
    (introduce,) = await alice.presses(chosen, "继续")
    posted, questions = await alice.submits(introduce, "介绍自己", name="Ali", words="I sail.")
    assert house.sent[-2].origin.channel == "lounge"
    assert "Ali" in posted.text
    assert "> I sail." in posted.text
    assert find(questions, "library")
    (done,) = await alice.presses(questions, "继续")
    assert done.text == "好了。"
    assert house.rooms["east"].did == [("grant", "east:alice", "member"), ("grant", "east:alice", "sailor")]
    counts = await house.ledger.counted("harbour", "path", START)
    assert counts["began"] == counts["finished"] == counts["reached:6:done"] == 1


async def test_a_redelivered_arrival_greets_once(path, house):
    """The same event again sends nothing new."""
    alice = house.member("alice")
    first = await alice.joins(id="join-1")
    second = await alice.joins(id="join-1")
    assert (len(first), len(second)) == (1, 0)


async def test_it_stops_and_goes_on_in_another_process(path, tmp_path, valkey):
    """Stopped after the first step, /join shows the second one, after a restart too."""
    root = prefix()
    async with open_house(tmp_path, valkey.url, root) as before:
        alice = before.member("alice")
        (rules,) = await alice.joins()
        (language,) = await alice.alone().presses(rules, "Accept")
        (stopped,) = await alice.alone().presses(language, "Stop")
        assert "/join" in stopped.text
    async with open_house(tmp_path, valkey.url, root) as after:
        (resumed,) = await after.member("alice").types("join")
        assert resumed.text == "Language?"
        assert (await after.ledger.counted("harbour", "path", START))["stopped"] == 1


async def test_an_old_steps_button_shows_where_one_is(path, house):
    """Pressed twice, a step is passed once."""
    alice = house.member("alice")
    (rules,) = await alice.joins()
    await alice.alone().presses(rules, "Accept")
    (again,) = await alice.alone().presses(rules, "Accept")
    assert again.text == "Language?"
    assert len(house.rooms["east"].did) == 1


async def test_another_members_button_is_refused(path, house):
    """In a place where everybody sees the greeting, it works for the greeted one alone."""
    house.rooms["east"].private = False
    (rules,) = await house.member("alice").joins()
    assert rules.greets.id == "east:alice"
    assert house.sent[-1].origin.channel == "square"
    (refused,) = await house.member("mallory").presses(rules, "Accept")
    assert refused.error == "NotAllowed"
    assert house.rooms["east"].did == []


async def test_a_request_is_admitted_when_what_is_required_is_done(path, house):
    """Not before the rules were accepted, and once."""
    alice = house.member("alice")
    (rules,) = await alice.joins(request=True)
    assert house.rooms["east"].did == []
    await alice.presses(rules, "Accept")
    assert ("admit", "east:alice", "") in house.rooms["east"].did


async def test_a_raid_is_greeted_with_one_message(path, house):
    """Of forty arrivals in a minute ten are greeted one by one, the others together."""
    members = [house.member(f"m{n}") for n in range(40)]
    replies = await asyncio.gather(
        *(
            house.dispatcher.handle(replace(made, id=f"j{n}"))
            for n, made in enumerate([_arrival(member) for member in members])
        )
    )
    assert len(replies) == 40
    texts = [out.reply.text for out in house.sent]
    assert len(texts) == 11
    assert sum("everybody" in text for text in texts) == 1


def _arrival(member):
    made = event(Joined(), locale=Locale.EN)
    return replace(made, origin=member.origin, person=Person(member.id, member.name))


async def test_without_a_file_the_built_in_path_leads(house):
    """It greets, shows rules, asks for the language, shows questions."""
    alice = house.member("alice")
    (reply,) = await alice.joins()
    for label in ("Continue", "Accept", "Continue", "Continue"):
        (reply,) = await alice.alone().presses(reply, label)
    assert "That is all" in reply.text
