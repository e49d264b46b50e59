"""What can be chosen about answers that a model writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot_knowledge.models.endpoints import Priced


@dataclass(frozen=True, slots=True)
class WritingOptions:
    """``judge`` and ``rewrite`` may be missing: the answering model judges as it writes, terms are carried over.

    ``prompts`` is a folder with COMMUNITY/answer.zh.md and the like, for communities that want prompts of their own.
    """

    answer: Priced | None = None
    rewrite: Priced | None = None
    judge: Priced | None = None
    prompts: Path | None = None
