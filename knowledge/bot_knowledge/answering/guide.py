"""The Answerer: search, judge, quote."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot_core.answers import Answer, Outcome, Question, Reason, Retrieved
from bot_core.errors import BadInput
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import Reranker, Say
from bot_knowledge.answering.compose import Composed, Composer
from bot_knowledge.answering.expect import Expected, expected
from bot_knowledge.answering.follow import examples_from, follow_ups
from bot_knowledge.answering.quotes import Quote, Quoter
from bot_knowledge.answering.wording import EMPTY, EMPTY_QUESTION, LONG_QUESTION
from bot_knowledge.manifest import Manifest
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.ranking.candidates import Candidate, Finder, Search
from bot_knowledge.ranking.gate import Verdict, features, judge
from bot_knowledge.ranking.query import read_question, variants
from bot_knowledge.ranking.rank import rank
from bot_knowledge.ranking.snapshot import Snapshot, Snapshots
from bot_knowledge.weights import Learned

log = logging.getLogger(__name__)
SHOWN = 10  # passages that an answer names as considered
LEANING = 0.2  # of near + sure: a question that points back is seldom meant as it stands
PIECE = 24  # characters that are said at a time


@dataclass(frozen=True, slots=True)
class Judged:
    """One form of the question, searched and judged."""

    search: Search
    ranked: list[Candidate]
    quotes: list[Quote]
    verdict: Verdict
    features: Mapping[str, float]
    kind: Expected


class Guide:
    """The Answerer port without a language model: quotes of the documents, in their order of worth."""

    def __init__(
        self,
        finder: Finder,
        snapshots: Snapshots,
        manifest: Manifest,
        quoter: Quoter,
        learned: Learned,
        options: KnowledgeOptions,
    ) -> None:
        self._finder, self._snapshots, self._manifest = finder, snapshots, manifest
        self._quoter, self._learned, self._options = quoter, learned, options
        self._reranker: Reranker | None = options.reranker
        self._composer = Composer(options)

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """Search, judge and answer. Raises BadInput for a question that is empty or too long."""
        text = self._checked(question.text)
        started = time.perf_counter()
        snapshot = await self._snapshots.get(question.community)
        if not snapshot.total:
            return await self._empty(question, say)
        best = await self._best(question, text, snapshot)
        searched = time.perf_counter()
        if best is None:
            return await self._empty(question, say)
        composed = self._composer.compose(question.locale, best.verdict, best.quotes, best.ranked, best.kind)
        answer = self._answer(question, best, composed)
        timings = {
            "search": round((searched - started) * 1000, 1),
            "answer": round((time.perf_counter() - searched) * 1000, 1),
            "total": round((time.perf_counter() - started) * 1000, 1),
        }
        await _tell(answer.text, say)
        return _timed(answer, timings)

    async def judged(
        self, community: str, text: str, audience: frozenset[str] = frozenset()
    ) -> Judged | None:
        """Search and judge one form of a question; None where nobody's passage can be read. For training too."""
        snapshot = await self._snapshots.get(community)
        return await self._judged(community, text, audience, snapshot)

    async def examples(self, community: str, locale: Locale) -> list[str]:
        """Return up to four questions that the documents answer."""
        kept = await self._manifest.examples(community)
        if kept.get(locale.value):
            return kept[locale.value][:4]
        snapshot = await self._snapshots.get(community)
        return await examples_from(self._finder.store, community, snapshot, locale)

    def _checked(self, text: str) -> str:
        text = text.strip()
        if not any(letter.isalnum() for letter in text):
            raise BadInput("empty question", EMPTY_QUESTION)
        limit = self._options.question_characters
        if len(text) > limit:
            words = Words(LONG_QUESTION.zh.format(limit=limit), LONG_QUESTION.en.format(limit=limit))
            raise BadInput(f"question of {len(text)} characters", words)
        return text

    async def _best(self, question: Question, text: str, snapshot: Snapshot) -> Judged | None:
        """Search every form of the question and return the one that the gate likes best."""
        best: Judged | None = None
        lead = -LEANING  # what a form with history must be ahead of the plain one
        for form in variants(text, question.history):
            judged = await self._judged(question.community, form, question.audience, snapshot)
            if judged is not None and (best is None or _sureness(judged) > _sureness(best) + lead):
                lead = lead if best is None else 0.02
                best = judged
        return best

    async def _judged(
        self, community: str, text: str, audience: frozenset[str], snapshot: Snapshot
    ) -> Judged | None:
        asked = read_question(text)
        search = await self._finder.find(community, asked, snapshot, audience)
        if not search.candidates:
            return None
        stage = "full" if snapshot.complete and self._finder.signals.tokens else "fast"
        ranked = rank(search, self._learned.fusion[stage])
        ranked = await self._reranked(text, ranked)
        kind = expected(text)
        quotes = await self._quoter.choose(search, ranked, kind, self._learned.sentence[stage])
        found = features(search, ranked, quotes, kind)
        return Judged(search, ranked, quotes, judge(found, self._learned.gate[stage]), found, kind)

    async def _reranked(self, text: str, ranked: list[Candidate]) -> list[Candidate]:
        """Let a configured reranker order the first passages."""
        if self._reranker is None or len(ranked) < 2:
            return ranked
        first, rest = ranked[:20], ranked[20:]
        scores = await self._reranker.scores(text, [candidate.passage.text for candidate in first])
        order = sorted(range(len(first)), key=lambda index: -scores[index])
        return [first[index] for index in order] + rest

    async def _empty(self, question: Question, say: Say | None) -> Answer:
        text = EMPTY.of(question.locale)
        await _tell(text, say)
        return Answer(question.id, Outcome.UNKNOWN, text, reason=Reason.EMPTY, searched=question.text.strip())

    def _answer(self, question: Question, best: Judged, composed: Composed) -> Answer:
        return Answer(
            id=question.id,
            outcome=composed.outcome,
            text=composed.text,
            citations=composed.citations,
            retrieved=tuple(_retrieved(candidate) for candidate in best.ranked[:SHOWN]),
            reason=composed.reason,
            follow_ups=()
            if composed.outcome is Outcome.UNKNOWN
            else tuple(follow_ups(best.search, best.ranked, composed.citations)),
            searched=best.search.asked.text,
            index_version=best.search.snapshot.version,
        )


def _sureness(judged: Judged) -> float:
    return judged.verdict.near + judged.verdict.sure


def _retrieved(candidate: Candidate) -> Retrieved:
    passage = candidate.passage
    return Retrieved(
        source=passage.source,
        text=passage.text,
        score=round(candidate.score, 4),
        passage_id=passage.id,
        version=passage.version,
        heading=passage.heading,
        signals={name: round(value, 4) for name, value in candidate.signals.items()},
    )


async def _tell(text: str, say: Say | None) -> None:
    """Say the words piece by piece, whole words at a time."""
    if say is None:
        return
    start = 0
    while start < len(text):
        end = min(len(text), start + PIECE)
        space = text.find(" ", end)
        if end < len(text) and text[end - 1].isascii() and 0 <= space - end < 16:
            end = space
        await say(text[start:end])
        start = end


def _timed(answer: Answer, timings: Mapping[str, float]) -> Answer:

    return replace(answer, timings_ms=dict(timings))
