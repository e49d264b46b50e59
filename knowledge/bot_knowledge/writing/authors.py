"""The models that work on an answer together: who rewrites, who judges, who writes; and what holds when one fails."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot_core.answers import Outcome, Question, Reason, Turn
from bot_core.errors import MissingExtra, ModelFailed
from bot_core.identity import Locale
from bot_core.ports.knowledge import Embedder, Passage
from bot_core.ports.safety import Clock
from bot_knowledge.answering.age import age_in_words
from bot_knowledge.answering.wording import OLD
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.ranking.gate import Verdict
from bot_knowledge.writing.framing import chosen
from bot_knowledge.writing.judging import Judge, is_near_miss, worth_asking
from bot_knowledge.writing.opening import Says
from bot_knowledge.writing.options import WritingOptions
from bot_knowledge.writing.prompts import PromptBook
from bot_knowledge.writing.rewriting import Rewriter
from bot_knowledge.writing.telling import Telling
from bot_knowledge.writing.usage import Meter
from bot_knowledge.writing.writer import Writer, Written

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authors:
    """All parts are optional but the book; without a writer the answer is made of quotes."""

    book: PromptBook
    clock: Clock
    old_after_days: int
    writer: Writer | None = None
    judge: Judge | None = None
    rewriter: Rewriter | None = None

    @property
    def signature(self) -> str:
        """Return what answers depend on besides documents: the models' names."""
        parts = (self.writer, self.judge, self.rewriter)
        return "|".join(part.priced.model.name if part is not None else "" for part in parts)

    @property
    def model(self) -> str:
        """Return the answering model's name, '' without one."""
        return self.writer.priced.model.name if self.writer is not None else ""

    async def rewritten(self, question: Question, text: str, meter: Meter) -> str:
        """Return the question in full by what was said before; '' where nobody rewrites or nothing was said."""
        history: Sequence[Turn] = question.history
        if self.rewriter is None or not any(turn.role == "user" for turn in history):
            return ""
        return await self.rewriter.rewritten(question.community, text, history, meter)

    async def write(
        self,
        question: Question,
        searched: str,
        verdict: Verdict,
        passages: Sequence[Passage],
        telling: Telling,
        meter: Meter,
    ) -> Written | None:
        """Write an answer and say it as it comes; None where that is better left to quotes, or where a model failed."""
        if self.writer is None or not worth_asking(verdict) or not passages:
            return None
        try:
            if self.judge is not None and is_near_miss(verdict):
                says = await self.judge.says(question.community, searched, chosen(passages), meter)
                if says is Says.NO:
                    version = self.book.get(question.community, "judge", question.locale.value).version
                    return Written(Outcome.UNKNOWN, Reason.NEAR_BUT_NOT_THIS, prompt_version=version)
            written = await self.writer.write(question, searched, passages, telling, meter)
        except (ModelFailed, MissingExtra) as failed:
            meter.failed = True
            log.warning("answered by quotes instead", extra={"why": str(failed), "question": question.id})
            return None
        return await self._with_age(written, question.locale, telling)

    async def _with_age(self, written: Written, locale: Locale, telling: Telling) -> Written:
        """Say how old the documents are where an answer rests on old ones alone."""
        dates = [citation.date for citation in written.citations]
        if not dates or not all(dates) or written.reason is not Reason.NONE:
            return written
        newest = max(dates)
        age = age_in_words(newest, locale, self.clock, self.old_after_days)
        if not age:
            return written
        await telling.add(f"\n\n{OLD.of(locale).format(date=newest, age=age)}")
        return replace(written, text=telling.said, reason=Reason.OLD)


def gathered(options: WritingOptions, embedder: Embedder, clock: Clock, old_after_days: int) -> Authors:
    """Put together who works on answers. Raises SettingWrong where a community's prompt is not in order."""
    book = PromptBook(options.prompts)
    book.check()

    def writer(priced: Priced | None) -> Writer | None:
        return Writer(priced, book, embedder, clock) if priced is not None else None

    return Authors(
        book,
        clock,
        old_after_days,
        writer(options.answer),
        Judge(options.judge, book) if options.judge is not None else None,
        Rewriter(options.rewrite, book) if options.rewrite is not None else None,
    )
