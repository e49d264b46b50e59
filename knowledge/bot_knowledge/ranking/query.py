"""The question as it is searched: its terms, names and numbers, and what it carries over from the talk before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.answers import Turn
from bot_knowledge.text.language import CJK, folded, language_of, simplified
from bot_knowledge.text.terms import content_words, surface_words

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w-]+|\b[A-Z]{2,}\w*\b|[#/@][\w-]+|\b\w*\d\w*[a-zA-Z]\w*\b")
_LATIN = re.compile(r"[A-Za-z][\w+.-]*")
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|their|he|she|him|her|ones?|else|instead)\b"
    r"|^(?:and|but|so|what about|how about|or|also)\b"
    r"|它|这个|那个|这些|那些|这样|那样|他们|她们|上面|刚才|其中|同样|另外|还有|还要|那么|然后|^那|^这|^还|呢[?？]?$|^如果|^要是",
    re.IGNORECASE,
)
_BARE = re.compile(  # a question word and hardly more: what it asks about was said before
    r"^(?:why|when|where|who|which|how|how much|how many|how long|how often)\b\W*(?:\w+\W*){0,2}$"
    r"|^(?:为什么|多久|多少|谁|哪里|什么时候|怎么)\w{0,3}[?？]?$",
    re.IGNORECASE,
)
CARRIED = 2  # turns of the member that are looked back on


@dataclass(frozen=True, slots=True)
class Asked:
    """A question made ready: ``embedded`` is its form for the models, ``exact`` its names, commands and numbers, folded."""

    text: str
    embedded: str
    language: str
    words: frozenset[str]
    exact: frozenset[str]


def read_question(text: str) -> Asked:
    """Take a question apart."""
    return Asked(
        text,
        simplified(text),
        language_of(text),
        frozenset(content_words(text)),
        frozenset(exact_parts(text)),
    )


def exact_parts(text: str) -> set[str]:
    """Return names, commands and numbers, folded: what a passage had better hold literally."""
    parts = {match.group() for match in _NUMBER.finditer(text)}
    if re.search(f"[{CJK}]", text):
        parts |= {match.group() for match in _LATIN.finditer(text) if len(match.group()) > 1}
    else:
        parts |= {match.group().lstrip("#/@") for match in _NAME.finditer(text)}
    return {folded(part).strip(".,:;") for part in parts if part}


def variants(text: str, history: Sequence[Turn]) -> list[str]:
    """Return the forms in which a question may be searched, the plain one first.

    A question that points back is also tried with the member's last questions before it, and with
    the words of these that it lacks.
    """
    forms = [text]
    before = [turn.text.strip() for turn in history if turn.role == "user" and turn.text.strip()]
    before = [said for said in before if said != text][-CARRIED:]
    if not before or not points_back(text):
        return forms
    last = before[-1][:300]
    forms.append(f"{last} {text}")
    missing = [word for word in surface_words(last) if word.lower() not in text.lower()]
    if missing:
        forms.append(f"{' '.join(missing[:6])} {text}")
    if len(before) > 1 and points_back(last):
        forms.append(f"{before[-2][:300]} {text}")
    return list(dict.fromkeys(forms))


def points_back(text: str) -> bool:
    """Say whether a question can't be understood without what was said before."""
    return _POINTS_BACK.search(text.strip()) is not None or _BARE.search(text.strip()) is not None
