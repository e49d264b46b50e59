"""Words to phonemes and phonemes to mouth shapes; what a recognizer makes up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_media.speech.doubts import Judged, made_up
from bot_media.speech.onnx_outputs import with_output
from bot_media.speech.reading import read_aloud
from bot_media.speech.sounds import VOCABULARY, Phonemes, visemes

SAID = {
    "The apple, the pear.": "ði ˈæpᵊl, ðə pˈɛɹ.",
    "To record a record.": "tə ɹəkˈɔɹd ɐ ɹˈɛkəɹd.",
    "NFT API": "ˌɛnˌɛftˈi ˌApˌiˈI",
    "你好。": "ni↓xau↓.",
    "重试，银行，长大了": "ꭧʰʊ↗ŋʂɨ↘, i↗nxa↗ŋ, ꭧa↓ŋta↘ lɤ",
}


@pytest.fixture(scope="module")
def phonemes():
    return Phonemes()


@pytest.mark.parametrize(("text", "said"), SAID.items())
def test_words_become_phonemes(phonemes, text, said):
    """Small words are weak and follow the next sound, heteronyms their grammar, acronyms their letters."""
    assert phonemes.of(read_aloud(text)) == said


@pytest.mark.parametrize(
    "word", ["websockets", "Yinlu", "zorblaxing", "xylophonist's", "GPTs", "Qwen", "naïve"]
)
def test_no_word_is_silent(phonemes, word):
    """Compounds, names and words that nobody has heard have a stressed vowel."""
    said = phonemes.of(read_aloud(word))
    assert set(said) & set("AIOQWYaiuæɑɔəɛɜɪʊʌ")
    assert "ˈ" in said or "ˌ" in said


@given(st.text(max_size=60))
def test_any_text_gives_phonemes_of_the_model(text):
    """Whatever is written, only the model's own letters come out."""
    assert set(Phonemes().of(read_aloud(text)) if text.isascii() else "") <= set(VOCABULARY)


def test_the_mouth_follows_the_phonemes():
    """Lips close for p, open for a; marks of stress and tone change nothing; times end where the sound ends."""
    shapes = visemes("pˈɑ.", [0.1, 0.1, 0.05, 0.3, 0.2, 0.1], 0.8)
    assert shapes == (("sil", 0.0), ("PP", 0.1), ("aa", 0.25), ("sil", 0.55))
    assert visemes("", [], 0.0) == (("sil", 0.0),)


MADE_UP = [
    "谢谢观看",
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    "Thanks for watching!",
    "字幕by索兰娅",
    "Subtitles by the Amara.org community",
    "♪",
]


@pytest.mark.parametrize("text", MADE_UP)
def test_what_is_written_under_silence_is_dropped(text):
    """The phrases of subtitle files count as made up when the recognizer is unsure; said clearly they stay."""
    assert made_up(Judged(text, 0.4, -0.6, 1.0))


def test_what_was_said_stays():
    """Clear speech is kept, even a word of thanks; echoes of the prompt, loops and doubts go."""
    assert not made_up(Judged("谢谢大家", 0.01, -0.2, 1.0))
    assert not made_up(Judged("How do I join?", 0.1, -0.4, 1.1))
    assert made_up(Judged("以下是普通话的句子", 0.01, -0.2, 1.0), "以下是普通话的句子，带标点。")
    assert made_up(Judged("设计设计设计设计设计设计设计设计设计", 0.1, -0.3, 1.5))
    assert made_up(Judged("不认识", 0.55, -1.45, 0.5))
    assert made_up(Judged(" ... ", 0.0, 0.0, 1.0))


def test_an_output_is_added_to_a_model():
    """The bytes appended are a ModelProto whose graph has one more output of floats."""
    added = with_output(b"", "/x")
    assert added == bytes([0x3A, 0x0C, 0x62, 0x0A, 0x0A, 0x02]) + b"/x" + bytes(
        [0x12, 0x04, 0x0A, 0x02, 0x08, 0x01]
    )
