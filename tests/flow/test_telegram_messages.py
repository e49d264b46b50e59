"""Messages through Telegram and back, over real sockets and a real Valkey."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from yinlu_testing.servers import prefix
from yinlu_testing.telegram_house import (
    ALICE,
    BOB,
    GROUP,
    SECRET,
    TelegramHouse,
    button,
    echo,
    labels,
    until_true,
)
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import BOT, photo_json, user_json

from bot_core.events import Invoked, Joined, Said, Spoke
from bot_core.identity import ADMIN, HELPER, Locale
from bot_core.ports.members import SpeakMode

HOOK = {"webhook_url": "https://bot.example", "webhook_secret": SECRET, "listen": ("127.0.0.1", 0)}
pytest_plugins = ["yinlu_testing.redis"]


@asynccontextmanager
async def house(valkey, **options):
    """A running house on a loopback API; whatever it called must have been a call that Telegram takes."""
    async with Loopback().serve() as api:
        made = TelegramHouse(api, valkey.url, prefix(), **options)
        async with made.up():
            yield made
        assert api.problems == []


async def test_a_question_in_private_is_answered_with_sources_and_votes(valkey):
    """The answer has its text, a folded list of sources, a label, follow-ups and vote buttons."""
    async with house(valkey) as home:
        await home.say("When does the ferry leave?")
        message = await home.answer("07:45 [1].")
        assert "Sources\n[1] Ferry › Times" in message["text"]
        assert message["text"].endswith("check it against its sources.")
        assert {e["type"] for e in message["entities"]} >= {"expandable_blockquote", "bold", "italic"}
        assert labels(message) == [["What does it cost?"], ["👍", "👎", "🔁"]]
        assert home.seen[0].origin.place == f"private:{ALICE}"
        await until_true(lambda: any(m == "sendChatAction" for m, _ in home.api.calls))


async def test_a_press_asks_on(valkey):
    """A follow-up's button asks its question; the press is answered."""
    async with house(valkey) as home:
        await home.say("When?")
        message = await home.answer("07:45")
        await home.press(button(message, "cost"), message)
        await home.answer("07:45", count=2)
        assert home.answerer.asked[-1].text == "What does it cost?"
        await until_true(lambda: home.api.of("answerCallbackQuery"))


async def test_an_up_vote_is_thanked_quietly_and_marked(valkey):
    """The thanks are a toast, no message; the pressed button carries a mark."""
    async with house(valkey) as home:
        await home.say("When?")
        message = await home.answer("07:45")
        await home.press(button(message, "👍"), message)
        await until_true(lambda: labels(message)[-1] == ["✓ 👍", "👎", "🔁"])
        assert home.api.of("answerCallbackQuery")[0]["text"] == "Noted, thank you."
        assert len(home.ours()) == 1
        votes = await home.ledger.votes("harbour")
        assert [(one.vote.person, one.vote.value) for one in votes] == [(f"telegram:{ALICE}", "up")]


async def test_a_down_vote_asks_why_and_takes_words(valkey):
    """👎 shows reasons; one of them is recorded; "in my words" is asked for by a reply and recorded."""
    async with house(valkey) as home:
        await home.say("When?")
        message = await home.answer("07:45")
        await home.press(button(message, "👎"), message)
        await until_true(lambda: len(labels(message)) == 4)
        assert labels(message)[1] == ["👍", "✓ 👎", "🔁"]
        await home.press(button(message, "Outdated"), message)
        await until_true(lambda: "✓ Outdated" in labels(message)[2])
        await home.press(button(message, "In my words"), message)
        prompt = await home.answer("Reply to this message")
        assert home.api.of("sendMessage")[-1]["reply_markup"]["force_reply"] is True
        await home.say("It leaves at eight now", reply_to_message={**prompt, "reply_to_message": None})
        await until_true(lambda: len(home.seen) == 4)
        await home.answer("Noted")
        vote = (await home.ledger.votes("harbour"))[0].vote
        assert (vote.reason, vote.words) == ("other", "It leaves at eight now")


