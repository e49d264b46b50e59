"""A model as judge of near-misses: do the passages state what is asked, or only something near it?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.answers import Outcome
from bot_core.ports.knowledge import Passage
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.ranking.gate import Verdict
from bot_knowledge.text.language import language_of
from bot_knowledge.writing.asking import whole_reply
from bot_knowledge.writing.framing import framed
from bot_knowledge.writing.opening import Says
from bot_knowledge.writing.prompts import PromptBook
from bot_knowledge.writing.usage import Meter

NEAR = 0.3  # below this nothing in the documents treats the topic: no model need be asked
SURE = 0.8  # above this the gate needs no second opinion
_SAYS = re.compile(r"\b(yes|partly|partially|no)\b", re.IGNORECASE)


def worth_asking(verdict: Verdict) -> bool:
    """Say whether a model might answer where the gate would not, or where it would."""
    return verdict.outcome is not Outcome.UNKNOWN or verdict.near >= NEAR


def is_near_miss(verdict: Verdict) -> bool:
    """Say whether the gate is not sure."""
    return verdict.outcome is not Outcome.ANSWERED or verdict.sure < SURE


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks a model of its own whether passages answer a question."""

    priced: Priced
    book: PromptBook

    async def says(self, community: str, question: str, passages: Sequence[Passage], meter: Meter) -> Says:
        """Return its word; one that can't be understood counts as yes, for the writer judges too. Raises ModelFailed."""
        prompt = self.book.get(community, "judge", language_of(question))
        turns = prompt.fill({"question": question, "searched": question, "passages": framed(passages)})
        reply = await whole_reply(self.priced, turns, meter, 500)
        found = _SAYS.findall(reply)
        if not found:
            return Says.YES
        word = found[-1].lower()
        return Says.PARTLY if word.startswith("part") else Says(word)
