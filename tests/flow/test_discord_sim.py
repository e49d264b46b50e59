"""Every way into Discord through simcord, a simulation that knows permissions, intents and the interaction's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from yinlu_testing.core import FixedPlaces
from yinlu_testing.discord_house import FAST, QUICK, KeptFiles, Listener, Speaks
from yinlu_testing.twins import TwinJournal, TwinLedger
from yinlu_testing.web import SIGNER, ScriptedAnswerer, clean

from bot_adapters.discord import DiscordParts, DiscordServer
from bot_core.answers import Answer, Question
from bot_core.clock import SystemClock
from bot_core.conversation import Context
from bot_core.dispatch import Dispatcher
from bot_core.events import Joined
from bot_core.forms import Forms
from bot_core.intake import Intake
from bot_core.middleware import VerifyPresses
from bot_core.ports.knowledge import Say
from bot_core.ports.ledger import Community
from bot_core.ports.members import SpeakMode
from bot_core.replies import say
from bot_handlers.ask import AskHandler
from bot_handlers.feedback import FeedbackHandler
from bot_handlers.help import HelpHandler
from bot_queue.limits import MemoryLocks
from bot_queue.notes import MemoryNotes
from bot_queue.outbox import MemoryOutbox
from bot_safety import tame

pytest.importorskip("simcord")
pytestmark = pytest.mark.simcord(shard_count=1)


class PromptAnswerer(ScriptedAnswerer):
    """Answers in one breath: the simulation's clock stands still between actions."""

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """Answer by the script, without its words one by one."""
        return await super().answer(question, None)


async def quietly(incoming, conversation):
    """Take newcomers without a word."""
    return isinstance(incoming.content, Joined)


class SimHouse:
    """The adapter on stores in memory, for a simulation that owns time and tasks."""

    def __init__(self) -> None:
        options = replace(QUICK, draft_after=0.0)
        notes = MemoryNotes()
        self.parts = DiscordParts(notes=notes, files=KeptFiles(), signer=SIGNER, tame=tame, options=options)
        faces = {"discord": self.parts.face}
        self.ledger = TwinLedger(Community("harbour", "灯港", "Harbour", datetime(2026, 1, 1, tzinfo=UTC)))
        outbox = MemoryOutbox(faces, self.ledger, "w")
        self.answerer, self.listener, self.speaks = PromptAnswerer(), Listener(), Speaks()
        self.listener.answer = quietly
        ask = AskHandler(self.answerer, self.ledger, SystemClock(), clean)
        helper = HelpHandler(self.answerer, ask.commands)
        handlers = [self.listener, FeedbackHandler(self.ledger), helper, ask]
        places = FixedPlaces("harbour")
        dispatcher = Dispatcher(
            Context(outbox, SIGNER, faces), faces, places, [VerifyPresses(SIGNER)], handlers
        )
        self.intake = Intake(TwinJournal(), dispatcher, SystemClock(), "w", ["discord"], FAST)
        self.server = DiscordServer(
            "token",
            self.parts,
            intake=self.intake,
            places=places,
            speaking=self.speaks,
            forms=Forms([]),
            commands=(*self.listener.commands, *ask.commands, *helper.commands),
            locks=MemoryLocks(),
        )


@pytest_asyncio.fixture
async def house():
    """A house."""
    return SimHouse()


@pytest.fixture
def simcord_bot(house):
    """The client that the simulation runs."""
    return house.server.client


@pytest.fixture
def env(simcord_env):
    """A simulated Discord."""
    return simcord_env


@pytest.fixture
def channel(env):
    """A channel."""
    return env.create_guild().create_text_channel("general")


async def member(env, name):
    """Return a member of the server, whose arrival is dealt with."""
    one = env.guild.add_member(env.create_user(name))
    await env.settle()
    return one


def acknowledged(env, result):
    """Say that an interaction was acknowledged, within the second that the simulation's clock has."""
    assert result.acknowledged
    return result


