"""Records of what was generated, recordings measured, and messages to members who allowed them."""

import json
import math
from datetime import UTC, date, datetime

import av
import numpy as np
import pytest
from yinlu_testing.douyin_house import DouyinHouse, adts

from bot_adapters.douyin.audio import measured
from bot_adapters.douyin.records import Records
from bot_core.clock import ManualClock
from bot_core.errors import BadInput
from bot_core.files import FileRef
from bot_core.identity import Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import Label, Picture, Reply, Sound, Text, say

ORIGIN = Origin("douyin", "tt1", "channel")


def outgoing(reply, event="e1"):
    """Return a send to one member."""
    return Outgoing(event, 0, ORIGIN, "harbour", "douyin:alice", reply)


def made(text="A fox.", job="a" * 24):
    """Return a reply with a generated picture and sound."""
    picture = Picture(FileRef("b" * 64, "image/png", 3), "a fox")
    sound = Sound(FileRef("c" * 64, "audio/ogg", 3), 1.0)
    return Reply((Text(text), picture, sound), label=Label.GENERATED, made=job)


async def test_what_was_generated_is_recorded_without_its_words(tmp_path):
    """One line for the text, each picture and each sound: number, person, hash, label; nothing for our own sentences."""
    records = Records(tmp_path / "r", ManualClock())
    await records.after(outgoing(made("the secret words")), True)
    await records.after(outgoing(say("Hello.")), True)
    found = list(records.since(date(2026, 1, 1)))
    assert [record.kind for record in found] == ["text", "picture", "sound"]
    assert {record.number for record in found} == {"a" * 24} and {r.label for r in found} == {"visible"}
    (file,) = (tmp_path / "r").iterdir()
    assert "secret words" not in file.read_text() and file.stat().st_mode & 0o77 == 0


async def test_a_repeated_delivery_and_a_line_cut_by_a_crash_do_no_harm(tmp_path):
    """The export tells each thing once and leaves out what is no line."""
    records = Records(tmp_path, ManualClock())
    for _ in range(2):
        await records.after(outgoing(made()), True)
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text() + '{"time": "2026-01-01T0')
    assert len(list(records.since(date(2025, 1, 1)))) == 3


async def test_six_months_are_kept_and_what_is_older_goes(tmp_path):
    """After 186 days a day's file is there, after 187 it is gone; `since` reads from a day on."""
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    records = Records(tmp_path, clock)
    await records.after(outgoing(made()), True)
    clock.advance(186 * 86_400)
    assert records.tidy() == 0
    await records.after(outgoing(made(job="d" * 24)), True)
    assert len(list(records.since(date(2026, 1, 1)))) == 6
    assert len(list(records.since(date(2026, 1, 2)))) == 3
    clock.advance(86_400)
    assert records.tidy() == 1 and len(list(tmp_path.iterdir())) == 1


# --- recordings --------------------------------------------------------------------------------------------
def recorded(file, codec, seconds, rate):
    """Return a hum, mono, as an encoder writes it."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        left = int(seconds * rate)
        while left > 0:
            count = min(1024, left)
            hum = (8000 * np.sin(np.arange(count) / 9)).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(hum, format="s16", layout="mono")
            frame.rate, left = rate, left - count
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.read_bytes()


@pytest.mark.parametrize(
    ("codec", "ending", "kind"),
    [
        ("aac", "aac", "audio/aac"),
        ("aac", "m4a", "audio/mp4"),
        ("libmp3lame", "mp3", "audio/mpeg"),
        ("pcm_s16le", "wav", "audio/wav"),
    ],
)
@pytest.mark.parametrize(("seconds", "rate"), [(1.5, 16_000), (3.0, 44_100), (61.0, 16_000)])
def test_real_recordings_are_measured(tmp_path, codec, ending, kind, seconds, rate):
    """As an encoder writes them, to within an encoder's padding; all but the last frame is a cut upload."""
    data = recorded(tmp_path / f"r.{ending}", codec, seconds, rate)
    found, length = measured(data)
    assert found == kind and length is not None and abs(length - seconds) < 0.2
    if ending != "m4a":  # its header stands at the end: see below
        with pytest.raises(BadInput):
            measured(data[: len(data) * 2 // 3 + 1])
    else:
        with pytest.raises(BadInput):
            measured(data[: len(data) // 2])


def test_what_is_no_recording_is_refused():
    """Other bytes, nothing, and heads without a body."""
    for data in (
        b"",
        b"\xff",
        b"hello",
        b"\x89PNG\r\n",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"\xff\xfb",
        b"ID3",
        adts(1)[:3],
    ):
        with pytest.raises(BadInput):
            measured(data)


def test_every_cut_of_a_recording_is_noticed_or_shorter():
    """A cut between two frames is shorter, any other is refused."""
    data = adts(0.5)
    for end in range(2, len(data)):
        if end % 64:
            with pytest.raises(BadInput):
                measured(data[:end])
        else:
            assert math.isclose(measured(data[:end])[1], end // 64 * 1024 / 16_000)


# --- subscription messages ---------------------------------------------------------------------------------
TEMPLATES = {"pictures_template": "tpl-p", "answers_template": "tpl-a"}


async def _allows(house, token, *subjects):
    headers = {"Authorization": f"Bearer {token}"}
    async with house.http.post(
        f"{house.url}/douyin/api/subscriptions", json={"accepted": list(subjects)}, headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def test_who_allowed_it_and_is_away_is_told_once():
    """One consent, one message; the same delivery again, another one, and a member who looks on bring none."""
    async with DouyinHouse(**TEMPLATES).up() as house:
        _, told = await house.login(house.platform.code("alice"))
        person = (await house.logins.member(told["token"])).person.id
        assert (await _allows(house, told["token"], "pictures"))[1] == {
            "templates": {"pictures": "tpl-p", "answers": "tpl-a"}
        }
        ready = Outgoing("e9", 0, ORIGIN, "harbour", person, made())
        await house.subscriptions.after(ready, True)
        assert not house.platform.sent
        await house.subscriptions.after(ready, False)
        await house.subscriptions.after(ready, False)
        await house.subscriptions.after(Outgoing("e10", 0, ORIGIN, "harbour", person, made()), False)
        assert house.platform.sent == [
            {
                "msg_id": "tpl-p",
                "open_id": "alice",
                "data": {"thing1": "您的图片画好了"},
                "page": "pages/chat/chat",
            }
        ]
        assert not house.platform.problems


async def test_without_consent_or_template_nobody_is_told():
    """No consent, no message; no template, no consent; a stranger can't give one."""
    async with DouyinHouse(pictures_template="tpl-p").up() as house:
        _, told = await house.login(house.platform.code("alice"))
        person = (await house.logins.member(told["token"])).person.id
        assert (await _allows(house, told["token"], "answers"))[0] == 400
        assert (await _allows(house, "d_nobody", "pictures"))[0] == 401
        await house.subscriptions.after(Outgoing("e9", 0, ORIGIN, "harbour", person, made()), False)
        assert not house.platform.sent


async def test_the_platform_down_loses_the_message_and_nothing_else():
    """The delivery stands though the member could not be told."""
    async with DouyinHouse(**TEMPLATES).up() as house:
        _, told = await house.login(house.platform.code("alice"))
        person = (await house.logins.member(told["token"])).person.id
        await _allows(house, told["token"], "pictures")
        house.platform.mood["/api/notification/v2/subscription/notify_user/"] = "down"
        await house.subscriptions.after(Outgoing("e9", 0, ORIGIN, "harbour", person, made()), False)
        assert not house.platform.sent and json.dumps(told)
