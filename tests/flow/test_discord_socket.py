"""Discord over real sockets: the tests' own gateway and REST, the real client, intake, outbox and a real Valkey."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio
from yinlu_testing.discord_house import House, answered, check
from yinlu_testing.discord_loopback import BOT, CHANNEL, EPHEMERAL, Discord
from yinlu_testing.discord_people import Member, guild, until
from yinlu_testing.web import SIGNER

from bot_core.actions import Action, Press
from bot_core.answers import VoteReason, VoteValue
from bot_core.errors import SettingWrong
from bot_core.events import Invoked, Said
from bot_core.replies import say

pytest_plugins = ["yinlu_testing.redis"]


@pytest_asyncio.fixture
async def discord():
    """A Discord that took no bad payload, pinged nobody, and had every interaction acknowledged within 1 s."""
    async with Discord().serve() as world:
        yield world
    check(world)


@pytest_asyncio.fixture
async def house(discord, valkey):
    """A house that is connected."""
    async with House(discord, valkey.url).up() as one:
        yield one


@pytest.fixture
def alice(discord):
    """A member."""
    return Member(discord, 11, "alice")


@pytest.fixture
def bob(discord):
    """Another member, whose client speaks Chinese."""
    return Member(discord, 12, "bob", locale="zh-CN")


def labels(message):
    """Return the labels of a message's buttons, row by row."""
    return [[b["label"] for b in row["components"]] for row in message["components"]]


# --- login and words ---------------------------------------------------------------------------------------
async def test_login_sync_and_a_mention(discord, alice, valkey):
    """The bot logs in, registers its commands only when they changed, and answers who names it, with sources and buttons."""
    house = House(discord, valkey.url)
    async with house.up():
        await alice.says(f"<@{BOT}> when does the ferry leave?")
        message = await answered(discord)
        await house.quiet()
    assert house.answerer.asked[0].text == "when does the ferry leave?"
    assert message["embeds"][0]["fields"][0]["name"].startswith("[1] Ferry")
    assert labels(message) == [["👍", "👎", "🔁"], ["What does it cost?"]]
    assert message["message_reference"]["message_id"]
    assert discord.syncs == 1
    async with house.up():
        assert discord.syncs == 1
    names = {(c["type"], c["name"]) for c in discord.commands}
    assert names == {(1, "tide"), (1, "help"), (1, "ask"), (3, "Ask about this message")}
    menu = next(c for c in discord.commands if c["type"] == 3)
    assert menu["name_localizations"]["zh-CN"] == "就这条消息提问"


async def test_who_is_answered(discord, house, alice):
    """Names, replies to the bot and private chats are answered; other words, other bots and webhooks are not."""
    await alice.says("nobody in particular")
    await alice.says(f"<@{BOT}> hi", webhook_id="5")
    await Member(discord, 77, "other bot").says(
        f"<@{BOT}> hi", author={**alice.user, "id": "77", "bot": True}
    )
    first = await alice.says(f"<@{BOT}> one")
    ours = await answered(discord)
    replied = {k: v for k, v in ours.items() if k not in ("files", "edits")}
    await alice.says("two", type=19, message_reference={"message_id": ours["id"], "channel_id": str(CHANNEL)},
                     referenced_message=replied)  # fmt: skip
    await answered(discord, n=2)
    await alice.writes_privately("three")
    await answered(discord, discord.direct[alice.id])
    assert [q.text for q in house.answerer.asked] == ["one", "two", "three"]
    assert house.listener.got[1].reply_to.ours
    assert house.listener.got[0].id == f"{CHANNEL}-{first['id']}"
    assert house.listener.got[2].origin.place == f"private:{alice.id}"


async def test_channels_always_and_off(discord, house, alice):
    """A channel set to always is answered without a name, one that is off not even with it."""
    house.speaks.set = type(house.speaks.set).ALWAYS
    await alice.says("no name at all")
    await answered(discord)
    house.speaks.set = type(house.speaks.set).OFF
    await alice.says(f"<@{BOT}> hello?")
    await house.quiet()
    assert [q.text for q in house.answerer.asked] == ["no name at all"]