async def test_a_mention_is_answered(env, channel, house):
    """Who names the bot is answered in reply; who does not is left alone."""
    alice = await member(env, "alice")
    await alice.send(channel, "good morning")
    await alice.send(channel, f"<@{env.bot.user.id}> when does the ferry leave?")
    shown = channel.last_message
    assert shown.content.startswith("The ferry leaves at 07:45 [1].")
    assert shown.embeds[0].title == "Sources" and shown.reference is not None
    assert len(house.answerer.asked) == 1


async def test_a_direct_message_is_answered(env, channel, house):
    """A direct message is answered without a name."""
    alice = await member(env, "alice")
    await alice.send_dm("渡轮几点开？")
    assert house.listener.got[-1].origin.place == f"private:{alice.id}"
    assert house.answerer.asked


async def test_a_channel_set_to_always(env, channel, house):
    """Channels set to always are answered without a name."""
    house.speaks.set = SpeakMode.ALWAYS
    alice = await member(env, "alice")
    await alice.send(channel, "ferry?")
    assert channel.last_message.author.id == env.bot.user.id


async def test_a_slash_command(env, channel, house):
    """/ask is deferred in public and filled; /help is private."""
    alice = await member(env, "alice")
    result = acknowledged(env, await alice.slash(channel, "ask", question="ferry?"))
    assert not result.ephemeral
    assert result.response.content.startswith("The ferry leaves at 07:45 [1].")
    result = acknowledged(env, await alice.slash(channel, "help"))
    assert result.ephemeral and "/ask" in result.response.content


async def test_the_menu_on_a_message(env, channel, house):
    """A message can be asked about; the answer is the asker's own."""
    bob, alice = await member(env, "bob"), await member(env, "alice")
    said = await bob.send(channel, "when does the ferry leave?")
    result = acknowledged(env, await alice.context_menu(channel, "Ask about this message", said))
    assert result.ephemeral and "07:45" in result.response.content


async def test_votes_by_a_second_member(env, channel, house):
    """👍 by another member is shown and thanked in private; 👎 opens a form whose reason is recorded."""
    alice, bob = await member(env, "alice"), await member(env, "bob")
    await alice.slash(channel, "ask", question="ferry?")
    answer = channel.last_message
    result = acknowledged(env, await bob.click(answer, label="👍"))
    assert result.followups[0].ephemeral
    assert channel.last_message.components[0].children[0].style.value == 3
    result = acknowledged(env, await bob.click(channel.last_message, label="👎"))
    assert result.modal["title"] == "What was wrong?"
    sent = acknowledged(
        env, await bob.submit_modal(result, {"reason": ["wrong"], "words": "it left at eight"})
    )
    assert sent.followups[0].ephemeral
    (vote,) = [voted.vote for voted in await house.ledger.votes("harbour")]
    assert (vote.person, vote.words) == (f"discord:{bob.id}", "it left at eight")


async def test_a_private_reply_to_a_public_command(env, channel, house):
    """What is private is not left in the channel, though the command was deferred in public."""

    async def answer(incoming, conversation):
        await conversation.send(say("only for you", private=True))
        return True

    house.listener.answer = answer
    alice = await member(env, "alice")
    result = acknowledged(env, await alice.slash(channel, "ask", question="x"))
    assert [message.content for message in channel.history()] == []
    assert result.followups[0].ephemeral and result.followups[0].content == "only for you"


async def test_a_result_after_fifteen_minutes(env, channel, house):
    """A result that takes longer than the interaction lives comes as a message of the channel."""
    alice = await member(env, "alice")

    async def later(incoming, conversation):
        house.talk = conversation
        return True

    house.listener.answer = later
    acknowledged(env, await alice.slash(channel, "ask", question="x"))
    await env.advance_time(16 * 60)
    await house.talk.send(say("here it is"))
    assert "here it is" in [message.content for message in channel.history()]


async def test_newcomers_are_handed_over(env, channel, house):
    """A member who comes in is told to the house."""
    await member(env, "alice")
    assert [type(got.content).__name__ for got in house.listener.got] == ["Joined"]
