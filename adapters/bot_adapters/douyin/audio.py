"""How long a recording is, read from its frames: ADTS (ISO/IEC 13818-7), MPEG audio layer III, WAV, MP4's movie header."""

from __future__ import annotations

from bot_adapters.douyin.sentences import NO_FORM, NO_SOUND
from bot_core.errors import BadInput

ADTS_RATES = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
    7_350,
)
MP3_RATES = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}  # by version
MP3_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # kbit/s
MP3_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def measured(data: bytes) -> tuple[str, float | None]:
    """Return a recording's media type and its seconds, None where only decoding can tell.

    Raises BadInput for what is no recording, and for one whose last frame is cut off.
    """
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "audio/aac", _adts(data)
    if data[4:8] == b"ftyp":
        return "audio/mp4", _movie(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav", _wave(data)
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2):
        return "audio/mpeg", _mp3(data)
    raise BadInput("no recording", NO_SOUND)


def _cut(what: str) -> BadInput:
    return BadInput(f"{what} is cut off", NO_FORM)


def _adts(data: bytes) -> float:
    at, seconds = 0, 0.0
    while at + 7 <= len(data):
        if data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0:
            raise _cut("ADTS")
        which = data[at + 2] >> 2 & 15
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if which >= len(ADTS_RATES) or size < 7:
            raise _cut("ADTS")
        seconds += 1024 * ((data[at + 6] & 3) + 1) / ADTS_RATES[which]
        at += size
    if at != len(data):
        raise _cut("ADTS")
    return seconds


def _mp3(data: bytes) -> float:
    at, seconds = _after_tag(data), 0.0
    while at + 4 <= len(data) and data[at : at + 3] != b"TAG":
        frame = _mp3_frame(data[at : at + 4])
        if frame is None:
            break  # padding or a tag behind the sound
        seconds += frame[1]
        at += frame[0]
    if not seconds or at > len(data):
        raise _cut("MP3")
    return seconds


def _after_tag(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    return 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])


def _mp3_frame(head: bytes) -> tuple[int, float] | None:
    """Return a frame's bytes and seconds."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, bits = head[2] >> 2 & 3, head[2] >> 4
    if (
        head[0] != 0xFF
        or head[1] & 0xE0 != 0xE0
        or version == 1
        or layer != 1
        or rate == 3
        or bits in (0, 15)
    ):
        return None
    hertz = MP3_RATES[version][rate]
    kilobits = (MP3_1 if version == 3 else MP3_2)[bits]
    samples = 1152 if version == 3 else 576
    return samples * kilobits * 125 // hertz + (head[2] >> 1 & 1), samples / hertz


def _wave(data: bytes) -> float | None:
    at, per_second = 12, 0
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 20 <= len(data):
            per_second = int.from_bytes(data[at + 16 : at + 20], "little")
        if name == b"data":
            if at + 8 + size > len(data):
                raise _cut("WAV")
            return size / per_second if per_second else None
        at += 8 + size + size % 2
    raise _cut("WAV")


def _movie(data: bytes) -> float | None:
    """Return the movie header's length (ISO/IEC 14496-12, 8.2.2)."""
    at = data.find(b"mvhd")
    if at < 0 or at + 32 > len(data):
        raise _cut("MP4")
    if data[at + 4] == 1:
        scale, units = (
            int.from_bytes(data[at + 24 : at + 28], "big"),
            int.from_bytes(data[at + 28 : at + 36], "big"),
        )
    else:
        scale, units = (
            int.from_bytes(data[at + 16 : at + 20], "big"),
            int.from_bytes(data[at + 20 : at + 24], "big"),
        )
    return units / scale if scale else None
