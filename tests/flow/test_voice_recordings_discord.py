"""Long recordings in the whole house on Discord: a real `yinlu run`, its worker, the real ears."""

import asyncio

import pytest
import yinlu_testing.discord_routes  # noqa: F401 - registers the routes
from yinlu_testing.discord_data import CHANNEL
from yinlu_testing.discord_house import check
from yinlu_testing.discord_loopback import Discord
from yinlu_testing.discord_people import Member, guild
from yinlu_testing.studio_house import StudioRun, come_true

from bot_media.audio import Pcm, to_opus
from bot_media.speech.kokoro import opened_kokoro

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SAID = (
    "Welcome to the monthly meeting of the harbour council.",
    "The repair of the pier will cost one hundred and eighty thousand euros.",
    "The work begins on the 5th of March and takes eleven weeks.",
    "Members can hand in their comments until the end of January.",
)


@pytest.fixture
async def discord():
    """The loopback; after the test nothing was refused for its form and nobody pinged."""
    async with Discord().serve() as served:
        served.gateway.first = [("GUILD_CREATE", guild())]
        yield served
    check(served)


@pytest.fixture
async def house(discord, tmp_path):
    """A house whose server is bound to the sample community."""
    run = StudioRun(
        tmp_path,
        YINLU_DISCORD_TOKEN="good",
        YINLU_DISCORD_API_URL=discord.url,
        YINLU_DISCORD_GATEWAY_URL=discord.gateway_url,
        YINLU_ADMINS="discord:11",
        YINLU_LOG_FORMAT="text",
    )
    await run.start()
    try:
        await come_true(lambda: _connected(discord) and discord.commands)
        await Member(discord, 11, "boss").types("bind", code=await run.code())
        await asyncio.sleep(6)  # an unbound place is remembered for five seconds
        yield run
    finally:
        await run.stop()


def _connected(discord):
    return any(session.socket is not None for session in discord.gateway.sessions.values())


async def meeting(folder, rounds):
    """Return a meeting as OGG/Opus: every sentence, with pauses, so many times."""
    parts = []
    async with opened_kokoro(folder) as speaks:
        for sentence in SAID:
            parts += [Pcm(c.samples, c.rate) async for c in speaks.speak(sentence, "af_heart")]
    return to_opus(Pcm.joined(parts * rounds, 0.8)).data


async def asks(discord, member, command, audio):
    """Use a command with a recording."""
    discord.cdn["meeting.ogg"] = audio
    url = f"{discord.root}/cdn/meeting.ogg"
    file = {"id": "7", "filename": "meeting.ogg", "size": len(audio), "url": url, "proxy_url": url}
    resolved = {"attachments": {"7": {**file, "content_type": "audio/ogg"}}}
    return await member.types(command, recording="7", resolved=resolved)


def saying(discord, *words):
    """Return our messages that hold all these words now."""
    return [m for m in discord.said(CHANNEL) if all(word in m["content"] for word in words)]


def texts(message):
    """Return the files of a message as texts."""
    return [bytes.fromhex(file).decode() for file in message["files"]]


async def test_a_recording_is_summed_up_and_goes_on_after_a_restart(discord, house, tmp_path):
    """Percent grow; the house is killed in the middle and goes on; points with times, the text and subtitles come once."""
    audio = await meeting(tmp_path, 8)
    alice = Member(discord, 21, "alice")
    await asks(discord, alice, "summarize", audio)
    await come_true(lambda: saying(discord, "meeting.ogg", "listening"), 120.0)
    kept = tmp_path / "data" / "recordings"
    await come_true(lambda: any('"at": 0' not in p.read_text() for p in kept.glob("*.json")), 120.0)
    await house.kill()
    discord.gateway.first = [("GUILD_CREATE", guild())]
    await house.start()
    await come_true(lambda: [m for m in saying(discord, "main points", "It lasts") if m["files"]], 300.0)
    (done,) = [m for m in saying(discord, "main points", "It lasts") if m["files"]]
    text, subtitles = texts(done)
    assert "pier will cost" in text
    assert text.startswith("[0:0") and subtitles.startswith("1\n00:00:0")
    assert len(text.splitlines()) >= 8 * 3
    assert "**0:" in done["content"] and "March" in done["content"]
    await come_true(lambda: saying(discord, "Done"))
    assert list(kept.iterdir()) == []


async def test_a_recording_is_stopped_by_who_asked(discord, house, tmp_path):
    """Somebody else's press is refused; the asker's ends it, and nothing comes."""
    audio = await meeting(tmp_path, 12)
    alice, bob = Member(discord, 21, "alice"), Member(discord, 22, "bob")
    await asks(discord, alice, "transcribe", audio)
    (followed,) = await come_true(lambda: saying(discord, "meeting.ogg"))
    await bob.presses(followed, "⏹ Stop")
    await come_true(lambda: saying(discord, "listening"), 120.0)
    assert not saying(discord, "meeting.ogg", "Stopped")
    await alice.presses(saying(discord, "meeting.ogg")[0], "⏹ Stop")
    await come_true(lambda: saying(discord, "meeting.ogg", "Stopped"))
    await come_true(lambda: list((tmp_path / "data" / "recordings").glob("*")) == [])
    assert not [m for m in discord.said(CHANNEL) if m["files"]]
