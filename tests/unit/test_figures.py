"""Figures of statements in two languages, however they are written; and two answers to one question that are not alike."""

from dataclasses import replace

import pytest

from bot_core.ports.knowledge import Passage
from bot_knowledge.answering.disagree import disagreement
from bot_knowledge.answering.expect import expected
from bot_knowledge.answering.figures import figures
from bot_knowledge.answering.holds import holds_what_is_asked
from bot_knowledge.answering.quotes import Quote
from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.text.language import language_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("会费每年二百元", "The fee is $200"),
        ("within ten days", "10天内"),
        ("最多预订 90 分钟", "an hour and a half is 90 minutes"),
        ("晚上九点关门", "closes at 21:00"),
        ("closes at 9 pm", "21:00 关门"),
        ("下午两点半", "14:30"),
        ("9月12日", "on the 12th of September"),
        ("2026-09-12", "September 12"),
        ("周二", "every Tuesday"),
        ("周日", "Sundays"),
        ("三分之二以上", "two thirds of them"),
        ("百分之六十", "60 %"),
        ("twenty-five shells", "25 shells"),
        ("一千二百人", "1,200人"),
        ("half of the members", "50%"),
    ],
)
def test_the_same_figure_in_other_words(one, other):
    """Number words, clocks, dates, shares and money of both languages are one."""
    left, right = figures(one), figures(other)
    shared = [name for name in set(left) & set(right) if left[name] == right[name]]
    assert shared, (left, right)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("三月底以前交清", {"count:月": {3}}),
        ("in 2024 we met", {"bare": {2024}}),
        ("2024年", {"count:年": {2024}}),
        ("version 2.1 of the app", {"bare": {2.1}}),
        ("nothing here", {}),
        ("$8 a month, 3 months at least", {"money": {8}, "duration": {129600}}),
    ],
)
def test_what_is_no_duration_or_date(text, found):
    """A month of the year, a year and a version measure nothing."""
    assert figures(text) == found


def quote(document, text, worth=8.0):
    """Return a quote that is near to the question."""
    passage = Passage(document, document, f"{document}.md", "", (), 0, text, language_of(text), "v")
    clues = {"telling": 0.8, "words": 0.7}
    return Quote(Candidate(passage), 0, len(text), worth, clues=clues)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How much is membership?", "Membership costs 20 shells a year.", "The yearly fee for members is 25 shells."),
        ("How long may I keep a tool?", "Borrowed tools come back within three days.", "A tool may be kept for 5 days."),
        ("Who is the treasurer?", "The treasurer is Ana Lindqvist.", "Our treasurer is Bo Haraldsen, elected in March."),
        ("Are guests allowed to vote?", "Guests may not vote on anything.", "Guests may vote on small matters."),
        ("Where does the night bus stop?", "The night bus stops at the Old Mill.", "The night bus stops at Pier Four now."),
        ("When is the summer fair?", "The summer fair is on 12 September.", "Summer fair: 19 September."),
        ("What share of votes does it need?", "It needs two thirds of the votes.", "It needs 75 % of the votes."),
        ("谁负责财务？", "财务由林晓舟负责，每周四答疑。", "财务负责人：周以宁。"),
        ("外校学生可以报名吗？", "外校学生可以报名。", "今年外校学生不能报名，只招本校。"),
        ("投票持续多长时间？", "投票持续三天。", "每次投票持续一周。"),
    ],
)  # fmt: skip
def test_two_answers_that_are_not_alike(question, one, other):
    """Amounts, times, persons, places, shares, yes and no, in other words."""
    first, second = quote("a", one), quote("b", other)
    assert disagreement([first, second], question, expected(question)) is second


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("How much is a dinghy berth?", "A dinghy berth costs 40 shells a season.", "A yacht berth costs 300 shells a season."),
        ("How long does a refund take?", "A refund takes ten days.", "A refund is made within 10 days of the request."),
        ("Can members use the kiln alone?", "Members may use the kiln alone.", "Guests may not use the kiln alone."),
        ("How many lanterns were lit in 2024?", "In 2024 we lit 1,200 lanterns.", "In 2025 we lit 1,450 lanterns."),
        ("报名费多少？", "报名费五十元，当场交。", "报名费是 50 元，不退。"),
    ],
)  # fmt: skip
def test_two_answers_that_are_alike_or_about_other_things(question, one, other):
    """The same in other words, and statements built alike about another thing, are no contradiction."""
    assert disagreement([quote("a", one), quote("b", other)], question, expected(question)) is None


def test_a_quote_that_is_far_from_the_question_contradicts_nobody():
    """What is worth much less, or matches few of the question's words, is no second answer."""
    question, text = "How long may I keep a tool?", "A tool may be kept for 5 days."
    first = quote("a", "Borrowed tools come back within three days.")
    assert disagreement([first, quote("b", text, worth=4.0)], question, expected(question)) is None
    far = replace(quote("b", text), clues={"telling": 0.4, "words": 0.7})
    assert disagreement([first, far], question, expected(question)) is None


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("At what time does the Tide Meeting begin?", "11 July: seventh Tide Meeting, 147 people.", False),
        ("At what time does the Tide Meeting begin?", "The Tide Meeting begins at 19:30.", True),
        ("潮汐会几点开始？", "7 月 11 日 | 第七季潮汐会 | 147 人", False),
        ("潮汐会几点开始？", "潮汐会晚上 8 点半开始。", True),
        ("翻译一千字算几点灯油？", "翻译每千字记 6 灯油。", True),
        ("港务会星期几发编号？", "编号由港务会发，形如 LHP-041。", False),
        ("How many readers score an application?", "Readers score every application.", True),
        ("How many listeners are there?", "Listeners are trained by Xiaoman in March and October.", False),
        ("How long does it take?", "It takes half an hour.", True),
        ("How much is it?", "It is free.", True),
        ("守灯人一共有多少位？", "守灯人是荣誉身份，人数不限；", True),
        ("Who keeps the light?", "The keeper does.", True),
    ],
)
def test_a_value_that_is_asked_for_is_there_or_not(question, text, held):
    """A clock for what time, a day for which day, a figure or a word like none for how many; other questions ask for no value."""
    assert holds_what_is_asked(question, [quote("a", text)]) is held
