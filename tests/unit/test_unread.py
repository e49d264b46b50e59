"""Reasons why a document could not be read, in the reader's language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bot_knowledge
from bot_core.ports.knowledge import IngestFailure
from bot_core.unread import reason_words

ROOT = Path(bot_knowledge.__file__).parent


def _reasons():
    """Every reason written down in the knowledge room, with 7 in the place of what is filled in."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in ("Unreadable", "IngestFailure", "Gone"):
                given = node.args[0 if name != "IngestFailure" else 1]
                for part in [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]:
                    if text := _text(part):
                        yield f"{path.stem}:{node.lineno}", text


def _text(node):
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "7" for v in node.values)
    return ""


def test_there_are_reasons():
    """The rule below is about something."""
    assert len(list(_reasons())) > 40


@pytest.mark.parametrize(("place", "reason"), list(_reasons()))
def test_every_reason_of_ours_is_said_in_chinese(place, reason):
    """Whoever adds a reason adds its Chinese sentence."""
    words = reason_words(reason)
    assert words.en == reason
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words.zh), f"{place}: {reason}"
    assert words.zh.count("7") == reason.count("7")


def test_a_reason_within_a_reason_is_said_too():
    """An archive names the reason of what lies in it; what no table has stays as it is."""
    failure = IngestFailure("a.zip", "nothing in the archive could be read: protected by a password")
    assert failure.words.zh == "压缩包里没有能读的：有密码保护"
    assert failure.words.en == failure.reason
    assert reason_words("something else entirely").zh == "something else entirely"
    assert reason_words("damaged: {x}").zh == "已损坏（{x}）"