async def test_an_empty_name_asks_about_the_message_it_replies_to(discord, house, alice, bob):
    """Replying with nothing but the bot's name asks what that message says; without a message, a sentence helps."""
    question = bob.message("渡轮几点开？")
    await alice.says(f"<@{BOT}>", type=19, message_reference={"message_id": question["id"], "channel_id": str(CHANNEL)},
                     referenced_message=question)  # fmt: skip
    await answered(discord)
    assert house.answerer.asked[0].text == "渡轮几点开？"
    await alice.says(f"<@{BOT}>  ")
    told = await until(lambda: discord.said()[1:])
    assert told[0]["content"] == "Please write a question first."


async def test_long_words_are_told(discord, house, alice):
    """A message of 5,000 characters is answered with a sentence, not with silence."""
    await alice.says(f"<@{BOT}> " + "why " * 1250)
    told = await until(discord.said)
    assert told[0]["content"] == "That question is too long."


# --- commands ----------------------------------------------------------------------------------------------
async def test_a_command_is_deferred_and_filled(discord, house, alice):
    """/ask is acknowledged at once, grows in the promised message, and ends there."""
    asked = await alice.types("ask", question="slow ferry?")
    assert asked.kind == 5 and not asked.ephemeral
    await until(lambda: "The ferry" in asked.original["content"])
    house.answerer.go.set()
    message = await answered(discord)
    assert message["id"] == asked.original["id"]
    assert not asked.followups


async def test_arguments_as_declared(discord, house, alice):
    """Numbers, choices and files arrive as declared; a private command's deferral is seen by its member only."""
    discord.cdn["log.txt"] = b"low at six"
    file = {"id": "9", "filename": "log.txt", "size": 10, "url": f"{discord.root}/cdn/log.txt", "proxy_url": "",
            "content_type": "text/plain; charset=utf-8"}  # fmt: skip

    async def answer(incoming, conversation):
        await conversation.send(say("low tide", private=True))
        return True

    house.listener.answer = answer
    asked = await alice.types("tide", level=3, place="pier", log="9", resolved={"attachments": {"9": file}})
    assert asked.ephemeral
    await until(lambda: asked.original["content"] == "low tide")
    got = house.listener.got[0]
    assert got.content == Invoked("tide", {"level": 3, "place": "pier", "log": "log.txt"})
    assert got.attachments[0].file and house.files.kept[got.attachments[0].file.key] == b"low at six"


async def test_ask_about_a_message(discord, house, alice, bob):
    """The menu on a message asks what it says, for whoever chose it alone."""
    message = bob.message("When does the ferry leave?")
    asked = await alice.asks_about(message)
    assert asked.ephemeral
    await until(lambda: "07:45 [1]." in asked.original["content"])
    assert house.listener.got[0].content == Said("When does the ferry leave?")
    assert house.listener.got[0].reply_to.message == message["id"]
    nothing = await alice.asks_about(bob.message(""))
    await until(lambda: "no words" in nothing.original["content"])


async def test_a_refusal_in_public_is_seen_by_its_member_only(discord, house, alice):
    """What a command is refused for does not stay in the channel."""
    asked = await alice.types("ask", question="   ")
    await until(lambda: asked.followups)
    assert asked.followups[0]["flags"] & EPHEMERAL
    assert asked.followups[0]["content"] == "Please write a question first."
    assert discord.said() == []


async def test_a_command_that_is_no_more(discord, house, alice):
    """A command that an older version registered is answered with a sentence."""
    discord.commands.append({"type": 1, "name": "old", "options": []})
    asked = await alice.types("old")
    assert asked.kind == 4 and asked.ephemeral and "no longer" in asked.original["content"]


# --- buttons and forms -------------------------------------------------------------------------------------
async def test_votes_show_on_the_button(discord, house, alice, bob):
    """A press by a second member is recorded as theirs, shown on the button, and thanked for quietly."""
    await alice.types("ask", question="ferry?")
    message = await answered(discord)
    pressed = await bob.presses(message, "👍")
    assert pressed.kind == 6
    await until(lambda: message["components"][0]["components"][0]["style"] == 3)
    await until(lambda: pressed.followups)
    assert pressed.followups[0]["flags"] & EPHEMERAL and pressed.followups[0]["content"] == "已记下，谢谢。"
    vote = (await house.ledger.votes("harbour"))[0].vote
    assert (vote.person, vote.value) == ("discord:12", VoteValue.UP)
    assert "07:45" in message["content"]


