"""Recordings that lie about their length, in the containers of browsers and phones, short and long."""

from __future__ import annotations

import re
import time

import pytest
from yinlu_testing.audio import endless_mp3, tone, written_by_libav

from bot_core.errors import BadInput
from bot_media.audio import AudioReader
from bot_media.audio.decode import Bounds
from bot_media.recordings import LongReader

MINUTE = Bounds(seconds=60.0)


def webm(seconds):
    """Return a browser's webm as a microphone's recorder writes it: without a length."""
    made = written_by_libav(tone(seconds, rate=16_000), "webm", "libopus", 48_000)
    return re.sub(rb"\x44\x89\x88.{8}", b"\xec\x89" + bytes(9), made, count=1, flags=re.DOTALL)


async def test_webm_without_a_length_is_bounded_by_what_it_holds():
    """Ninety seconds are refused at a bound of sixty, fifty are read."""
    with pytest.raises(BadInput) as refused:
        await AudioReader(MINUTE).read(webm(90.0), "audio/webm")
    assert "60 seconds" in refused.value.words.en
    assert (await AudioReader(MINUTE).read(webm(50.0), "audio/webm")).seconds == pytest.approx(50.0, abs=0.2)


@pytest.mark.parametrize("cut", [0.3, 0.9])
async def test_a_cut_upload_ends_in_time(cut):
    """What is there is heard, or refused in words; nothing waits for the rest."""
    whole, began = webm(20.0), time.monotonic()
    try:
        pcm = await AudioReader(MINUTE).read(whole[: int(len(whole) * cut)], "audio/webm")
        assert pcm.seconds < 20.0
    except BadInput:
        pass
    assert time.monotonic() - began < 10.0


async def test_hours_are_refused_without_being_decoded_whole(tmp_path):
    """Eight hours of MP3 in a small file: refused at the bound of a long recording, little is written."""
    audio = endless_mp3(8.0)
    bounds = Bounds(seconds=600.0, size=len(audio) + 1, wall=60.0, cpu=60)
    with pytest.raises(BadInput):
        await LongReader(bounds).read(audio, "audio/mpeg", tmp_path / "x.pcm")
    assert (tmp_path / "x.pcm").stat().st_size <= 601 * 32_000
