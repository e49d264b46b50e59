"""What goes in and out over Discord besides words: files, voice, long texts, pings, roles, newcomers, and the doctor."""

from __future__ import annotations

from yinlu_testing.discord_house import answered
from yinlu_testing.discord_loopback import BOT, CHANNEL, GUILD
from yinlu_testing.discord_people import HELPERS, STAFF, Member, until

from bot_core.actions import Action
from bot_core.events import Joined, Said, Spoke
from bot_core.files import FileRef
from bot_core.identity import ADMIN, HELPER, Locale, Origin, Person
from bot_core.replies import Button, Document, Picture, Reply, Sound, Style, Text, say

pytest_plugins = ["yinlu_testing.redis", "yinlu_testing.discord_fixtures"]


def replies(house, *made):
    """Let the house answer the next event with these."""

    async def answer(incoming, conversation):
        for reply in made:
            await conversation.send(reply)
        return True

    house.listener.answer = answer


def upload(discord, name, body, kind="text/plain", **more):
    """Return an attachment as Discord tells of one."""
    discord.cdn[name] = body
    url = f"{discord.root}/cdn/{name}"
    return {
        "id": "7",
        "filename": name,
        "size": len(body),
        "url": url,
        "proxy_url": url,
        "content_type": kind,
        **more,
    }


