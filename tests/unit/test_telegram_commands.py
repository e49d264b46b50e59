"""Commands as members type them, keyboards, event ids, and what is read at the door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yinlu_testing.telegram_values import chat_json, user_json
from yinlu_testing.web import SIGNER

from bot_adapters.telegram import keyboard
from bot_adapters.telegram.commands import read, typed
from bot_adapters.telegram.keys import Cause, Kind, cause_of, origin_of, person_of, user_of
from bot_adapters.telegram.wire import read_message
from bot_core.actions import Action, Press
from bot_core.answers import VoteReason, VoteValue
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.identity import Locale, Words

W = Words("说明", "what it is")
SIZES = (("s", Words("小", "Small")), ("l", Words("大", "Large")))
PROMPT = Argument("prompt", W)
FILE = Argument("image", W, ArgumentKind.FILE, required=False)
SIZE = Argument("size", W, required=False, choices=SIZES)
COUNT = Argument("count", W, ArgumentKind.INTEGER, minimum=1, maximum=4)
FLAG = Argument("quiet", W, ArgumentKind.FLAG, required=False)
NOTE = Argument("note", W, required=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/ask", ("ask", "", "")),
        ("/Ask@Yinlu_bot  how  are you", ("ask", "Yinlu_bot", "how  are you")),
        ("/ask\nline one\nline two", ("ask", "", "line one\nline two")),
        ("/ask?", None),
        ("ask me", None),
        (" /ask", None),
        ("/", None),
    ],
)
def test_a_command_begins_a_message(text, found):
    """A slash, a name, perhaps a bot's name, then white space or the end."""
    made = typed(text)
    assert (made and (made.name, made.bot, made.rest)) == found


@pytest.mark.parametrize(
    ("arguments", "rest", "values", "missing"),
    [
        ((PROMPT, FILE), "a fox --ar 3:2", {"prompt": "a fox --ar 3:2"}, []),
        ((PROMPT, SIZE), "a large fox", {"prompt": "a large fox"}, []),
        ((PROMPT, SIZE), "a fox size=大", {"prompt": "a fox", "size": "l"}, []),
        ((COUNT, PROMPT), "3 foxes run", {"count": 3, "prompt": "foxes run"}, []),
        ((COUNT, PROMPT), "foxes run", {"prompt": "run"}, ["count"]),
        ((COUNT,), "9", {}, ["count"]),
        ((COUNT,), "count = 2", {"count": 2}, []),
        ((SIZE, NOTE), "l and more", {"size": "l", "note": "and more"}, []),
        ((SIZE, NOTE), "just words", {"note": "just words"}, []),
        ((FLAG, NOTE), "是 好的", {"quiet": True, "note": "好的"}, []),
        ((PROMPT, NOTE), 'x note="two words"', {"prompt": "x", "note": "two words"}, []),
        ((PROMPT,), "", {}, ["prompt"]),
    ],
)
def test_arguments_by_position_and_by_name(arguments, rest, values, missing):
    """Names win, the rest is read in order; words go to who can use them; what is required and lacks is told."""
    made = read(Command("x", W, arguments), rest)
    assert (made.values, [argument.name for argument in made.missing]) == (values, missing)


@given(st.text(max_size=80))
def test_no_words_break_the_reading(text):
    """Whatever is typed is read without an error."""
    read(Command("x", W, (COUNT, SIZE, FLAG, PROMPT)), text)
    typed(text)


def test_a_member_named_without_a_user_name_is_known():
    """A mention by name becomes the member's id, also after letters that count two."""
    raw = {
        "message_id": 1, "date": 1, "chat": chat_json(5), "from": user_json(5), "text": "/x 😀 Ann Lee",
        "entities": [{"type": "text_mention", "offset": 6, "length": 7, "user": user_json(77)}],
    }  # fmt: skip
    message = read_message(raw)
    assert read(Command("x", W, (PROMPT,)), "😀 Ann Lee", message).values == {"prompt": "😀 telegram:77"}


@given(
    st.sampled_from([Kind.MESSAGE, Kind.EDITED, Kind.HIDDEN]),
    st.integers(-(10**13), 10**13),
    st.integers(1, 10**9),
)
def test_event_ids_say_what_they_answer(kind, chat, number):
    """An id leads back to chat and message."""
    assert cause_of(f"telegram:{Cause(kind, chat, number).id}") == Cause(kind, chat, number)


def test_presses_and_foreign_ids():
    """A press carries its callback; ids of other platforms say nothing."""
    press = Cause(Kind.PRESS, -100, 7, "4382bfdwdsb323b2d9")
    assert cause_of(f"telegram:{press.id}") == press
    assert cause_of("web:abc:1").kind is Kind.OTHER
    assert user_of(person_of(5).id) == 5 and user_of("web:5") is None and user_of("telegram:chat-5") is None
    assert (
        origin_of(5).place == "private:5"
        and origin_of(-5, 3).thread == "3"
        and origin_of(5, place=-9).place == "-9"
    )


def test_a_vote_marks_what_was_pressed():
    """The chosen button is marked, reasons come with 👎 and go with 👍, and a change of mind moves the mark."""
    answer = "ab" * 12
    up, down = (SIGNER.sign("c", Press(action, answer)) for action in (Action.VOTE_UP, Action.VOTE_DOWN))
    rows = [[keyboard.button("👍", up), keyboard.button("👎", down)]]
    voted = keyboard.voted(rows, SIGNER, "c", VoteValue.DOWN, None)
    voted += keyboard.reasons(SIGNER, "c", answer, Locale.ZH)
    assert next([one["text"] for one in row] for row in voted) == ["👍", "✓ 👎"]
    reasoned = keyboard.voted(voted, SIGNER, "c", VoteValue.DOWN, VoteReason.OUTDATED)
    assert reasoned[1][2]["text"] == "✓ 过时" and len(reasoned) == 3
    again = keyboard.voted(reasoned, SIGNER, "c", VoteValue.UP, None)
    assert [[one["text"] for one in row] for row in again] == [["✓ 👍", "👎"]]


def test_keyboards_have_telegrams_shape():
    """Rows of at most eight, a hundred buttons, short labels, data of at most 64 bytes."""
    rows = [[keyboard.button("x" * 200, "d") for _ in range(20)] for _ in range(9)]
    made = keyboard.markup(rows)["inline_keyboard"]
    assert max(map(len, made)) == 8 and sum(map(len, made)) <= 100
    assert all(len(one["text"]) <= 64 for row in made for one in row)
    words = keyboard.WORDS + SIGNER.sign("c", Press(Action.VOTE_DOWN, "ab" * 12))
    assert len(words.encode()) <= 64