async def test_groups_are_answered_when_named_replied_to_or_commanded(valkey):
    """With mention only, other talk is left alone; answers are replies to what they answer."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("just talking", chat=GROUP)
        named = await home.say("@Yinlu_Bot when?", chat=GROUP)
        message = await home.answer("Echo: when?", chat=GROUP)
        aimed = home.api.of("sendMessage")[-1]["reply_parameters"]
        assert aimed == {"message_id": named["message"]["message_id"], "allow_sending_without_reply": True}
        await home.say("and how much?", chat=GROUP, reply_to_message={**message, "from": BOT})
        await home.answer("Echo: and how much?", chat=GROUP)
        await home.say("/ask@yinlu_bot why?", chat=GROUP)
        await home.answer("Echo: ask", chat=GROUP)
        await home.say("/ask@other_bot why?", chat=GROUP)
        await home.say("/unknown", chat=GROUP)
        await home.say("mail me at x@yinlu_bottle", chat=GROUP)
        await home.say("last @yinlu_bot", chat=GROUP)
        await home.answer("Echo: last", chat=GROUP)
        assert len(home.seen) == 4
        assert home.seen[1].reply_to is not None and home.seen[1].reply_to.ours


async def test_a_group_may_ask_for_every_message_or_none(valkey):
    """Always: everything is answered; off: nothing, except an admin's command."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.speaks.modes[str(GROUP)] = SpeakMode.ALWAYS
        await home.say("anything", chat=GROUP)
        await home.answer("Echo: anything", chat=GROUP)
        home.speaks.modes[str(GROUP)] = SpeakMode.OFF
        home.api.admins[GROUP] = [BOB]
        home.telegram.updates._arrivals._people.changed(GROUP)
        await home.say("@yinlu_bot hello", chat=GROUP)
        await home.say("/reload", chat=GROUP)
        await home.say("/reload", user=BOB, chat=GROUP)
        await home.answer("Echo: reload", chat=GROUP)
        assert [type(e.content) for e in home.seen] == [Said, Invoked]
        assert home.seen[1].roles == {ADMIN}


async def test_roles_are_the_groups_admins_hidden_ones_and_the_helpers(valkey):
    """Who hides behind the group is an admin of it; helpers are those of the settings, whatever the chat."""
    async with house(valkey, helpers=(str(BOB),), admins=frozenset({ALICE})) as home:
        home.extra.append(echo)
        hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        await home.say(
            "/reload", chat=GROUP, sender_chat={"id": GROUP, "type": "supergroup"}, **{"from": hidden}
        )
        await home.answer("Echo: reload", chat=GROUP)
        await home.say("hi", user=BOB)
        await home.say("hi")
        await until_true(lambda: len(home.seen) == 3)
        roles = {event.person.id: event.roles for event in home.seen}
        assert roles[f"telegram:chat{GROUP}"] == {ADMIN} == roles[f"telegram:{ALICE}"]
        assert roles[f"telegram:{BOB}"] == {HELPER}


async def test_bots_channels_and_stickers_are_not_answered(valkey):
    """Other bots, the linked channel's posts and messages without words lead nowhere."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("hi", **{"from": {"id": 9, "is_bot": True, "first_name": "B"}})
        await home.say("post", is_automatic_forward=True)
        await home.say(sticker={"file_id": "x"})
        await home.say("real")
        await home.answer("Echo: real")
        assert len(home.seen) == 1


async def test_topics_are_answered_in_their_topic(valkey):
    """A message in a topic makes a conversation of its own, and the answer stands there."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("@yinlu_bot hi", chat=GROUP, message_thread_id=77, is_topic_message=True)
        await home.answer("Echo: hi", chat=GROUP)
        assert home.seen[0].origin.thread == "77"
        assert home.api.of("sendMessage")[-1]["message_thread_id"] == 77