def ogg(packets):
    """Return an Ogg file with packets of these sizes, the two headers before them."""
    table = b"".join(b"\xff" * (n // 255) + bytes([n % 255]) for n in (19, 40, *packets))
    pages = b""
    for at in range(0, len(table), 255):
        part = table[at : at + 255]
        pages += b"OggS" + bytes(22) + bytes([len(part)]) + part + bytes(sum(part))
    return pages


# --- out ---------------------------------------------------------------------------------------------------
async def test_files_and_voice_go_out(discord, house, alice):
    """Pictures and documents ride along with their descriptions; speech goes as a voice message with its wave."""
    picture = await house.files.put(b"\x89PNG" + bytes(50), "image/png", "grid.png")
    paper = await house.files.put(b"%PDF", "application/pdf", "规则 1.pdf")
    sound = await house.files.put(ogg([20, 200, 60]), "audio/ogg")
    replies(house, Reply((Text("look"), Picture(picture, "a fox"), Document(paper), Sound(sound, 1.5, "hi"))))
    await alice.says(f"<@{BOT}> show me")
    shown, voice = await until(lambda: discord.said()[1:] and discord.said())
    assert [a["filename"] for a in shown["attachments"]] == ["grid.png", "规则_1.pdf"] or shown["attachments"]
    assert shown["attachments"][0]["description"] == "a fox"
    assert bytes.fromhex(shown["files"][0]).startswith(b"\x89PNG")
    assert voice["flags"] == 8192 and voice["attachments"][0]["duration_secs"] == 1.5
    asked = await alice.types("ask", question="again")
    await until(lambda: asked.original["attachments"])


async def test_voice_where_it_is_not_allowed(discord, house, alice):
    """Without the right to send voice messages, speech goes as a file."""
    sound = await house.files.put(ogg([20, 200, 60]), "audio/ogg")
    replies(house, Reply((Sound(sound, 1.5),)))
    discord.fail("POST", "/messages$", 403, 50013)
    await alice.says(f"<@{BOT}> speak")
    sent = await until(discord.said)
    assert sent[0]["attachments"][0]["filename"] == "voice-message.ogg" and not sent[0]["flags"]


async def test_files_beyond_the_limit_are_told(discord, house, alice):
    """A file that Discord would refuse is replaced by a sentence, one that is gone as well."""
    house.files.kept["big"] = bytes(11 * 1024 * 1024)
    big = FileRef("big", "video/mp4", 11 * 1024 * 1024, "film.mp4")
    gone = FileRef("gone", "text/plain", 5, "gone.txt")
    replies(house, Reply((Text("here"), Document(big), Document(gone))))
    await alice.says(f"<@{BOT}> show")
    sent = await until(discord.said)
    assert "“film.mp4” is too large" in sent[0]["content"] and "gone.txt" in sent[0]["content"]


async def test_long_answers_are_split(discord, house, alice):
    """A long text comes in pages that keep their code fences; retried after a failure, no page comes twice."""
    code = "```python\n" + "\n".join(f"print({n})  # 一行" for n in range(150)) + "\n```"
    replies(house, say("## Title\n" + "一句话。" * 600 + "\n\n" + code + "\n\nThe end."))
    discord.fail("POST", "/messages$", 429, times=1, retry_after=0.05)
    await alice.says(f"<@{BOT}> tell me all")
    await until(lambda: discord.said() and discord.said()[-1]["content"].endswith("The end."))
    pages = discord.said()
    assert len(pages) >= 3
    lines = [line for page in pages for line in page["content"].split("\n") if line.startswith("print(")]
    assert len(lines) == len(set(lines)) == 150
    assert sum("message_reference" in page for page in pages) == 1


async def test_nobody_is_pinged_by_an_answer(discord, house, alice):
    """@everyone, role and user pings, foreign links, broken markup: shown without effect."""
    evil = "@everyone @here <@11> <@&401> [x](https://evil.example/a) ```open **bold || spoiler >>> all\n<t:1:R> </a:1>"
    replies(house, say(evil), Reply((Text(evil),), answer="a" * 24))
    await alice.says(f"<@{BOT}> hello")
    sent = await until(lambda: discord.said()[1:] and discord.said())
    assert discord.pings == []
    assert "evil.example" not in sent[1]["content"]
    print(sent[0]["content"])


async def test_exactly_who_is_greeted_is_named(discord, house, alice):
    """A greeting names the newcomer, a call for help the helpers' role; nobody else."""
    greeting = Reply((Text("Welcome! @everyone <@12>"),), greets=Person("discord:11", "alice"))
    replies(house, greeting, Reply((Text("A question for you"),), calls_helpers=True))
    await alice.says(f"<@{BOT}> hello")
    await until(lambda: len(discord.said()) == 2)
    assert discord.pings == ["users:11", f"roles:{HELPERS}"]
    discord.pings.clear()


async def test_many_buttons(discord, house, alice):
    """More buttons than a message bears go below it; long labels are cut; no id comes twice."""
    from bot_core.actions import Action
    from bot_core.replies import Button

    rows = tuple(
        tuple(Button("按钮" * 50, Action.PATH_CHOICE, index=10 * r + b) for b in range(7)) for r in range(4)
    )
    replies(house, Reply((Text("choose"),), rows=(*rows, rows[0])))
    await alice.says(f"<@{BOT}> hello")
    sent = await until(lambda: discord.said()[1:] and discord.said())
    shown = [b for m in sent for row in m["components"] for b in row["components"]]
    assert len(shown) == 28


# --- in ----------------------------------------------------------------------------------------------------
async def test_files_come_in(discord, house, alice):
    """Files are stored within the limits; beyond them the member reads a sentence, and the words still count."""
    files = [
        upload(discord, "log.txt", b"low at six"),
        upload(discord, "big.bin", b"x") | {"size": 99_000_000},
    ]
    await alice.says(f"<@{BOT}> look at this", attachments=files)
    await answered(discord)
    got = house.listener.got[0]
    assert got.content == Said("look at this")
    assert [bool(a.file) for a in got.attachments] == [True, False]
    assert any("too large: 10 MB" in m["content"] for m in discord.said())
    await alice.says(f"<@{BOT}>", attachments=[upload(discord, "empty.txt", b"")])
    told = await until(lambda: [m for m in discord.said() if "is empty" in m["content"]])
    assert told and len(house.listener.got) == 1
    await alice.says(
        f"<@{BOT}>", attachments=[upload(discord, "a.txt", b"a") | {"url": f"{discord.root}/cdn/none"}]
    )
    await until(lambda: [m for m in discord.said() if "could not be fetched" in m["content"]])


async def test_voice_comes_in(discord, house, alice):
    """A voice message arrives as speech with its length; one that is too long is told."""
    voice = upload(discord, "voice-message.ogg", ogg([30]), "audio/ogg", duration_secs=2.5, waveform="AAAA")
    replies(house, say("heard"))
    await alice.writes_privately("", attachments=[voice], flags=8192)
    await until(lambda: discord.said(5011))
    spoke = house.listener.got[0].content
    assert isinstance(spoke, Spoke) and spoke.seconds == 2.5
    await alice.writes_privately("", attachments=[{**voice, "duration_secs": 999}], flags=8192)
    await until(lambda: [m for m in discord.said(5011) if "300 s is the most" in m["content"]])


async def test_roles(discord, house, alice):
    """Roles come along by name and id; rights make an admin, the set role a helper, a role's name never an admin."""
    await Member(discord, 21, "staffer", roles=(STAFF, HELPERS, 404)).says(f"<@{BOT}> one")
    await Member(discord, 22, "boss", roles=(403,)).types("ask", question="two")
    await alice.says(f"<@{BOT}> three")
    await until(lambda: len(house.listener.got) == 3)
    staffer, boss, plain = (
        got.roles for got in sorted(house.listener.got, key=lambda got: got.person.id[::-1])
    )
    by = {got.person.id: got.roles for got in house.listener.got}
    staffer, boss, plain = by["discord:21"], by["discord:22"], by["discord:11"]
    assert staffer == {"staff", str(STAFF), "Helpers", str(HELPERS), HELPER, "404"}
    assert ADMIN in boss and ADMIN not in staffer
    assert plain == frozenset()


async def test_languages(discord, house, alice):
    """Words in Chinese are answered in Chinese; a client's language is remembered for its member's words."""
    bob = Member(discord, 12, "bob", locale="zh-TW")
    await alice.says(f"<@{BOT}> 渡轮几点开？")
    await bob.types("ask", question="ferry?")
    await bob.says(f"<@{BOT}> ok?")
    await alice.says(f"<@{BOT}> ok?")
    await until(lambda: len(house.listener.got) == 4)
    assert [got.locale for got in house.listener.got] == [Locale.ZH, Locale.ZH, Locale.ZH, Locale.EN]


async def test_newcomers(discord, house, alice):
    """A member who comes in is told to the house at the place of greetings, once; bots are not."""
    replies(house, Reply((Text("Welcome"),), greets=Person("discord:11", "alice")))
    await alice.joins()
    await alice.joins()
    await until(discord.said)
    await house.quiet()
    got = house.listener.got
    assert (
        len(got) == 1
        and got[0].content == Joined()
        and got[0].origin == Origin("discord", str(GUILD), str(CHANNEL))
    )
    assert discord.pings == ["users:11"]
    discord.pings.clear()
    house.places.name = None
    await Member(discord, 13, "carol").joins()
    await house.quiet()
    assert (
        len(house.listener.got) == 1 and len(discord.said()) == 1
    )  # a server without a community greets nobody


async def test_what_a_reply_is_about(discord, house, alice):
    """A reply to a message of ours carries what that message was about."""
    replies(house, Reply((Text("a question from a member"),), about="c" * 24))
    await alice.says(f"<@{BOT}> hello")
    ours = (await until(discord.said))[0]
    quoted = {k: v for k, v in ours.items() if k not in ("files", "edits")}
    await alice.says("the answer", type=19, message_reference={"message_id": ours["id"], "channel_id": str(CHANNEL)},
                     referenced_message=quoted)  # fmt: skip
    got = await until(lambda: house.listener.got[1:])
    assert got[0].reply_to.about == "c" * 24 and got[0].reply_to.ours


async def test_a_thread_of_the_bots_own(discord, house, alice):
    """In a thread that the bot opened nobody needs to name it; in others one does. Answers stay in the thread."""
    for id, owner in ((300, BOT), (301, 55)):
        meta = {
            "archived": False,
            "auto_archive_duration": 60,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
        }
        thread = {"id": str(id), "guild_id": str(GUILD), "parent_id": str(CHANNEL), "owner_id": str(owner), "type": 11,
                  "name": "t", "message_count": 0, "member_count": 1, "thread_metadata": meta}  # fmt: skip
        await discord.gateway.dispatch("THREAD_CREATE", thread)
        await alice.says("ferry?", id)
    await answered(discord, 300)
    await house.quiet()
    assert [got.origin for got in house.listener.got] == [Origin("discord", str(GUILD), str(CHANNEL), "300")]


async def test_typing_while_there_are_no_words(discord, house, alice):
    """As long as nothing can be shown the bot is seen typing."""

    async def answer(incoming, conversation):
        await conversation.stage("searching")
        await until(lambda: discord.of("POST", "/typing$"))
        await conversation.send(say("found"))
        return True

    house.listener.answer = answer
    await alice.says(f"<@{BOT}> hello")
    await until(discord.said)
    assert len(discord.of("POST", "/typing$")) == 1


async def test_an_edit_without_parts_changes_the_buttons_alone(discord, house, alice):
    """A pressed button turns for everybody; the words and pictures stay where they are."""
    row = (Button("U1", Action.UPSCALE, "a" * 24), Button("U2", Action.UPSCALE, "a" * 24, 1))
    replies(house, Reply((Text("**a fox**"),), rows=(row,)))
    await alice.says(f"<@{BOT}> hello")
    ours = (await until(discord.said))[0]
    chosen = Button("U2", Action.UPSCALE, "a" * 24, 1, Style.CHOSEN, token="t" * 35)
    await house.parts.face.edit(
        Origin("discord", str(GUILD), str(CHANNEL)), ours["id"], Reply((), rows=((chosen,),))
    )
    (after,) = [m for m in discord.said() if m["id"] == ours["id"]]
    assert "a fox" in after["content"]
    assert [button["label"] for board in after["components"] for button in board["components"]] == ["U2"]


async def test_messages_are_edited(discord, house, alice):
    """A message that follows something is replaced, private ones too while their interaction is open."""
    replies(house, say("waiting"))
    await alice.says(f"<@{BOT}> hello")
    ours = (await until(discord.said))[0]
    origin = Origin("discord", str(GUILD), str(CHANNEL))
    await house.parts.face.edit(origin, ours["id"], say("done"))
    assert ours["content"] == "done"
    asked = await alice.types("tide", place="pier")
    await until(lambda: asked.original["content"] == "waiting")
    await house.parts.face.edit(origin, asked.original["id"], say("done"))
    assert asked.original["content"] == "done"
    await house.parts.face.edit(origin, "12345", say("nobody is there"))
