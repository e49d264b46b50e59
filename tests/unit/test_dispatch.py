"""The spine: middleware, ordered handlers, one error boundary."""

import asyncio
import logging
from datetime import UTC, datetime

import pytest
from yinlu_testing.core import FixedPlaces, RecordingFace, StraightOutbox, event

from bot_core import trace
from bot_core.actions import Action, Press
from bot_core.conversation import Context
from bot_core.dispatch import BoundPlaces, Dispatcher, Handled
from bot_core.errors import BadInput, LimitReached, StorageFull
from bot_core.events import Pressed, Said, Submitted
from bot_core.identity import Locale, Origin, Words
from bot_core.middleware import LimitPersons, ModerateIncoming, VerifyPresses
from bot_core.ports.ledger import Community
from bot_core.ports.safety import Decision, Verdict
from bot_core.ports.work import Rate
from bot_core.replies import Button, Reply, Text, say
from bot_core.tokens import Signer
from bot_ledger import MemoryLedger

SIGNER = Signer({1: b"s" * 32}, 1)


class House:
    """A dispatcher with its surroundings."""

    def __init__(self, *handlers, middleware=(), community="harbour"):
        self.face = RecordingFace()
        self.context = Context(StraightOutbox(self.face), SIGNER)
        places = FixedPlaces(community)
        self.dispatcher = Dispatcher(self.context, {"test": self.face}, places, middleware, handlers)

    async def hears(self, content, **fields):
        """Dispatch an event and return the texts that were sent for it."""
        before = len(self.face.delivered)
        await self.dispatcher.handle(event(content, **fields))
        return [out.reply.text for out in self.face.delivered[before:]]


async def echo(incoming, conversation):
    await conversation.send(say(f"echo {incoming.content.text}"))
    return Handled("echo")


async def not_mine(incoming, conversation):
    return None


async def test_the_first_handler_that_does_not_answer_none_wins():
    """Handlers are asked in order."""

    async def never(incoming, conversation):
        raise AssertionError("asked after one that answered")

    assert await House(not_mine, echo, never).hears("hi") == ["echo hi"]


async def test_what_nobody_takes_is_logged_and_told(caplog):
    """No event ends in silence."""
    with caplog.at_level(logging.WARNING):
        texts = await House(not_mine).hears("hi")
    assert texts == ["I can't do that yet. Try asking me a question."]
    assert "no handler took it" in caplog.text


@pytest.mark.parametrize(
    ("error", "locale", "start"),
    [
        (BadInput("x", Words("不行", "no good")), Locale.ZH, "不行"),
        (BadInput("x", Words("不行", "no good")), Locale.EN, "no good"),
        (StorageFull("/data"), Locale.EN, "The server's disk is full"),
        (ZeroDivisionError("secret detail"), Locale.EN, "Something went wrong"),
        (ZeroDivisionError("secret detail"), Locale.ZH, "出了点问题"),
    ],
)
async def test_every_error_becomes_a_sentence_in_the_members_language(error, locale, start):
    """The one boundary tells the member, never the traceback."""

    async def breaks(incoming, conversation):
        raise error

    (text,) = await House(breaks).hears("hi", locale=locale)
    assert text.startswith(start)
    assert "secret" not in text


async def test_the_error_reply_is_private_and_names_its_code():
    """Adapters can show an error as one, and when to try again."""

    async def breaks(incoming, conversation):
        raise LimitReached(7.2)

    house = House(breaks)
    await house.hears("hi")
    reply = house.face.delivered[0].reply
    assert (reply.private, reply.error, reply.retry_after) == (True, "LimitReached", 7.2)


async def test_an_unbound_place_gets_help_and_never_an_answer():
    """Without a community no handler runs."""
    (text,) = await House(echo, community=None).hears("hi")
    assert "does not belong to a community" in text


async def test_every_answer_gets_its_signed_vote_buttons_from_the_core():
    """A handler that answers adds no votes; they are there, and they verify in this community alone."""

    async def answers(incoming, conversation):
        await conversation.send(Reply((Text("42"),), answer="ab" * 12))
        return Handled("a")

    house = House(answers)
    await house.hears("hi")
    row = house.face.delivered[0].reply.rows[-1]
    presses = [SIGNER.read("harbour", button.token) for button in row]
    assert [press.action for press in presses] == [Action.VOTE_UP, Action.VOTE_DOWN, Action.REGENERATE]
    assert {press.subject for press in presses} == {"ab" * 12}


