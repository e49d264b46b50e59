"""What Telegram shows: private replies in groups, forms, drafts, long answers, pictures, voices, refusals of a send."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from yinlu_testing.servers import prefix
from yinlu_testing.telegram_house import (
    ALICE,
    BOB,
    GROUP,
    TelegramHouse,
    button,
    echo,
    labels,
    until_true,
)
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import BOT

from bot_core.actions import Action, Press
from bot_core.conversation import Conversation, DraftText
from bot_core.dispatch import Handled
from bot_core.events import Incoming, Invoked, Pressed, Said, Submitted
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Person, Words
from bot_core.replies import Button, Document, Label, Picture, Reply, Sound, Text, say

pytest_plugins = ["yinlu_testing.redis"]

SIDES = (("n", Words("北", "North")), ("s", Words("南", "South")))
FORM = Form(
    Words("自我介绍", "Introduce yourself"),
    (
        Field("side", Words("哪一边", "Which side"), FieldKind.CHOICE, choices=SIDES),
        Field("words", Words("说几句", "A few words"), FieldKind.TEXT, longest=20),
        Field("link", Words("主页", "Home page"), required=False),
    ),
)  # fmt: skip
LANGUAGE = Press(Action.PATH_STEP, "ab" * 12, 3)


class Introduces:
    """Opens a form behind one button."""

    async def form(self, community, press, locale):
        """Return it."""
        return FORM if press == LANGUAGE else None


@asynccontextmanager
async def house(valkey, **options):
    """A running house on a loopback API; whatever it called must have been a call that Telegram takes."""
    async with Loopback().serve() as api:
        made = TelegramHouse(api, valkey.url, prefix(), **options)
        made.forms.append(Introduces())
        async with made.up():
            yield made
        assert api.problems == []


def sends(reply):
    """Return a handler that answers words and presses with this reply."""

    async def handler(incoming: Incoming, conversation: Conversation) -> Handled | None:
        await conversation.send(reply(incoming) if callable(reply) else reply)
        return Handled("test")

    return handler


async def stored(home, data=b"data", media_type="image/png", name=""):
    """Keep bytes and return their reference."""
    return await home.files.put(data, media_type, name)


# --- private replies in groups -----------------------------------------------------------------------------
async def test_a_private_reply_in_a_group_that_made_us_admin_is_hidden(valkey):
    """An admin bot shows it to the asker alone."""
    async with house(valkey) as home:
        home.extra.append(sends(say("For you", private=True)))
        home.api.admin_of.add(GROUP)
        await home.say("@yinlu_bot hi", chat=GROUP)
        await until_true(lambda: home.api.of("sendMessage"))
        hidden = home.api.of("sendMessage")[0]["ephemeral_message_parameters"]
        assert hidden == {"receiver_user_id": ALICE}
        assert home.ours(GROUP) == []


async def test_elsewhere_it_goes_to_the_private_chat(valkey):
    """Without the right to hide messages it is sent privately, and its buttons still belong to the group."""
    async with house(valkey) as home:
        secret = Button("On", Action.CONFIRM, "cd" * 12)
        home.extra.append(sends(say("For you", (secret,), private=True)))
        await home.say("@yinlu_bot hi", chat=GROUP)
        message = await home.answer("For you", chat=ALICE)
        assert home.ours(GROUP) == []
        home.extra[:] = [echo]
        await home.press(button(message, "On"), message)
        await home.answer("Echo: Pressed")
        assert home.seen[-1].origin.place == str(GROUP) and home.seen[-1].origin.channel == str(ALICE)
        assert isinstance(home.seen[-1].content, Pressed) and home.seen[-1].content.press


async def test_who_never_wrote_to_us_gets_a_sign_and_the_answer_waits(valkey):
    """The group sees a button to the private chat; /start there shows the answer, to nobody but the asker."""
    async with house(valkey) as home:
        home.extra.append(sends(say("For you alone", private=True)))
        home.api.strangers = True
        await home.say("@yinlu_bot hi", chat=GROUP)
        sign = await home.answer("for your eyes only", chat=GROUP)
        url = sign["reply_markup"]["inline_keyboard"][0][0]["url"]
        assert url.startswith("https://t.me/yinlu_bot?start=k_")
        home.api.started |= {ALICE, BOB}
        await home.say(f"/start {url.partition('=')[2]}", user=BOB)
        await home.answer("no longer kept", chat=BOB)
        await home.say(f"/start {url.partition('=')[2]}")
        await home.answer("For you alone")
        assert len(home.seen) == 1


async def test_a_short_private_answer_to_a_press_is_shown_over_the_chat(valkey):
    """No message is sent for it."""
    async with house(valkey) as home:
        await home.say("@yinlu_bot when?", chat=GROUP)
        message = await home.answer("07:45", chat=GROUP)
        home.extra.append(sends(say("Only admins may.", private=True)))
        await home.press(button(message, "🔁"), message, user=BOB)
        await until_true(lambda: home.api.of("answerCallbackQuery"))
        assert home.api.of("answerCallbackQuery")[0]["text"] == "Only admins may."
        assert len(home.ours(GROUP)) == 1 and home.ours(BOB) == []


async def test_a_vote_in_a_group_asks_why_in_hiding(valkey):
    """The group's keyboard stays as it is; who voted is asked for the reason alone."""
    async with house(valkey) as home:
        await home.say("@yinlu_bot when?", chat=GROUP)
        message = await home.answer("07:45", chat=GROUP)
        await home.press(button(message, "👎"), message, user=BOB, number="cb7")
        await until_true(lambda: len(home.api.of("sendMessage")) == 2)
        asked = home.api.of("sendMessage")[1]
        assert asked["ephemeral_message_parameters"] == {"receiver_user_id": BOB, "callback_query_id": "cb7"}
        assert labels(message)[-1] == ["👍", "👎", "🔁"]


