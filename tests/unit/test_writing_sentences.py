"""Sentences out of a stream, and the beginning of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_knowledge.writing.opening import Opening, Says
from bot_knowledge.writing.sentences import Piece, Sentences

REPLY = (
    "是的。[1] 自我介绍至少三句话[2]。第九季从 2027 年 1 月 11 日开始。[1][3]\n\n步骤：\n1. Enter the server. Read it [1].\n"
    "2. Press 🏮, e.g. under the message. [2]\nIt costs 3.5 LUMEN. [1, 2] Then done.[3] No more【4】"
)


def pieces(text: str, *cuts: int) -> list[Piece]:
    sentences, found, start = Sentences(), [], 0
    for cut in (*sorted(cuts), len(text)):
        found += sentences.feed(text[start:cut])
        start = max(start, cut)
    return found + sentences.finish()


def test_sentences_carry_their_citations_and_what_stands_before_them() -> None:
    """A citation belongs to the sentence before it, wherever it stands around the full stop."""
    found = pieces(REPLY)
    assert [(piece.claim, piece.cited) for piece in found] == [
        ("是的。", (1,)),
        ("自我介绍至少三句话。", (2,)),
        ("第九季从 2027 年 1 月 11 日开始。", (1, 3)),
        ("步骤：", ()),
        ("Enter the server.", ()),
        ("Read it.", (1,)),
        ("Press 🏮, e.g. under the message.", (2,)),
        ("It costs 3.5 LUMEN.", (1, 2)),
        ("Then done.", (3,)),
        ("No more", (4,)),
    ]
    assert [piece.before for piece in found][3:7] == ["\n\n", "\n1. ", "", "\n2. "]


@given(st.lists(st.integers(0, len(REPLY)), max_size=30))
def test_how_a_reply_is_cut_changes_nothing(cuts: list[int]) -> None:
    """However the words arrive, the sentences are the same."""
    assert pieces(REPLY, *cuts) == pieces(REPLY)


@given(st.text(alphabet="ab 。.!?[]1【】\n-|", max_size=80), st.lists(st.integers(0, 80), max_size=9))
def test_no_letter_is_lost(text: str, cuts: list[int]) -> None:
    """Every letter of a reply is in one of its sentences, once."""
    cuts = [min(cut, len(text)) for cut in cuts]
    given_letters = [letter for letter in text if letter in "ab"]
    assert [
        letter for piece in pieces(text, *cuts) for letter in piece.text if letter in "ab"
    ] == given_letters


def test_a_sentence_is_given_as_soon_as_it_is_whole() -> None:
    """What can't have a further citation is not held back."""
    sentences = Sentences()
    assert sentences.feed("One is here. [1]") == []
    assert [piece.claim for piece in sentences.feed(" T")] == ["One is here."]


@pytest.mark.parametrize(
    ("reply", "says", "rest"),
    [
        ("ANSWER: yes\nText [1]", Says.YES, "Text [1]"),
        ("ANSWER: no", Says.NO, ""),
        ("**ANSWER: partly**\nText", Says.PARTLY, "Text"),
        ("ANSWER：yes (the passages state it)\nText", Says.YES, "Text"),
        ("ANSWER: yes Text", Says.YES, "Text"),
        ("Text without the line. More.", None, "Text without the line. More."),
        ("<think>ANSWER: no? Let me see.</think>\n\nANSWER: yes\nText", Says.YES, "Text"),
        ("<think>never ends", None, ""),
        ("Answering this is easy", None, "Answering this is easy"),
        ("", None, ""),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_the_beginning_is_understood(reply: str, says: Says | None, rest: str, size: int) -> None:
    """The first line's word is taken out, thinking aloud is dropped, a reply without the line is whole."""
    opening = Opening(judged=True)
    text = "".join(opening.feed(reply[start : start + size]) for start in range(0, len(reply), size))
    text += opening.finish()
    assert (opening.says, text.strip()) == (says, rest)
