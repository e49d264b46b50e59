"""Recordings that harm: refused within two seconds, in a process that stays small."""

import contextlib
import os
import pickle
import random
import subprocess
import sys
import time

import pytest
from yinlu_testing.audio import ENCODERS, endless_flac, endless_mp3, lying_wav, tone

from bot_core.errors import BadInput
from bot_media.audio import AudioReader, Bounds

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
PLAYLIST = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\n"
BOMBS = {
    "empty": (lambda: b"", "audio/ogg"),
    "a picture": (lambda: PNG, "audio/ogg"),
    "a zip": (lambda: b"PK\x03\x04" + bytes(300), "audio/mpeg"),
    "a playlist that names a local file": (lambda: PLAYLIST, "audio/mpegurl"),
    "a list of local files": (lambda: CONCAT, "audio/mpeg"),
    "words": (lambda: b"this is no audio" * 100, "audio/wav"),
    "OGG in name only": (lambda: b"OggS" + random.Random(1).randbytes(5000), "audio/ogg"),
    "webm in name only": (lambda: b"\x1a\x45\xdf\xa3" + random.Random(2).randbytes(5000), "audio/webm"),
    "three hours of FLAC": (lambda: endless_flac(3), "audio/flac"),
    "an hour of MP3": (lambda: endless_mp3(1), "audio/mpeg"),
    "a WAV that lies": (lambda: lying_wav(4_000_000_000), "audio/wav"),
    "an MP4 cut in its middle": (lambda: ENCODERS["m4a"](tone(20)).data[:40_000], "audio/mp4"),
    "an OGG cut in its header": (lambda: ENCODERS["ogg"](tone(2)).data[:60], "audio/ogg"),
    "a WAV without samples": (lambda: ENCODERS["wav"](tone(1)).data[:44], "audio/wav"),
    "an MP4 whose boxes nest": (lambda: b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\0\xff\xff\xffmoov" * 5000, "audio/mp4"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BOMBS))
async def test_what_harms_is_refused_at_once(name):
    """BadInput with words in both languages, within 2 s."""
    make, media_type = BOMBS[name]
    audio, began = make(), time.monotonic()
    with pytest.raises(BadInput) as refused:
        await AudioReader().read(audio, media_type)
    assert time.monotonic() - began < 2.0
    assert refused.value.words.zh
    assert refused.value.words.en


ALL = """
import asyncio, contextlib, pickle, resource, sys
from bot_core.errors import BadInput
from bot_media.audio import AudioReader

async def main():
    for audio, media_type in pickle.load(sys.stdin.buffer):
        with contextlib.suppress(BadInput):
            await AudioReader().read(audio, media_type)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)

asyncio.run(main())
"""


def test_no_decoder_grows_large():
    """Over all of them no decoding process ever took 256 MB; asked of a process that had no other children."""
    bombs = pickle.dumps([(make(), media_type) for make, media_type in BOMBS.values()])
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths}
    run = subprocess.run([sys.executable, "-c", ALL], input=bombs, env=environment, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()
    assert int(run.stdout) < 256_000  # kB


async def test_a_decoder_that_hangs_is_ended():
    """Past its time the process is killed, and the next recording is read."""
    file = ENCODERS["mp3"](tone(1))
    began = time.monotonic()
    with pytest.raises(BadInput):
        await AudioReader(Bounds(wall=0.001)).read(file.data, file.media_type)
    assert time.monotonic() - began < 1.0
    assert (await AudioReader().read(file.data, file.media_type)).seconds > 0.9


async def test_processor_time_is_bounded():
    """A decoder that would compute for long is ended by its own limit."""
    with pytest.raises(BadInput):
        await AudioReader(Bounds(seconds=1e6, cpu=0)).read(endless_flac(3), "audio/flac")


@pytest.mark.parametrize("name", sorted(ENCODERS))
async def test_damaged_files_end_in_samples_or_a_refusal(name):
    """Flipped and missing bytes never raise anything else, nor take long."""
    whole, dice = ENCODERS[name](tone(2.0)).data, random.Random(name)
    reader = AudioReader(at_once=2)
    for _ in range(8):
        hurt = bytearray(whole)
        for _ in range(dice.randint(1, 40)):
            hurt[dice.randrange(len(hurt))] = dice.randrange(256)
        hurt = hurt[: dice.randint(len(hurt) // 4, len(hurt))]
        began = time.monotonic()
        with contextlib.suppress(BadInput):
            assert (await reader.read(bytes(hurt), "audio/ogg")).seconds <= 600
        assert time.monotonic() - began < 2.0