async def test_a_topic_that_is_gone_is_answered_in_the_group(valkey):
    """Where the topic was deleted the answer goes to the group."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.refuse["sendMessage"].append((400, {"description": "Bad Request: message thread not found"}))
        await home.say("@yinlu_bot hi", chat=GROUP, message_thread_id=77, is_topic_message=True)
        await home.answer("Echo: hi", chat=GROUP)
        assert "message_thread_id" not in home.api.of("sendMessage")[-1]


async def test_an_edited_question_is_answered_again_once(valkey):
    """A changed text within 15 minutes is answered again; a second edit, an old one or no change are not."""
    async with house(valkey) as home:
        home.extra.append(echo)
        first = (await home.say("When does it leave"))["message"]
        await home.answer("Echo: When does it leave")
        await home.update(edited_message={**first, "edit_date": first["date"] + 5})
        await home.update(
            edited_message={**first, "text": "When does it arrive", "edit_date": first["date"] + 9}
        )
        await home.answer("Echo: When does it arrive")
        await home.update(edited_message={**first, "text": "third", "edit_date": first["date"] + 12})
        old = home.message("old", date=first["date"] - 3600)
        await home.update(edited_message=old)
        await home.say("last")
        await home.answer("Echo: last")
        assert [e.content.text for e in home.seen] == ["When does it leave", "When does it arrive", "last"]


async def test_documents_photos_and_captions_ride_along(valkey):
    """Files are fetched and kept; the caption is the text; a command may be about the document it replies to."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.files.update(doc=b"# Rules", pic=b"\xff\xd8jpeg")
        document = {"file_id": "doc", "file_name": "rules.md", "mime_type": "text/markdown", "file_size": 7}
        await home.say(
            caption="add this to the knowledge", document=document, forward_origin={"type": "user"}
        )
        await home.answer("Echo: add this")
        kept = home.seen[0].attachments[0]
        assert (kept.name, kept.media_type, kept.size) == ("rules.md", "text/markdown", 7)
        assert await home.files.read(kept.file.key) == b"# Rules"
        await home.say(photo=[photo_json("small"), {**photo_json("pic"), "width": 900, "height": 600}])
        await until_true(lambda: len(home.seen) == 2)
        assert home.seen[1].attachments[0].media_type == "image/jpeg"
        about = home.message(user=BOB, chat=GROUP, document=document)
        await home.say("/ask what is this?", chat=GROUP, reply_to_message=about)
        await until_true(lambda: len(home.seen) == 3)
        assert home.seen[2].attachments[0].name == "rules.md"


@pytest.mark.parametrize("hook", [{}, HOOK], ids=["polling", "webhook"])
async def test_an_album_is_one_event(valkey, hook):
    """The files of an album come together with its words; a part that comes late is told apart, and knows them."""
    async with house(valkey, **hook) as home:
        home.extra.append(echo)
        home.api.files.update(a=b"A", b=b"B", c=b"C")

        async def part(name, caption=""):
            document = {
                "file_id": name,
                "file_name": f"{name}.txt",
                "mime_type": "text/plain",
                "file_size": 1,
            }
            fields = {"caption": caption} if caption else {}
            await home.say(chat=GROUP, document=document, media_group_id="77", **fields)

        await asyncio.gather(part("a", "@yinlu_bot keep these"), part("b"))
        await until_true(lambda: len(home.seen) == 1)
        assert [file.name for file in home.seen[0].attachments] == ["a.txt", "b.txt"]
        await asyncio.sleep(0.3)
        await part("c")
        await until_true(lambda: len(home.seen) == 2)
        assert [e.content.text for e in home.seen] == ["keep these", "keep these"]
        assert [file.name for file in home.seen[1].attachments] == ["c.txt"]


async def test_a_voice_note_is_spoke(valkey):
    """A voice note arrives as Spoke with its length; one that is too long is refused with a sentence."""
    async with house(valkey, voice_seconds=60.0) as home:
        home.extra.append(echo)
        home.api.files["v1"] = b"OggS..."
        voice = {"file_id": "v1", "duration": 7, "mime_type": "audio/ogg", "file_size": 7}
        await home.say(voice=voice)
        await home.answer("Echo: Spoke")
        content = home.seen[0].content
        assert isinstance(content, Spoke) and content.seconds == 7
        assert await home.files.read(content.audio.key) == b"OggS..."
        await home.say(voice={**voice, "duration": 90})
        await home.answer("60 s is the most")
        assert len(home.seen) == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ({"file_size": 30_000_000, "file_id": "big"}, "too large"),
        ({"file_size": 0, "file_id": "empty"}, "is empty"),
        ({"file_size": 5, "file_id": "gone"}, "could not be fetched"),
    ],
)
async def test_files_that_can_not_be_had_are_told(valkey, file, sentence):
    """Too large, empty, or not there: the member reads a sentence, nothing else happens."""
    async with house(valkey) as home:
        home.api.files["empty"] = b""
        await home.say(document={"file_name": "x.pdf", "mime_type": "application/pdf", **file})
        await home.answer(sentence)
        assert home.seen == []


