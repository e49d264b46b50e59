"""What a recognizer makes up: phrases it was trained to write under silence, echoes, loops."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PHRASES = (
    r"(请不吝)?点赞.{0,4}订阅.{0,20}(打赏|支持).*",
    r".*明镜与点点栏目.*",
    r".*(字幕|中文字幕|字幕制作|字幕志愿者|字幕提供).{0,24}",
    r"(谢谢|感谢)(大家)?(的)?(观看|收看|收听|聆听).{0,12}",
    r"by索兰娅",
    r"(作词|作曲|编曲|词曲)(作曲|编曲|作作曲)?",
    r"(优优独播剧场|yoyo television series exclusive).*",
    r"(thank you|thanks)( so much| very much)? for (watching|listening).{0,24}",
    r"(please )?(like and )?subscribe( to (my|our|the) channel)?.{0,24}",
    r"subtitles? (by|provided by|created by).*",
    r"(transcribed|transcription|captions?) by.*",
    r".*amara\.?org.*",
    r"(www\.)?[a-z]{3,}\.(com|org|gov)",
    r"[\W_]*(♪|music|applause|音乐|掌声|笑)[\W_]*",
    r"(you|bye|bye bye|嗯|啊|呃|uh|um|hmm)",
)
_MADE_UP = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), re.I)
_EDGES = re.compile(r"^[\s\W_]+|[\s\W_]+$")


@dataclass(frozen=True, slots=True)
class Judged:
    """One segment's text with the recognizer's own figures."""

    text: str
    silence: float  # probability that nobody speaks
    logarithm: float  # mean log probability of its tokens
    compression: float  # length of the text over its gzip length


def made_up(segment: Judged, prompt: str = "") -> bool:
    """Tell whether a segment was most likely not said.

    The bounds are those of Whisper's own decoder (logprob -1, compression 2.4), but for 0.3 of silence, not 0.6:
    behind the last sentence of a recording it goes on with words of its own at 0.55.
    """
    text = _EDGES.sub("", segment.text)
    if not text:
        return True
    if segment.silence > 0.3 and segment.logarithm < -1.0:
        return True
    if segment.compression > 2.4 or segment.logarithm < -1.6 or _loops(text):
        return True
    if prompt and _plain(text) and _plain(text) in _plain(prompt):
        return True
    return bool(_MADE_UP.fullmatch(text)) and (segment.silence > 0.15 or segment.logarithm < -0.45)


def _loops(text: str) -> bool:
    """Tell whether one short piece repeats over and over."""
    return bool(re.search(r"(.{1,12}?)\1{7,}", _plain(text)))


def _plain(text: str) -> str:
    return re.sub(r"[\s\W_]+", "", text).lower()