async def test_a_thumb_down_counts_and_asks_why(discord, house, alice, bob):
    """👎 opens a form at once and counts even if the form is closed; sent, it adds the reason. Thanked once."""
    await alice.types("ask", question="ferry?")
    message = await answered(discord)
    pressed = await bob.presses(message, "👎")
    assert pressed.kind == 9 and pressed.modal["title"] == "哪里不好？"
    await until(lambda: message["components"][0]["components"][1]["style"] == 3)
    assert (await house.ledger.votes("harbour"))[0].vote.value is VoteValue.DOWN
    sent = await bob.fills_in(pressed, message, reason="outdated", words="夏天改点了")
    await until(lambda: sent.followups)
    vote = (await house.ledger.votes("harbour"))[0].vote
    assert (vote.reason, vote.words) == (VoteReason.OUTDATED, "夏天改点了")
    assert not pressed.followups


async def test_follow_ups_are_answered_by_buttons(discord, house, alice, bob):
    """A follow-up's button asks it; the answer is a new message."""
    await alice.types("ask", question="ferry?")
    message = await answered(discord)
    await bob.presses(message, "What does it cost?")
    await answered(discord, n=2)
    assert house.answerer.asked[1].text == "What does it cost?"


async def test_forged_and_foreign_buttons(discord, house, alice):
    """A button that we did not sign, or signed for another community, does nothing but say so to its presser."""
    await alice.types("ask", question="ferry?")
    message = await answered(discord)
    foreign = SIGNER.sign("elsewhere", Press(Action.VOTE_UP, message["id"].zfill(24)[:24]))
    for token in ("x" * 35, foreign, "y" * 90):
        pressed = await alice.presses_token(message, token)
        await until(lambda pressed=pressed: pressed.followups)
        assert pressed.followups[0]["flags"] & EPHEMERAL
    assert await house.ledger.votes("harbour") == []


async def test_forms_of_handlers(discord, valkey, alice):
    """A button whose handler declares a form opens it, and only what is sent reaches the handler."""
    from bot_core.forms import Field, FieldKind, Form
    from bot_core.identity import Words

    class Introduces:
        async def form(self, community, press, locale):
            if press.action is not Action.PATH_STEP:
                return None
            words = Words("介绍", "Introduce yourself")
            return Form(
                words, (Field("name", words, FieldKind.LINE), Field("more", words, FieldKind.TEXT, False))
            )

    house = House(discord, valkey.url)
    house.forms = [Introduces()]
    async with house.up():
        await alice.types("ask", question="ferry?")
        message = await answered(discord)
        token = SIGNER.sign("harbour", Press(Action.PATH_STEP, "0" * 24, 2))
        pressed = await alice.presses_token(message, token)
        assert pressed.kind == 9 and len(house.listener.got) == 1
        await alice.fills_in(pressed, message, name="Alice")
        got = await until(lambda: house.listener.got[1:])
        assert dict(got[0].content.values) == {"name": "Alice"}


# --- the token's end ---------------------------------------------------------------------------------------
async def test_a_late_result_comes_as_a_message(discord, house, alice):
    """When the interaction's token is gone, the answer goes to the channel: where it grew, else as a new message."""
    asked = await alice.types("ask", question="slow ferry?")
    await until(lambda: "The ferry" in asked.original["content"])
    asked.expired = True
    house.answerer.go.set()
    message = await answered(discord)
    assert message["id"] == asked.original["id"]
    assert discord.calls[-1].path == f"/channels/{CHANNEL}/messages/{message['id']}"

    async def answer(incoming, conversation):
        await conversation.send(say("here it is"))
        return True

    house.listener.answer = answer
    discord.fail("PATCH", "/messages/@original", 401, 50027)
    await alice.types("ask", question="ferry?")
    late = await until(lambda: [m for m in discord.said() if m["content"] == "here it is"])
    assert late[0]["id"] not in {a.original["id"] for a in discord.asked.values()}