async def test_a_hidden_command_is_answered_in_hiding(valkey):
    """What a member asks unseen is answered unseen, as a reply to it."""
    async with house(valkey) as home:
        home.extra.append(sends(say("Psst", private=True)))
        command = home.message("/help", chat=GROUP) | {"message_id": 0, "ephemeral_message_id": 9}
        await home.update(message=command)
        await until_true(lambda: home.api.of("sendMessage"))
        sent = home.api.of("sendMessage")[0]
        assert sent["reply_parameters"] == {"ephemeral_message_id": 9}
        assert sent["ephemeral_message_parameters"] == {"receiver_user_id": ALICE}


# --- forms and commands ------------------------------------------------------------------------------------
async def test_a_form_is_asked_field_by_field_and_survives_a_restart(valkey):
    """Choices are buttons, words are replies; too long is asked again; what is optional may be skipped."""
    async with Loopback().serve() as api:
        first, second = (TelegramHouse(api, valkey.url, "form-restart") for _ in range(2))
        for home in (first, second):
            home.forms.append(Introduces())
            home.extra.append(sends(lambda e: say("Hello", (Button("Go", Action.PATH_STEP, "ab" * 12, 3),))))
        async with first.up():
            await first.say("hi")
            message = await first.answer("Hello")
            await first.press(button(message, "Go"), message)
            side = await first.answer("Introduce yourself (1/3)")
            assert labels(side) == [["North", "South"], ["Cancel"]]
            await first.press(button(side, "South"), side)
            await first.answer("(2/3)")
        async with second.up():
            second.extra[:] = [echo]
            await second.say("x" * 21)
            await second.answer("20 characters at most")
            await second.say("I like boats")
            await second.answer("(3/3)")
            await second.say("-")
            await second.answer("Echo: Submitted")
            content = second.seen[-1].content
            assert isinstance(content, Submitted)
            assert content.values == {"side": "s", "words": "I like boats"} and content.press == LANGUAGE
            await second.say("on with it")
            await second.answer("Echo: on with it")
        assert api.problems == []


