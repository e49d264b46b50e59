"""Which container bytes are, by their first bytes: the name a sender gives is only asked for raw samples."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot_core.errors import BadInput
from bot_core.identity import Words

NO_AUDIO = Words("这不是我能听的录音文件。", "That is not a recording I can listen to.")
EMPTY = Words("这段录音是空的。", "That recording is empty.")
RAW_TYPES = frozenset({"audio/pcm", "audio/l16", "audio/x-pcm", "audio/raw"})
_RATES = range(8_000, 48_001)


@dataclass(frozen=True, slots=True)
class Container:
    """A demuxer's name in libavformat; ``rate`` and ``channels`` are set for raw samples only."""

    format: str
    rate: int = 0
    channels: int = 0


def sniff(audio: bytes, media_type: str) -> Container:
    """Return what these bytes are. Raises BadInput for what is no audio that we read."""
    if not audio:
        raise BadInput("empty audio", EMPTY)
    found = _by_signature(audio)
    if found:
        return Container(found)
    if media_type.split(";")[0].strip().lower() in RAW_TYPES:
        return _raw(media_type)
    raise BadInput(f"{len(audio)} bytes that are no known audio ({media_type[:60]!r})", NO_AUDIO)


def _by_signature(audio: bytes) -> str | None:
    head = audio[:16]
    for start, name in ((b"OggS", "ogg"), (b"fLaC", "flac"), (b"\x1a\x45\xdf\xa3", "matroska")):
        if head.startswith(start):
            return name
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "mov"
    if head.startswith(b"ID3"):
        return _behind_id3(audio)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"
    return None


def _behind_id3(audio: bytes) -> str:
    """Return mp3 or aac: both may begin with an ID3 tag, whose size is four bytes of seven bits."""
    size = 0
    for byte in audio[6:10]:
        size = size << 7 | byte & 0x7F
    after = audio[10 + size : 12 + size]
    return "aac" if len(after) == 2 and after[0] == 0xFF and after[1] & 0xF6 == 0xF0 else "mp3"


def _raw(media_type: str) -> Container:
    """Read ``audio/pcm;rate=16000;channels=1`` (RFC 2586 names them so for L16)."""
    said = {
        match[1].lower(): int(match[2])
        for match in re.finditer(r"(rate|channels)=(\d{1,6})", media_type, re.I)
    }
    rate, channels = said.get("rate", 16_000), said.get("channels", 1)
    if rate not in _RATES or channels not in (1, 2):
        raise BadInput(f"raw audio of {rate} Hz, {channels} channels", NO_AUDIO)
    return Container("s16le", rate, channels)