async def test_who_asked_in_private_is_answered_in_private(discord, house, alice, bob):
    """A private question whose token is gone is not answered for all to read."""
    asked = await alice.asks_about(bob.message("slow ferry?"))
    await until(lambda: "The ferry" in asked.original["content"])
    asked.expired = True
    house.answerer.go.set()
    message = await answered(discord, 5011)
    assert message["embeds"] and discord.said() == []
    await alice.presses(message, "👍")
    await until(lambda: house.ledger.cast)


async def test_a_late_private_result_comes_directly(discord, house, alice):
    """A private result whose token is gone comes as a direct message; where these are closed, the channel has a line."""

    async def answer(incoming, conversation):
        await go.wait()
        await conversation.send(say("for you alone", private=True))
        return True

    house.listener.answer = answer
    for n in (0, 1):
        go = asyncio.Event()
        asked = await alice.types("tide", place="pier")
        await until(lambda n=n: len(house.listener.got) > n)
        asked.expired = True
        if n:
            discord.fail("POST", r"/channels/5011/messages", 403, 50007)
        go.set()
        await house.quiet()
    assert [m["content"] for m in discord.said(5011)] == ["for you alone"]
    assert "can't send you a direct message" in discord.said()[-1]["content"]


async def test_a_command_that_discord_gave_up_is_still_answered(discord, house, alice):
    """Where the acknowledgement came too late, the answer is a message in the channel."""
    discord.fail("POST", "/callback", 404, 10062)
    task = asyncio.create_task(alice.types("ask", question="ferry?"))
    message = await answered(discord)
    assert "07:45 [1]." in message["content"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for asked in discord.asked.values():
        asked.expired = True


async def test_another_process_fills_what_was_promised(discord, valkey, alice):
    """The process that acknowledged goes down amid the answer; the next one fills the same message."""
    house = House(discord, valkey.url)
    async with house.up():
        asked = await alice.types("ask", question="slow ferry?")
        await until(lambda: "The ferry" in asked.original["content"])
    async with house.up():
        await until(lambda: house.answerer.asked)
        house.answerer.go.set()
        message = await answered(discord)
    assert message["id"] == asked.original["id"]
    assert len(discord.said()) == 1


# --- starting ----------------------------------------------------------------------------------------------
async def test_a_wrong_token_is_told_at_the_start(discord, valkey):
    """A token that Discord refuses ends the start with a sentence that names the setting."""
    with pytest.raises(SettingWrong, match="discord_token"):
        async with House(discord, valkey.url).up("bad"):
            pass


async def test_intents_that_are_off_are_told(discord, valkey, caplog):
    """Without the privileged intents the house stands, and the log says where to press."""
    discord.gateway.close_code = 4014
    async with House(discord, valkey.url).up(wait=False):
        await until(lambda: "Privileged Gateway Intents" in caplog.text)


async def test_discord_is_down_at_the_start(discord, valkey, alice):
    """A house starts while Discord is down, and connects when it is back."""
    down = discord.fail("GET", "/users/@me", 503, times=8)
    discord.gateway.first = [("GUILD_CREATE", guild())]
    async with House(discord, valkey.url, retry=0.05).up(wait=False) as house:
        down.times = 0
        await until(lambda: house.server.ready, 20)
        await alice.says(f"<@{BOT}> ferry?")
        await answered(discord)


async def test_shards_of_two_processes(discord, valkey, alice):
    """Two processes with a shard each identify one after the other, never within Discord's pause."""
    one = House(discord, valkey.url, shards=(0,), shard_count=2, identify_seconds=0.6)
    two = House(discord, valkey.url, shards=(1,), shard_count=2, identify_seconds=0.6)
    two._prefix, two.worker = one._prefix, "w2"
    async with asyncio.TaskGroup() as group:

        async def run(house):
            async with house.up():
                await asyncio.sleep(0.2)

        discord.gateway.first = [("GUILD_CREATE", guild())]
        group.create_task(run(one))
        group.create_task(run(two))
    (first, a), (second, b) = discord.gateway.identified
    assert sorted([a["shard"], b["shard"]]) == [[0, 2], [1, 2]]
    assert second - first >= 0.55
    assert discord.syncs == 1
    assert replace(one.options).shards == (0,)