async def test_a_form_can_be_left(valkey):
    """Cancel and /cancel close it; words after that are ordinary again; old buttons say so."""
    async with house(valkey) as home:
        home.extra.append(sends(lambda e: say("Hello", (Button("Go", Action.PATH_STEP, "ab" * 12, 3),))))
        await home.say("hi")
        message = await home.answer("Hello")
        await home.press(button(message, "Go"), message)
        asked = await home.answer("(1/3)")
        await home.press(button(asked, "Cancel"), asked)
        await home.answer("Cancelled")
        await home.press(button(asked, "North"), asked)
        await until_true(
            lambda: any("no longer valid" in c.get("text", "") for c in home.api.of("answerCallbackQuery"))
        )
        await home.say("/cancel")
        await home.answer("nothing to cancel")


async def test_a_form_begun_in_a_group_is_asked_in_private(valkey):
    """The group is spared; what is filled in counts for the group's community."""
    async with house(valkey) as home:
        home.extra.append(sends(lambda e: say("Hello", (Button("Go", Action.PATH_STEP, "ab" * 12, 3),))))
        await home.say("@yinlu_bot hi", chat=GROUP)
        message = await home.answer("Hello", chat=GROUP)
        await home.press(button(message, "Go"), message, user=BOB)
        asked = await home.answer("(1/3)", chat=BOB)
        home.extra[:] = [echo]
        await home.press(button(asked, "North"), asked, user=BOB)
        await home.say("hello", user=BOB)
        await home.say("-", user=BOB)
        await home.answer("Echo: Submitted", chat=BOB)
        assert home.seen[-1].origin.place == str(GROUP)


async def test_a_form_is_asked_in_the_group_of_who_has_no_private_chat(valkey):
    """The question names the member, takes only a reply to it, and leaves other talk alone."""
    async with house(valkey) as home:
        home.api.strangers = True
        home.extra.append(sends(lambda e: say("Hello", (Button("Go", Action.PATH_STEP, "ab" * 12, 3),))))
        await home.say("@yinlu_bot hi", chat=GROUP)
        message = await home.answer("Hello", chat=GROUP)
        await home.press(button(message, "Go"), message, user=BOB)
        asked = await home.answer("(1/3)", chat=GROUP)
        assert asked["entities"][0]["user"]["id"] == BOB
        await home.press(button(asked, "North"), asked, user=ALICE)
        await until_true(
            lambda: any("no longer" in c.get("text", "") for c in home.api.of("answerCallbackQuery"))
        )
        await home.press(button(asked, "North"), asked, user=BOB)
        asked = await home.answer("(2/3)", chat=GROUP)
        await home.say("talk of mine", user=BOB, chat=GROUP)
        await home.say("I sail", user=BOB, chat=GROUP, reply_to_message={**asked, "from": BOT})
        asked = await home.answer("(3/3)", chat=GROUP)
        home.extra[:] = [echo]
        await home.say("-", user=BOB, chat=GROUP, reply_to_message={**asked, "from": BOT})
        await home.answer("Echo: Submitted", chat=GROUP)
        assert home.seen[-1].content.values == {"side": "n", "words": "I sail"}


async def test_a_command_asks_for_what_it_lacks(valkey):
    """Typed arguments are read by position and by name; a missing choice is asked for with buttons."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("/paint blue 3")
        await until_true(lambda: len(home.seen) == 1)
        await home.say("/paint count=2 colour=红色")
        await until_true(lambda: len(home.seen) == 2)
        await home.say("/paint 4")
        asked = await home.answer("(1/2)")
        await home.press(button(asked, "Blue"), asked)
        await home.answer("(2/2)")
        await home.say("nine")
        await home.answer("a whole number")
        await home.say("4")
        await until_true(lambda: len(home.seen) == 3)
        assert [e.content for e in home.seen] == [
            Invoked("paint", {"colour": "blue", "count": 3}),
            Invoked("paint", {"colour": "red", "count": 2}),
            Invoked("paint", {"colour": "blue", "count": 4}),
        ]


async def test_start_greets_and_leads_to_commands(valkey):
    """/start is /help; with a payload it is the command that the link names."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("/start")
        await home.say("/start ask_why")
        await home.answer("Echo: ask")
        assert [e.content for e in home.seen] == [Invoked("help"), Invoked("ask", {"question": "why"})]


