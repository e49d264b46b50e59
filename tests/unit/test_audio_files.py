"""Recordings read from and written to every container we name."""

import base64
import io
import json

import av
import numpy as np
import pytest
from yinlu_testing.audio import ENCODERS, loudest_hertz, tone, written_by_libav

from bot_core.errors import BadInput, MissingExtra
from bot_media.audio import AudioReader, Bounds, Pcm, aigc_tag, rhythm, sniff, to_wav, waveform


@pytest.mark.parametrize("name", sorted(ENCODERS))
async def test_what_is_written_is_read_again(name):
    """Each container keeps the tone and its length, and names its type."""
    file = ENCODERS[name](tone(1.5))
    pcm = await AudioReader().read(file.data, file.media_type)
    assert pcm.rate == 16_000
    assert pcm.seconds == pytest.approx(1.5, abs=0.06)
    assert file.seconds == pytest.approx(1.5)
    assert loudest_hertz(pcm) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("webm", "libopus", 48_000),
        ("flac", "flac", 44_100),
        ("adts", "aac", 44_100),
        ("matroska", "libopus", 48_000),
    ],
)
async def test_what_others_record_is_read(container, codec, rate):
    """A browser's webm, a phone's AAC without a container and FLAC are read, whatever type the sender names."""
    data = written_by_libav(tone(1.0), container, codec, rate)
    pcm = await AudioReader().read(data, "application/octet-stream")
    assert pcm.seconds == pytest.approx(1.0, abs=0.1)
    assert loudest_hertz(pcm) == pytest.approx(440, abs=3)


async def test_raw_samples_are_read_by_what_their_type_says():
    """audio/pcm carries rate and channels in its type; a rate beyond reason is refused."""
    raw = tone(1.0, rate=8000).samples
    pcm = await AudioReader().read(raw, "audio/pcm;rate=8000")
    assert pcm.seconds == pytest.approx(1.0, abs=0.01)
    assert loudest_hertz(pcm) == pytest.approx(440, abs=2)
    stereo = np.repeat(np.frombuffer(raw, "<i2"), 2).tobytes()
    both = await AudioReader().read(stereo, "audio/L16; rate=8000; channels=2")
    assert both.seconds == pytest.approx(1.0, abs=0.01)
    with pytest.raises(BadInput):
        sniff(raw, "audio/pcm;rate=900000")


async def test_the_bounds_of_a_recording_are_told_in_words():
    """Too long and too big each name the bound in both languages."""
    file = to_wav(tone(3.0))
    with pytest.raises(BadInput) as long:
        await AudioReader(Bounds(seconds=1.0)).read(file.data, file.media_type)
    assert "1 秒" in long.value.words.zh
    with pytest.raises(BadInput) as big:
        await AudioReader(Bounds(size=1000)).read(file.data, file.media_type)
    assert "MB" in big.value.words.en


@pytest.mark.parametrize("name", ["ogg", "mp3", "m4a"])
def test_a_file_carries_the_label(name):
    """The key AIGC holds the standard's JSON in the file's metadata; WAV carries none."""
    file = ENCODERS[name](tone(0.5), aigc_tag("Yinlu", "answer-1"))
    with av.open(io.BytesIO(file.data)) as box:
        tags = {**box.metadata, **box.streams.audio[0].metadata}
    label = json.loads(next(value for key, value in tags.items() if key.upper() == "AIGC"))
    assert label["Label"] == "1"
    assert (label["ContentProducer"], label["ProduceID"]) == ("Yinlu", "answer-1")
    assert set(label) >= {"ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"}


def test_the_audible_label_is_short_long_short_short():
    """Four tones, the second three times as long, a longer gap behind it."""
    loud = np.abs(rhythm(16_000).floats()) > 0.02
    smooth = np.convolve(loud, np.ones(80), "same") > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], smooth.astype(int), [0]])))
    lengths = [(end - start) / 16_000 for start, end in zip(edges[::2], edges[1::2], strict=True)]
    assert len(lengths) == 4
    assert lengths[1] > 2 * lengths[0]
    assert lengths[2] == pytest.approx(lengths[3], abs=0.01)
    gaps = [(start - end) / 16_000 for end, start in zip(edges[1::2], edges[2::2], strict=False)]
    assert gaps[1] > 2 * gaps[0]


def test_a_waveform_follows_the_loudness():
    """At most 256 points in 0..255; silence is flat, a louder half is higher."""
    loud, quiet = tone(2.0).floats(), tone(2.0).floats() * 0.2
    points = base64.b64decode(waveform(Pcm.from_floats(np.concatenate([quiet, loud]), 24_000)))
    assert len(points) == 40
    assert max(points) == 255
    assert np.mean(list(points[:18])) < 80 < np.mean(list(points[22:]))
    assert set(base64.b64decode(waveform(Pcm(bytes(48_000), 24_000)))) == {0}
    assert len(base64.b64decode(waveform(tone(60.0)))) == 256


def test_parts_are_joined_with_a_pause():
    """Pauses stand between parts only; nothing at all is an empty recording."""
    whole = Pcm.joined([tone(1.0), tone(0.5)], pause=0.25)
    assert whole.seconds == pytest.approx(1.75)
    assert Pcm.joined([]).seconds == 0


async def test_without_the_extra_its_name_is_told(tmp_path, monkeypatch):
    """Where the decoder's package is not installed, the refusal names the extra; kinds that are no audio are still told."""
    (tmp_path / "av.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(MissingExtra) as missing:
        await AudioReader().read(to_wav(tone(0.2)).data, "audio/wav")
    assert missing.value.extra == "voice"
    with pytest.raises(BadInput):
        await AudioReader().read(b"\x89PNG", "audio/wav")
