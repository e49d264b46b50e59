"""Written text as a person reads it aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_media.speech.reading import SentenceStream, read_aloud, sentences, unmarked
from bot_media.speech.reading.chinese import cardinal as chinese
from bot_media.speech.reading.english import cardinal as english
from bot_media.speech.reading.english import ordinal, year

ENGLISH = {
    "It starts on 2026-11-23 at 14:30.": "It starts on November twenty-third, twenty twenty-six at fourteen thirty.",
    "Doors open at 9:05 pm on Nov 3, 2025.": "Doors open at nine oh five P M on November third, twenty twenty-five.",
    "It costs $1,234.50.": "It costs one thousand two hundred thirty-four dollars and fifty cents.",
    "€5 or £2M": "five euros or two million pounds",
    "That is 25% of 10203 members.": "That is twenty-five percent of ten thousand two hundred three members.",
    "Version v1.2.3 needs 16 GB.": "version one point two point three needs sixteen gigabytes.",
    "Within 3-5 ms.": "Within three to five milliseconds.",
    "See https://www.example.org/a?b=1 or mail me@example.org.": "See link to example dot org or mail me at example dot org.",
    "The 1st, 22nd and 1/2 of it, since 1999.": "The first, twenty-second and one half of it, since nineteen ninety-nine.",
    "At -5°C, 48 kHz, 64x32.": "At minus five degrees Celsius, forty-eight kilohertz, sixty-four by thirty-two.",
    "Call 13812345678, e.g. now.": "Call one three eight one two three four five six seven eight, for example now.",
    "Type /imagine or snake_case.": "Type slash imagine or snake case.",
    "V2 and GPT-4": "V two and GPT four",
    "Dr. Smith & Mr. Lee": "doctor Smith and mister Lee",
}
CHINESE = {
    "2026年11月23日14:30开始。": "二零二六年十一月二十三日十四点三十分开始。",
    "2026-01-02 的会议在 9:05。": "二零二六年一月二日 的会议在 九点零五分。",
    "第2个成员花了¥12.5，2小时。": "第二个成员花了十二点五元，两小时。",
    "涨了25%，10%-20%之间。": "涨了百分之二十五，百分之十到百分之二十之间。",
    "共10203人，3-5天，1/3完成。": "共一万零二百零三人，三到五天，三分之一完成。",
    "温度-5℃到20℃，5km。": "温度负五摄氏度到二十摄氏度，五公里。",
    "电话13812345678。": "电话幺三八幺二三四五六七八。",
    "版本v1.2.3，Python 3.11。": "版本一点二点三，Python 三点一一。",
    "请看 https://example.org/a/b。": "请看 链接 example 点 org 。",
    "用 /imagine 画，按 V2。": "用 斜杠 imagine 画，按 V二。",
}


@pytest.mark.parametrize(("written", "said"), ENGLISH.items())
def test_english_is_read_in_words(written, said):
    """Dates, times, money, units, versions, links and signs as a person says them."""
    assert read_aloud(written).words == said


@pytest.mark.parametrize(("written", "said"), CHINESE.items())
def test_chinese_is_read_in_words(written, said):
    """The same in Chinese, with 两 before measure words and 幺 in telephone numbers."""
    assert read_aloud(written).words == said


def test_numbers_in_both_languages():
    """The corners of both systems: zeros within, ten thousands, teens."""
    said = {
        0: "零",
        10: "十",
        105: "一百零五",
        110: "一百一十",
        10010: "一万零一十",
        100000: "十万",
        20001: "二万零一",
    }
    assert {number: chinese(number) for number in said} == said
    assert english(1_000_001) == "one million one"
    assert (ordinal(21), ordinal(30), ordinal(112)) == ("twenty-first", "thirtieth", "one hundred twelfth")
    assert (year(2005), year(1900), year(2000), year(1907)) == (
        "two thousand five",
        "nineteen hundred",
        "two thousand",
        "nineteen oh seven",
    )


def test_marks_are_not_read():
    """Headings, bullets, emphasis, citations, code blocks and emoji leave only words."""
    text = "## Rules [1]\n- **Read** `them`[2]\n> _Then_ ask 🎉\n```py\nx = 1\n```\n| a | b |\n|---|---|\n| 1 | 2 |"
    read = unmarked(text)
    assert read.splitlines() == [
        "Rules.",
        "Read them.",
        "Then ask.",
        "The code is in the text.",
        "a, b.",
        "1, 2.",
    ]
    assert unmarked("规则如下【1】：[手册](https://x.org/a) ![图](y.png)") == "规则如下：手册 图。"
    assert unmarked("👍") == "thumbs up"
    assert unmarked("加油💪好的") == "加油 好的。"


def test_a_mixed_sentence_is_cut_by_script():
    """Chinese, English and punctuation are runs of their own."""
    runs = [
        (run.kind, run.text.strip()) for run in read_aloud("请用 Discord 的 API。").runs if run.text.strip()
    ]
    assert runs == [("zh", "请用"), ("en", "Discord"), ("zh", "的"), ("en", "API"), ("stop", ".")]


def test_sentences_end_where_a_person_stops():
    """Not at decimal points, abbreviations or dots in names; the first piece of a long text is short."""
    text = "Dr. Lee paid 3.5 dollars, i.e. a little. Then e.g. node.js ran! 第一句。第二句？"
    assert sentences(text) == [
        "Dr. Lee paid 3.5 dollars, i.e. a little.",
        "Then e.g. node.js ran!",
        "第一句。",
        "第二句？",
    ]
    long = "欢迎来到我们的社区，这里有很多热心的成员，他们会帮助您了解规则、加入频道，还会回答各种问题，直到您熟悉为止。"
    pieces = sentences(long)
    assert "".join(pieces) == long
    assert len(pieces[0]) <= 14


def test_a_growing_text_gives_a_sentence_when_nothing_can_change_it():
    """A dot at the end may become 3.5; an open bold or code block is waited for; citations go with their sentence."""
    stream = SentenceStream()
    said = [
        stream.push(part)
        for part in ("It is 3", ".", "5 dollars", ".[1]", " **Bo", "ld. One** two. ", "```x. y", "z```")
    ]
    assert [piece for part in said for piece in part] == ["It is 3.5 dollars.", "Bold.", "One two."]
    assert stream.finish() == ["The code is in the text."]


@given(st.text(max_size=120))
def test_any_text_can_be_read(text):
    """Whatever is written, reading ends, raises nothing and leaves no digit."""
    for sentence in sentences(text):
        words = read_aloud(sentence).words
        assert not any("0" <= letter <= "9" for letter in words)


@given(
    st.lists(
        st.sampled_from(["Hello there. ", "好的。", "a ", "3", ".5 ", "[1] ", "**b** ", "\n", "! ", "再见"]),
        max_size=12,
    )
)
def test_pieces_and_whole_say_the_same_words(parts):
    """However a text arrives, what is said is the same."""
    stream = SentenceStream()
    pieces = [piece for part in parts for piece in stream.push(part)] + stream.finish()
    letters = "".join(letter for piece in pieces for letter in piece if letter.isalnum())
    whole = "".join(letter for piece in sentences("".join(parts)) for letter in piece if letter.isalnum())
    assert letters == whole
