"""A question in the community's other words: what a newcomer calls otherwise is searched as the documents call it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot_core.ports.knowledge import Synonyms
from bot_knowledge.text.language import CJK, folded
from bot_knowledge.text.terms import content_words, term_id

FORMS = 2  # searched beside the plain one, at most
_CJK = re.compile(f"[{CJK}]")


def swapped(
    text: str, groups: Sequence[Synonyms], audience: frozenset[str], known: Mapping[int, int]
) -> list[str]:
    """Return the question with a term of its own replaced by one that means the same, best first.

    Only groups that the asker may read count, and only terms whose words stand somewhere in the passages
    (``known``: in how many each term id does). The longest terms of the question are replaced first.
    """
    found: list[tuple[int, str]] = []
    for group in groups:
        if group.audience and not audience & set(group.audience):
            continue
        own = max((term for term in group.terms if _place(term, text)), key=len, default="")
        for other in group.terms if own else ():
            if folded(other) != folded(own) and not _place(other, text) and _stands(other, known):
                found.append((len(own), _place(own, text, other)))
    found.sort(key=lambda form: -form[0])
    return list(dict.fromkeys(form for _, form in found))[:FORMS]


def _place(term: str, text: str, other: str | None = None) -> str:
    """Return the text with ``other`` (the term itself if none is given) in the term's first place; empty where it is not."""
    edges = ("", "") if _CJK.search(term) else (r"(?<![^\W_])", r"(?:s|es)?(?![^\W_])")
    pattern = re.compile(edges[0] + re.escape(folded(term)) + edges[1])
    plain = folded(text)
    match = pattern.search(plain)
    if match is None:
        return ""
    if len(plain) != len(text):  # folding changed the length, so places in it are not the text's
        text = plain
    return f"{text[: match.start()]}{other if other is not None else term}{text[match.end() :]}"


def _stands(term: str, known: Mapping[int, int]) -> bool:
    words = content_words(term)
    return bool(words) and all(known.get(term_id(word), 0) for word in words)
