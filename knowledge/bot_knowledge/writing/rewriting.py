"""A question made readable without the talk before it, by a model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.answers import Turn
from bot_core.errors import ModelFailed
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.text.language import language_of
from bot_knowledge.writing.asking import whole_reply
from bot_knowledge.writing.prompts import PromptBook
from bot_knowledge.writing.usage import Meter

log = logging.getLogger(__name__)
TURNS = 6
PER_TURN = 500  # characters
LONGEST = 400  # characters of a rewritten question


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Asks a model for the question in full; the gate decides later whether that form is the better one."""

    priced: Priced
    book: PromptBook

    async def rewritten(self, community: str, text: str, history: Sequence[Turn], meter: Meter) -> str:
        """Return the question in full; '' where the model fails, says nothing useful or would change nothing."""
        prompt = self.book.get(community, "rewrite", language_of(text))
        said = "\n".join(f"{turn.role}: {turn.text[:PER_TURN]}" for turn in history[-TURNS:])
        try:
            reply = await whole_reply(
                self.priced, prompt.fill({"question": text, "history": said}), meter, 500
            )
        except ModelFailed as failed:
            log.warning("question not rewritten", extra={"why": str(failed)})
            return ""
        line = reply.split("\n")[0].strip().strip("\"“”'`").strip()
        return line if 0 < len(line) <= LONGEST and line != text else ""
