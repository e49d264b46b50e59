"""What a question cost: tokens of every model that worked on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.answers import Usage
from bot_core.ports.knowledge import ChatTurn
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.text.language import CJK

_CJK = re.compile(f"[{CJK}]")


@dataclass(slots=True)
class Meter:
    """Adds up tokens and money; one per question."""

    prompt: int = 0
    completion: int = 0
    cost: float = 0.0
    failed: bool = False  # a model was asked to write, in vain

    def add(self, priced: Priced, prompt: int, completion: int) -> None:
        """Count what a model read and wrote."""
        self.prompt += prompt
        self.completion += completion
        self.cost += priced.cost(prompt, completion)

    def add_unreported(self, priced: Priced, turns: Sequence[ChatTurn], said: str) -> None:
        """Count a call whose end was never heard (broken off, or given up by us) by the length of its texts."""
        self.add(priced, sum(estimated(turn.text) for turn in turns), estimated(said))

    @property
    def usage(self) -> Usage:
        """Return the sums."""
        return Usage(self.prompt, self.completion, round(self.cost, 8))


def estimated(text: str) -> int:
    """Return about how many tokens a text has: a Chinese character counts one, other letters a quarter."""
    chinese = len(_CJK.findall(text))
    return chinese + (len(text) - chinese + 3) // 4
