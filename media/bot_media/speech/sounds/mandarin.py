"""Chinese words to Kokoro's phonemes: pinyin by phrase, then IPA with tone arrows."""

from __future__ import annotations

import functools
import logging

import jieba

from bot_core.errors import MissingExtra
from bot_media.audio.decode import VOICE

_TONES = (("˧˩˧", "↓"), ("˧˥", "↗"), ("˥˩", "↘"), ("˥", "→"))
_DROPPED = "\u032f"  # the mark of a glide
_APICAL = (("ɻ\u0329", "ɨ"), ("ɹ\u0329", "ɨ"))
# Words whose reading the phrase table lacks or has otherwise.
_PHRASES = {
    "重做": [["chóng"], ["zuò"]],
    "重画": [["chóng"], ["huà"]],
    "重试": [["chóng"], ["shì"]],
    "调高": [["tiáo"], ["gāo"]],
    "频道里": [["pín"], ["dào"], ["lǐ"]],
    "乐乎": [["lè"], ["hu"]],
    "还款": [["huán"], ["kuǎn"]],
}


class Mandarin:
    """Loads jieba's dictionary and pypinyin's phrases. Raises MissingExtra."""

    def __init__(self) -> None:
        try:
            import misaki.transcription as transcription  # type: ignore[import-untyped,unused-ignore]
            import pypinyin
        except ImportError:
            raise MissingExtra("voice", VOICE) from None
        jieba.setLogLevel(logging.WARNING)
        pypinyin.load_phrases_dict(_PHRASES)
        self._pypinyin, self._transcription = pypinyin, transcription
        self._syllable = functools.lru_cache(maxsize=2000)(self._sound)

    def phonemes(self, text: str) -> str:
        """Return a stretch of Chinese letters as phonemes, words separated by spaces."""
        return " ".join(self._word(word) for word in jieba.lcut(text)).strip()

    def _word(self, word: str) -> str:
        py = self._pypinyin
        syllables = py.lazy_pinyin(word, style=py.Style.TONE3, neutral_tone_with_five=True, errors="ignore")
        return "".join(self._syllable(syllable) for syllable in syllables)

    def _sound(self, syllable: str) -> str:
        try:
            parts = self._transcription.pinyin_to_ipa(syllable)[0]
        except (ValueError, AssertionError, KeyError):
            return ""  # a letter without a reading
        said = "".join(parts)
        for written, tone in (*_TONES, *_APICAL):
            said = said.replace(written, tone)
        return said.replace(_DROPPED, "")