async def test_commands_are_set_per_language_and_place_and_only_when_changed(valkey):
    """Admins see theirs in groups; a second start sets nothing."""
    async with Loopback().serve() as api:
        for _ in range(2):
            home = TelegramHouse(api, valkey.url, "menus")
            async with home.up():
                await until_true(lambda: len(api.of("setMyCommands")) >= 12)
                await asyncio.sleep(0.1)
        made = {
            (c["scope"]["type"], c.get("language_code", "")): c["commands"] for c in api.of("setMyCommands")
        }
        assert len(made) == len(api.of("setMyCommands")) == 12
        assert "reload" not in {c["command"] for c in made["all_private_chats", "en"]}
        assert "reload" in {c["command"] for c in made["all_chat_administrators", "zh"]}
        assert {c["description"] for c in made["default", "zh"]} >= {"提问"}
        assert api.problems == []


# --- drafts ------------------------------------------------------------------------------------------------
async def test_in_private_an_answer_grows_as_a_preview(valkey):
    """sendMessageDraft shows it, one message ends it."""
    async with house(valkey) as home:
        home.answerer.go.clear()
        await home.say("slow one")
        await until_true(lambda: home.api.of("sendMessageDraft"))
        await asyncio.sleep(0.1)
        home.answerer.go.set()
        await home.answer("07:45")
        drafts = home.api.of("sendMessageDraft")
        assert len({draft["draft_id"] for draft in drafts}) == 1 and drafts[0]["draft_id"] > 0
        assert len(home.ours()) == 1


async def test_in_a_group_an_answer_grows_by_edits_of_one_message(valkey):
    """The first words are sent, later ones edit them, and so does the answer with its buttons."""
    async with house(valkey) as home:
        await home.say("@yinlu_bot slow", chat=GROUP)
        await home.answer("The ferry", chat=GROUP)
        await asyncio.sleep(0.1)
        home.answerer.go.set()
        message = await home.answer("07:45 [1].", chat=GROUP)
        await until_true(lambda: labels(message))
        assert len(home.ours(GROUP)) == 1


async def test_a_draft_that_was_deleted_is_no_obstacle(valkey):
    """The answer is sent anew."""
    async with house(valkey) as home:
        await home.say("@yinlu_bot slow", chat=GROUP)
        draft = await home.answer("The ferry", chat=GROUP)
        del home.api.messages[GROUP, draft["message_id"]]
        home.answerer.go.set()
        await home.answer("07:45 [1].", chat=GROUP)


async def test_drafts_keep_their_distance(valkey):
    """No more than one per interval, whatever the stream does."""
    async with house(valkey, private_interval=0.3) as home:
        await home.say("hi")
        await until_true(lambda: len(home.seen) == 1)
        for n in range(20):
            await home.telegram.face.draft(
                home.seen[0].origin, DraftText("telegram:x:1:1", 0, "word " * (n + 1))
            )
            await asyncio.sleep(0.02)
        mine = [d for d in home.api.of("sendMessageDraft") if d["text"].startswith("word")]
        assert 1 <= len(mine) <= 3


# --- what is shown -----------------------------------------------------------------------------------------
async def test_long_answers_are_split_and_the_buttons_come_last(valkey):
    """Each part is within the limit, code stays code."""
    async with house(valkey) as home:
        text = (
            "\n\n".join(f"Paragraph {n}. " + "Some words here. " * 30 for n in range(20))
            + "\n\n```py\n"
            + "x = 1\n" * 900
            + "```"
        )
        home.extra.append(sends(Reply((Text(text),), rows=((Button("Ok", Action.CONFIRM),),))))
        await home.say("long")
        await until_true(lambda: home.ours() and labels(home.ours()[-1]))
        messages = home.ours()
        assert len(messages) > 3 and not any(labels(m) for m in messages[:-1])
        assert messages[-1]["entities"][-1]["type"] == "pre"


