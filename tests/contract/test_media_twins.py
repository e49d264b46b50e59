"""What the media room's twins promise to the tests that use them."""

import struct
import zlib
from dataclasses import replace

import pytest

from bot_core.errors import BadInput
from bot_core.ports.media import Heard, ImageRequest
from bot_media import FlatImages, ScriptedTranscriber, ToneSynthesizer

FOX = ImageRequest("a fox", 64, 32, seed=7)


async def _go_on(index, progress):
    return True


async def test_a_flat_picture_is_a_png_of_its_size():
    """Signature, header, checksums and pixels are those of a real PNG."""
    (png,) = await FlatImages().make([FOX], _go_on)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (64, 32)
    assert struct.unpack(">I", png[29:33])[0] == zlib.crc32(png[12:29])
    length = struct.unpack(">I", png[33:37])[0]
    assert len(zlib.decompress(png[41 : 41 + length])) == 32 * (1 + 64 * 3)


async def test_a_flat_picture_follows_from_seed_and_prompt():
    """Equal requests are equal bytes, alone or in a batch; another seed is another colour."""
    other = replace(FOX, seed=8)
    alone = await FlatImages().make([FOX], _go_on)
    together = await FlatImages().make([other, FOX], _go_on)
    assert together[1] == alone[0] != together[0]


async def test_a_picture_that_should_stop_stops():
    """Progress rises to 1; the one that was told to stop comes empty, the other finishes."""
    told = []

    async def tell(index, progress):
        told.append((index, progress.fraction))
        return index != 0 or progress.fraction < 0.5

    stopped, whole = await FlatImages(steps=4).make([FOX, FOX], tell)
    assert stopped == b""
    assert whole
    assert [fraction for index, fraction in told if index == 1] == [0.25, 0.5, 0.75, 1.0]
    assert [fraction for index, fraction in told if index == 0] == [0.25, 0.5]


async def test_a_scripted_transcriber_hears_its_script():
    """Given bytes give the given words; self-saying bytes say themselves; others are silence; files are refused."""
    script = {b"\x01\x02": Heard("怎么加入", "zh", 1.5)}
    transcriber = ScriptedTranscriber(script)
    assert await transcriber.transcribe(b"\x01\x02", "audio/ogg") == Heard("怎么加入", "zh", 1.5)
    assert (await transcriber.transcribe("said: 你好".encode(), "audio/ogg")).language == "zh"
    assert not (await transcriber.transcribe(b"noise", "audio/ogg")).speech
    for audio, kind in ((b"", "audio/ogg"), (b"x", "image/png")):
        with pytest.raises(BadInput):
            await transcriber.transcribe(audio, kind)


async def test_a_tone_synthesizer_sounds_sentence_by_sentence():
    """One chunk per sentence, 16-bit samples as long as the words, mouth shapes within; unknown voices are refused."""
    synthesizer = ToneSynthesizer(rate=8000)
    chunks = [chunk async for chunk in synthesizer.speak("先读规则。Then say hello! ", "low")]
    assert [chunk.text for chunk in chunks] == ["先读规则。", "Then say hello!"]
    assert len(chunks[0].samples) == 2 * int(5 * 0.05 * 8000)
    assert all(0 <= at <= len(chunk.samples) / 2 / 8000 for chunk in chunks for _, at in chunk.visemes)
    high = [chunk async for chunk in synthesizer.speak("先读规则。", (await synthesizer.voices())[1].id)]
    assert high[0].samples != chunks[0].samples
    with pytest.raises(BadInput):
        [chunk async for chunk in synthesizer.speak("x", "nobody")]
