"""What buttons mean. Numbers are part of the signed token: add new ones, never renumber or reuse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Action(IntEnum):
    """The meaning of a button; at most 255."""

    VOTE_UP = 1
    VOTE_DOWN = 2
    SPEAK = 3  # read the answer aloud
    REGENERATE = 4
    FOLLOW_UP = 5  # index: which of the answer's follow-up questions
    EXAMPLE = 6  # index: which of the community's example questions
    HUMAN = 7  # ask a human instead
    TELL_ME = 8  # tell me when it is answered
    REASON = 9  # index: which of the reasons for a 👎
    CONFIRM = 10
    CANCEL = 11
    STOP = 12
    PATH_STEP = 20  # joining: index is the step
    PATH_CHOICE = 21
    LANGUAGE = 22
    CHOOSE_COMMUNITY = 23
    CONSENT = 24  # index 1: votes may be exported, 0: they may not
    PATH_STOP = 25
    TAKE = 26  # a helper takes a hand-over
    RESPOND = 27  # a helper answers it by a form
    CURATE = 28  # its question and answer become a document
    CLOSE = 29
    PAGE = 30  # index: which page of a list
    FORGET_ME = 31
    UPSCALE = 40  # index: which of the grid
    VARY = 41
    REROLL = 42
    VARY_SUBTLE = 43
    VARY_STRONG = 44
    ENLARGE = 45  # index: 2 or 4
    ZOOM = 46  # index: tenths, 15 or 20
    PAN = 47  # index: 0 left, 1 right, 2 up, 3 down
    REGION = 48
    REMIX = 49
    FAVOURITE = 50  # index: which picture
    DELETE = 51
    STYLE = 52  # index: which of the named styles
    LANE = 53  # index: 0 fast, 1 relax
    PROMPT_EXAMPLE = 54  # index: which of the example prompts
    SHOW = 55  # show a job's pictures again
    REMIX_MODE = 56  # index 1: V asks for other words first, 0: it does not
    VOICE = 60  # index: which voice of the list to speak with
    VOICE_PREVIEW = 61  # index: which voice of the list to hear


@dataclass(frozen=True, slots=True)
class Press:
    """A button whose signature was found good: what it does, to what (24 hex digits), which one."""

    action: Action
    subject: str = "0" * 24
    index: int = 0
