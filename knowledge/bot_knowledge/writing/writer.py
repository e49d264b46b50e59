"""The writer: a model's reply, let through sentence by sentence, each with the quote it rests on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, cast

from bot_core.answers import Citation, Outcome, Question, Reason
from bot_core.errors import ModelFailed
from bot_core.identity import Locale
from bot_core.ports.knowledge import ChatTurn, Embedder, Passage
from bot_core.ports.safety import Clock
from bot_knowledge.models.endpoints import Priced
from bot_knowledge.text.language import folded, language_of
from bot_knowledge.text.terms import terms
from bot_knowledge.writing.asking import metered
from bot_knowledge.writing.checking import Checker, Support
from bot_knowledge.writing.facts import denied, names, standing, stated
from bot_knowledge.writing.framing import chosen, framed
from bot_knowledge.writing.opening import Opening, Says
from bot_knowledge.writing.prompts import PromptBook
from bot_knowledge.writing.sentences import Piece, Sentences
from bot_knowledge.writing.telling import Telling
from bot_knowledge.writing.tidy import Tidy
from bot_knowledge.writing.usage import Meter
from bot_knowledge.writing.words import LEFT_OUT, PARTLY

log = logging.getLogger(__name__)
MOST_TOKENS = 900
MOST_CHARACTERS = 6_000  # of a reply; what comes after is not listened to
LEAD_IN = 90  # characters


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote and was let through; UNKNOWN where it says that the passages don't answer."""

    outcome: Outcome
    reason: Reason
    text: str = ""
    citations: tuple[Citation, ...] = ()
    prompt_version: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """An answer that grows; ``held`` are words that lead in to what has not come yet."""

    tidy: Tidy
    checker: Checker
    telling: Telling
    question: str
    lead: str
    citations: list[Citation] = field(default_factory=list)
    held: list[Piece] = field(default_factory=list)
    kept: int = 0
    dropped: int = 0
    slowest: float = 0.0  # seconds from a whole sentence to its words


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers with a model. Nothing is said that no passage says."""

    priced: Priced
    book: PromptBook
    embedder: Embedder
    clock: Clock

    async def write(
        self, question: Question, searched: str, passages: Sequence[Passage], telling: Telling, meter: Meter
    ) -> Written:
        """Write an answer and say it as it comes. Raises ModelFailed, also where hardly anything of it is supported."""
        given = chosen(passages)
        prompt = self.book.get(question.community, "answer", language_of(question.text))
        turns = prompt.fill(
            {
                "question": question.text.strip(),
                "searched": searched,
                "passages": framed(given),
                "today": self.clock.now().date().isoformat(),
            }
        )
        checker = Checker(given, self.embedder, f"{question.text} {searched}")
        draft = _Draft(Tidy(given), checker, telling, question.text, "")
        preparing = asyncio.create_task(checker.prepare(), name="prepare-check")
        try:
            says, timings = await self._listen(turns, draft, preparing, question.locale, meter)
        finally:
            preparing.cancel()
            with suppress(asyncio.CancelledError):
                await preparing
        return await self._finished(says, draft, question.locale, prompt.version, timings)

    async def _listen(
        self,
        turns: Sequence[ChatTurn],
        draft: _Draft,
        preparing: asyncio.Task[None],
        locale: Locale,
        meter: Meter,
    ) -> tuple[Says, dict[str, float]]:
        """Take the reply in, sentence by sentence; return what it says of the passages, and times."""
        opening, sentences = Opening(judged=True), Sentences()
        options = {"temperature": 0.0, "max_tokens": MOST_TOKENS}
        started = time.perf_counter()
        timings: dict[str, float] = {}
        heard = 0
        async with aclosing(cast("Any", metered(self.priced, turns, meter, options))) as chunks:
            async for chunk in chunks:
                timings.setdefault("model_first", _since(started))
                heard += len(chunk.text)
                whole = sentences.feed(opening.feed(chunk.text) + (opening.finish() if chunk.done else ""))
                if chunk.done and not chunk.cut:
                    whole += sentences.finish()
                if opening.says is Says.NO:
                    return Says.NO, timings
                if whole:
                    await preparing
                    draft.lead = PARTLY.of(locale) if opening.says is Says.PARTLY else ""
                for piece in whole:
                    await _let_through(piece, draft)
                    if draft.kept:
                        timings.setdefault("first_words", _since(started))
                if heard > MOST_CHARACTERS:
                    break
        timings["check"] = round(draft.slowest * 1000, 1)
        return opening.says or Says.YES, timings

    async def _finished(
        self, says: Says, draft: _Draft, locale: Locale, version: str, timings: dict[str, float]
    ) -> Written:
        if says is Says.NO:
            reason = Reason.NEAR_BUT_NOT_THIS
            return Written(Outcome.UNKNOWN, reason, prompt_version=version, timings_ms=timings)
        log.info("answer checked", extra={"kept": draft.kept, "dropped": draft.dropped})
        if not draft.kept or draft.dropped > 2 * draft.kept:
            why = f"{draft.dropped} of its {draft.kept + draft.dropped} sentences stand in no passage"
            raise ModelFailed("answer", self.priced.model.name, why)
        if draft.dropped:
            await draft.telling.add(f"\n\n{LEFT_OUT.of(locale)}")
        partly = says is Says.PARTLY
        return Written(
            Outcome.RELATED if partly else Outcome.ANSWERED,
            Reason.NEAR_BUT_NOT_THIS if partly else Reason.NONE,
            draft.telling.said,
            tuple(draft.citations),
            version,
            timings,
        )


async def _let_through(piece: Piece, draft: _Draft) -> None:
    """Say a sentence where a passage says it too; hold what leads in to others; drop the rest."""
    started = time.perf_counter()
    claim = draft.tidy.clean(piece.claim)
    if not any(letter.isalnum() for letter in claim):
        return
    if _leads_in(claim, draft):
        draft.held = [Piece(piece.before, claim)]
        return
    supports = await draft.checker.support(claim, piece.cited)
    if not supports:
        if not _is_item(piece):  # what leads in to a list waits for its next item
            draft.held.clear()
        draft.dropped += len(terms(claim)) > 1
        return
    numbers = dict.fromkeys(_number(support, draft.citations) for support in supports)
    text = ""
    for part in (*draft.held, Piece(piece.before, f"{claim} {''.join(f'[{number}]' for number in numbers)}")):
        begun = bool(draft.telling.said or text)
        text += (part.before or " " if begun else part.before.lstrip()) + part.text
    if draft.lead and not draft.kept:
        text = f"{draft.lead}\n\n{text}"
    draft.held.clear()
    draft.kept += 1
    draft.slowest = max(draft.slowest, time.perf_counter() - started)
    await draft.telling.add(text)


def _leads_in(claim: str, draft: _Draft) -> bool:
    """Say whether a sentence only leads in to a list, and with nothing that is not known: "You need:"."""
    if len(claim) > LEAD_IN or not claim.rstrip("* ").endswith((":", "：")) or denied(claim):
        return False
    known = f"{draft.question} {' '.join(passage.text for passage in draft.checker.passages)}"
    plain = folded(known)
    return stated(claim) <= standing(known) and all(
        name in plain for name in names(claim, same_language=False)
    )


def _is_item(piece: Piece) -> bool:
    return "\n" in piece.before and piece.before.strip() != ""


def _number(support: Support, citations: list[Citation]) -> int:
    """Return the number of the citation of a window; a new one where it was not cited before."""
    for citation in citations:
        same = (citation.passage_id, citation.start, citation.end)
        if same == (support.passage.id, support.start, support.end):
            return citation.n
    citations.append(_citation(len(citations) + 1, support))
    return len(citations)


def _citation(number: int, support: Support) -> Citation:
    passage = support.passage
    return Citation(
        n=number,
        source=passage.source,
        title=passage.title,
        heading=passage.heading,
        quote=passage.text[support.start : support.end],
        passage=passage.text,
        passage_id=passage.id,
        version=passage.version,
        url=passage.url,
        date=passage.date,
        start=support.start,
        end=support.end,
    )


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