async def test_pictures_albums_voices_and_files(valkey):
    """One picture carries the words, several are an album, speech is a voice message, the rest are files."""
    async with house(valkey) as home:
        one, two = await stored(home, b"p1"), await stored(home, b"p2")
        voice = await stored(home, b"OggS", "audio/ogg")
        odd = await stored(home, b"<svg/>", "image/svg+xml", "a.svg")
        replies = [
            Reply((Text("A **boat**"), Picture(one, "a boat")), label=Label.GENERATED),
            Reply((Text("Two"), Picture(one, "a"), Picture(two, "b"))),
            Reply((Sound(voice, 3.4),)),
            Reply((Document(odd),)),
            Reply((Picture(odd, "drawn"),)),
        ]
        home.extra.append(sends(lambda e: replies[int(e.content.text)]))
        for n in range(len(replies)):
            await home.say(str(n))
        await until_true(lambda: len(home.api.of("sendDocument")) == 2)
        photo = home.api.of("sendPhoto")[0]
        assert photo["photo"] == b"p1" and photo["caption"].startswith("A boat\n\nDrawn by a program.")
        assert [m["type"] for m in home.api.of("sendMediaGroup")[0]["media"]] == ["photo", "photo"]
        assert home.api.of("sendVoice")[0]["duration"] == 3
        assert home.api.of("sendDocument")[1]["document"] == b"<svg/>"


async def test_pings_are_broken_but_for_who_is_greeted_and_the_helpers(valkey):
    """A greeted member is named so that their device tells them; @names in texts call nobody."""
    async with house(valkey, helpers=("601", "@guide")) as home:
        ann = Person("telegram:777", "Ann")
        home.extra.append(
            sends(Reply((Text("Welcome, Ann! Ask @everyone."),), greets=ann, calls_helpers=True))
        )
        await home.say("hi")
        message = await home.answer("Welcome")
        assert "@everyone" not in message["text"] and "@guide" in message["text"]
        named = [(e["user"]["id"]) for e in message["entities"] if e["type"] == "text_mention"]
        assert named == [601, 777]


async def test_links_of_an_answer_are_those_of_its_sources(valkey):
    """A link that no source has is taken out of an answer; a handler's own link stays."""
    async with house(valkey) as home:
        home.extra.append(
            sends(
                lambda e: Reply(
                    (Text("See [this](https://evil.example/x)"),),
                    answer="ab" * 12 if e.content.text == "a" else None,
                )
            )
        )
        await home.say("a")
        first = await home.answer("See this")
        await home.say("b")
        second = await home.answer("See this", count=2)
        assert not [e for e in first.get("entities", []) if e["type"] == "text_link"]
        assert [e["url"] for e in second["entities"]] == ["https://evil.example/x"]


# --- sends that fail ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [500, 502])
async def test_a_server_error_is_tried_again(valkey, status):
    """The answer comes once Telegram is well again."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.refuse["sendMessage"].extend([(status, {"description": "Internal"})] * 2)
        await home.say("hi")
        await home.answer("Echo: hi")
        assert len(home.ours()) == 1


async def test_who_blocked_us_is_left_in_peace(valkey):
    """A 403 is logged and not tried again; the next event is handled as ever."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.refuse["sendMessage"].append(
            (403, {"description": "Forbidden: bot was blocked by the user"})
        )
        await home.say("hi")
        await until_true(lambda: len(home.api.of("sendMessage")) == 1)
        await home.say("again", user=BOB)
        await home.answer("Echo: again", chat=BOB)
        assert len(home.api.of("sendMessage")) == 2
        assert (await home.outbox.counts()).failed == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (400, "Bad Request: chat not found"),
    ],
)
async def test_a_group_that_does_not_take_an_answer_costs_nobody_their_answer(valkey, status, says):
    """Without the right to write there the asker reads it in the private chat."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.refuse["sendMessage"].append((status, {"description": says}))
        await home.say("@yinlu_bot hi", chat=GROUP)
        await home.answer("Echo: hi", chat=ALICE)
        assert home.ours(GROUP) == []


async def test_entities_that_are_refused_go_without(valkey):
    """The words arrive even where Telegram finds fault with their marks."""
    async with house(valkey) as home:
        home.extra.append(sends(say("**bold** words")))
        home.api.refuse["sendMessage"].append((400, {"description": "Bad Request: can't parse entities: x"}))
        await home.say("hi")
        message = await home.answer("bold words")
        assert message["entities"] == []


async def test_a_picture_that_is_no_photo_goes_as_a_file(valkey):
    """Where Telegram does not take a picture's shape it is sent as a document."""
    async with house(valkey) as home:
        home.extra.append(sends(Reply((Text("Long"), Picture(await stored(home), "a strip")))))
        home.api.refuse["sendPhoto"].append((400, {"description": "Bad Request: PHOTO_INVALID_DIMENSIONS"}))
        await home.say("hi")
        await home.answer("Long")
        assert home.api.of("sendDocument")[0]["document"] == b"data"


