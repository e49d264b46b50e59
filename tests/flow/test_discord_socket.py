"""Discord over real sockets: the tests' own gateway and REST, the real client, intake, outbox and a real Valkey."""

from __future__ import annotations

from yinlu_testing.discord_house import House, answered
from yinlu_testing.discord_loopback import BOT, CHANNEL, EPHEMERAL
from yinlu_testing.discord_people import Member, until
from yinlu_testing.web import SIGNER

from bot_core.actions import Action, Press
from bot_core.answers import VoteReason, VoteValue
from bot_core.events import Invoked, Said
from bot_core.replies import say

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]


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