async def test_a_message_beyond_the_limit_is_refused_with_a_sentence(valkey):
    """5,000 characters are more than Telegram itself lets through, and more than we read."""
    async with house(valkey) as home:
        await home.say("x" * 5000)
        await home.answer("5000 characters")
        assert home.seen == []


async def test_joins_requests_and_the_bot_itself(valkey):
    """Members who come are Joined once, requests are answered in private, whoever adds the bot gets help."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say(chat=GROUP, user=BOB, new_chat_members=[user_json(BOB, "Bob")])
        outside = {"status": "left", "user": user_json(BOB)}
        inside = {"status": "member", "user": user_json(BOB)}
        change = {"chat": {"id": GROUP, "type": "supergroup"}, "from": user_json(BOB), "date": 1_700_000_000}
        await home.update(chat_member={**change, "old_chat_member": outside, "new_chat_member": inside})
        await home.answer("Echo: Joined", chat=GROUP)
        request = {**change, "user_chat_id": BOB}
        await home.update(chat_join_request=request)
        await home.answer("Echo: Joined", chat=BOB)
        ours = {"status": "left", "user": BOT}, {"status": "member", "user": BOT}
        await home.update(my_chat_member={**change, "old_chat_member": ours[0], "new_chat_member": ours[1]})
        await home.answer("Echo: help", chat=GROUP)
        assert [e.content for e in home.seen] == [Joined(), Joined(request=True), Invoked("help")]
        assert home.seen[1].origin.place == str(GROUP) and home.seen[1].origin.channel == str(BOB)
        assert await home.telegram.members.admit(home.seen[1].origin, home.seen[1].person)
        assert home.api.of("approveChatJoinRequest") == [{"chat_id": GROUP, "user_id": BOB}]


async def test_a_group_that_moves_keeps_its_answers(valkey):
    """The move is told to the house, and a send to the old id goes to the new one."""
    async with house(valkey) as home:
        home.extra.append(echo)
        old = -4321
        home.api.refuse["sendMessage"].append(
            (400, {"description": "group migrated", "migrate_to_chat_id": GROUP})
        )
        await home.say("@yinlu_bot hi", chat=old)
        await home.answer("Echo: hi", chat=GROUP)
        await home.say(chat=old, migrate_to_chat_id=GROUP)
        await until_true(lambda: home.moved == [("telegram", str(old), str(GROUP))])
        await home.say("@yinlu_bot again", chat=old)
        await home.answer("Echo: again", chat=GROUP)


async def test_the_language_is_the_members(valkey):
    """Each member is spoken to in the language of their app."""
    async with house(valkey) as home:
        await home.say("嗨", **{"from": user_json(ALICE, language="zh-hans")})
        await home.answer("07:45")
        assert home.seen[0].locale is Locale.ZH


async def test_forged_and_foreign_buttons_are_refused(valkey):
    """A press that we did not sign is answered with a sentence over the chat."""
    async with house(valkey) as home:
        await home.say("When?")
        message = await home.answer("07:45")
        await home.press("AAAAAAAA", message)
        await until_true(lambda: home.api.of("answerCallbackQuery"))
        answer = home.api.of("answerCallbackQuery")[0]
        assert answer["text"] == "This button is not valid here." and answer["show_alert"]
        assert len(home.seen) == 1


async def test_a_press_without_words_is_answered_silently(valkey):
    """A button whose work takes long does not spin for ever."""
    async with house(valkey) as home:
        await home.say("slow question")
        await home.say("When?", user=BOB)
        message = await home.answer("07:45", chat=BOB)
        await home.press(button(message, "🔁"), message, user=BOB)
        await until_true(lambda: home.api.of("answerCallbackQuery"))
        assert "text" not in home.api.of("answerCallbackQuery")[0]


async def test_what_waited_too_long_gets_a_notice(valkey):
    """A message of half a day ago is not answered late; its chat reads so, once."""
    async with house(valkey) as home:
        home.extra.append(echo)
        now = home.message()["date"]
        await home.say("good morning", date=now - 12 * 3600)
        await home.say("anybody?", date=now - 11 * 3600)
        await home.say("good evening")
        await home.answer("Echo: good evening")
        await home.answer("too old to act on now")
        assert len(home.seen) == 1 and len(home.ours()) == 2