async def test_a_429_is_sat_out(valkey):
    """The send goes when it was asked to, not before."""
    async with house(valkey) as home:
        home.extra.append(echo)
        home.api.refuse["sendMessage"].append((429, {"description": "Too Many Requests", "retry_after": 1}))
        await home.say("hi")
        await home.answer("Echo: hi")
        assert home.api.early == 0


async def test_an_edit_that_changes_nothing_is_no_error(valkey):
    """Editing a message into itself, or one that is gone, is quietly done with."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("hi")
        message = await home.answer("Echo: hi")
        face, origin = home.telegram.face, home.seen[0].origin
        await face.edit(origin, str(message["message_id"]), say("New words"))
        await face.edit(origin, str(message["message_id"]), say("New words"))
        assert message["text"] == "New words"
        await face.edit(origin, "99999", say("x"))


@pytest.mark.parametrize(("repeats", "shown"), [(True, 1), (False, 0)])
async def test_a_send_cut_off_by_a_crash_is_counted(valkey, repeats, shown, caplog):
    """Its mark is found: it is made again, or given up where the options say so; the log has a line."""
    async with house(valkey, repeat_uncertain=repeats) as home:
        home.extra.append(echo)
        message = home.message("hi")
        await home.notes.put(f"telegram:mark:telegram:message:{ALICE}:{message['message_id']}#0:0", "?", 60)
        await home.update(message=message)
        await until_true(lambda: any("may have arrived" in record.message for record in caplog.records))
        await home.say("next")
        await home.answer("Echo: next")
        assert sum("Echo: hi" in m["text"] for m in home.ours()) == shown


async def test_a_status_becomes_a_picture_and_its_buttons_change_alone(valkey):
    """Words may be replaced by a picture; a reply without parts changes nothing but the buttons."""
    async with house(valkey) as home:
        home.extra.append(echo)
        await home.say("hi")
        message = await home.answer("Echo: hi")
        face, origin, number = home.telegram.face, home.seen[0].origin, str(message["message_id"])
        picture = Picture(await stored(home, b"p1"), "a boat")
        await face.edit(origin, number, Reply((Text("**Half** done"), picture)))
        media = home.api.of("editMessageMedia")[0]["media"]
        assert media["caption"] == "Half done" and media["caption_entities"][0]["type"] == "bold"
        await face.edit(origin, number, Reply((), rows=((Button("U1", Action.UPSCALE, token="tok"),),)))
        assert labels(message) == [["U1"]] and message["caption"] == "Half done"


async def test_a_reply_knows_what_it_is_about(valkey):
    """A member's reply to a message of ours carries what that message was about."""
    async with house(valkey) as home:
        home.extra.append(sends(Reply((Text("A question waits"),), about="ef" * 12)))
        await home.say("hi")
        message = await home.answer("A question waits")
        await home.say("my answer", reply_to_message={**message, "from": BOT})
        await until_true(lambda: len(home.seen) == 2)
        assert home.seen[1].reply_to.about == "ef" * 12 and isinstance(home.seen[1].content, Said)