async def test_an_event_handled_again_sends_only_what_is_missing():
    """Sends are numbered within their event: a repeat after a crash is not a second message."""
    sent = []

    async def two(incoming, conversation):
        await conversation.send(say("one"))
        if not sent:
            sent.append(1)
            raise ZeroDivisionError
        await conversation.send(say("two"))
        return Handled("two")

    house = House(two)
    same = event("hi")
    house.dispatcher._send = lambda *_: asyncio.sleep(0)  # the crash also keeps the apology from being sent
    await house.dispatcher.handle(same)
    await house.dispatcher.handle(same)
    assert [out.reply.text for out in house.face.delivered] == ["one", "two"]


async def test_one_id_goes_through_all_rooms():
    """Handlers run under the event's trace."""
    seen = []

    async def looks(incoming, conversation):
        seen.append((trace.current(), incoming.key))
        return Handled("looks")

    await House(looks).hears("hi")
    assert seen[0][0] == seen[0][1] != ""
    assert trace.current() == ""


async def test_presses_are_verified_before_a_handler_sees_them():
    """A good token arrives as its meaning; a forged or foreign one as a sentence."""
    seen = []

    async def looks(incoming, conversation):
        seen.append(incoming.content.press)
        return Handled("looks")

    house = House(looks, middleware=[VerifyPresses(SIGNER)])
    press = Press(Action.VOTE_UP, "cd" * 12, 3)
    assert await house.hears(Pressed(SIGNER.sign("harbour", press))) == []
    assert await house.hears(Submitted(SIGNER.sign("harbour", press), {"words": "x"})) == []
    assert seen == [press, press]
    for token in ("rubbish", SIGNER.sign("other", press)):
        assert await house.hears(Pressed(token)) == ["This button is not valid here."]


class CountingLimiter:
    """Allows the first two of each key."""

    def __init__(self):
        self.taken = []

    async def take(self, key, rate, amount=1):
        self.taken.append(key)
        return 0.0 if self.taken.count(key) <= 2 else 3.0


async def test_limits_count_words_and_presses_apart_per_person():
    """One member's flood is answered with the wait; others and their presses go on."""
    limits = LimitPersons(CountingLimiter(), Rate(2, 10), Rate(2, 10))
    house = House(echo, middleware=[limits])
    assert await house.hears("1") == ["echo 1"]
    assert await house.hears("2") == ["echo 2"]
    assert await house.hears("3") == ["That was a little fast. Please try again in 3 s."]
    assert await house.hears("4", person=event(person="bob").person) == ["echo 4"]


class MaskingModerator:
    """Refuses 'poison', masks 'rude'."""

    async def text(self, community, text, *, outgoing=False):
        if "poison" in text:
            return Verdict(Decision.REFUSE, "harm")
        if "rude" in text:
            return Verdict(Decision.MASK, "insult", text.replace("rude", "****"))
        return Verdict(Decision.ALLOW)

    async def picture(self, community, data, *, outgoing=False):
        return Verdict(Decision.ALLOW)


async def test_what_members_send_is_moderated_before_it_is_worked_on():
    """A refused text reaches no handler, a masked one reaches it masked."""
    house = House(echo, middleware=[ModerateIncoming(MaskingModerator())])
    assert await house.hears("so rude") == ["echo so ****"]
    (text,) = await house.hears("poison")
    assert "community's rules" in text


async def test_buttons_are_signed_when_sent():
    """Handlers name actions; tokens are the core's."""

    async def offers(incoming, conversation):
        await conversation.send(say("pick", (Button("one", Action.EXAMPLE, index=1),)))
        return Handled("offers")

    house = House(offers)
    await house.hears(Said("hi"))
    token = house.face.delivered[0].reply.rows[0][0].token
    assert SIGNER.read("harbour", token) == Press(Action.EXAMPLE, index=1)


async def test_a_place_is_known_from_the_moment_it_is_bound():
    """That a place has no community is not remembered; to which one it belongs is, for some seconds."""
    ledger, at = MemoryLedger(), [0.0]
    for name in ("harbour", "hill"):
        await ledger.add_community(Community(name, name, name, datetime(2026, 1, 1, tzinfo=UTC)))
    places = BoundPlaces(ledger, lambda: at[0])
    origin = Origin("telegram", "-100", "-100")
    assert await places.community(origin) is None
    await ledger.bind("telegram", "-100", "harbour")
    assert await places.community(origin) == "harbour"
    await ledger.bind("telegram", "-100", "hill")
    assert await places.community(origin) == "harbour"
    at[0] = 6.0
    assert await places.community(origin) == "hill"
