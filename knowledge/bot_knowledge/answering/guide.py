"""The Answerer: search, judge, quote."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot_core.answers import Answer, Outcome, Question, Reason, Retrieved
from bot_core.errors import BadInput, ModelFailed
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import Reranker, Say
from bot_knowledge.answering.compose import Composed, Composer
from bot_knowledge.answering.expect import Expected, expected
from bot_knowledge.answering.follow import examples_from, follow_ups
from bot_knowledge.answering.holds import holds_what_is_asked
from bot_knowledge.answering.kept import KeptAnswers
from bot_knowledge.answering.quotes import Quote, Quoter
from bot_knowledge.answering.wording import EMPTY, EMPTY_QUESTION, LONG_QUESTION
from bot_knowledge.cache import AnswerCache
from bot_knowledge.glossary.swaps import swapped
from bot_knowledge.manifest import Manifest
from bot_knowledge.options import KnowledgeOptions
from bot_knowledge.ranking.candidates import Candidate, Finder, Search
from bot_knowledge.ranking.gate import Verdict, features, judge
from bot_knowledge.ranking.query import points_back, read_question, variants
from bot_knowledge.ranking.rank import rank
from bot_knowledge.ranking.snapshot import Snapshot, Snapshots
from bot_knowledge.weights import Learned
from bot_knowledge.writing.authors import Authors
from bot_knowledge.writing.telling import Telling
from bot_knowledge.writing.usage import Meter
from bot_knowledge.writing.writer import Written

log = logging.getLogger(__name__)
SHOWN = 10  # passages that an answer names as considered
LEANING = 0.2  # of near + sure: a question that points back is seldom meant as it stands
SWAPPED = 0.05  # of near + sure: what another word of the glossary must gain
RERANKED = 20  # passages that a configured reranker orders


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
    """The Answerer port: quotes of the documents in their order of worth, or what a model writes from them."""

    def __init__(
        self,
        finder: Finder,
        snapshots: Snapshots,
        manifest: Manifest,
        quoter: Quoter,
        learned: Learned,
        options: KnowledgeOptions,
        authors: Authors,
    ) -> None:
        self._finder, self._snapshots, self._manifest = finder, snapshots, manifest
        self._quoter, self._learned, self._options = quoter, learned, options
        self._reranker: Reranker | None = options.reranker
        self._composer = Composer(options)
        self._authors = authors
        cache = AnswerCache(options.clock.monotonic, options.kept_answers)
        self._kept = KeptAnswers(cache, finder.signals.fast, finder.store, manifest, authors)

    async def answer(self, question: Question, say: Say | None = None) -> Answer:
        """Search, judge and answer. Raises BadInput for a question that is empty or too long."""
        text = self._checked(question.text)
        started = time.perf_counter()
        telling, meter = Telling(say), Meter()
        snapshot = await self._snapshots.get(question.community)
        key = self._kept.key(question, snapshot)
        answer = await self._kept.find(key, question, text) if snapshot.total else None
        timings: dict[str, float] = {}
        if answer is None:
            best = await self._best(question, text, snapshot, meter) if snapshot.total else None
            timings["search"] = _since(started)
            if best is None:
                return await self._empty(question, telling)
            answer = await self._answered(question, best, telling, meter)
            await self._kept.keep(key, text, answer)
        await telling.settle(answer.text)
        if telling.first is not None:
            timings["first"] = round((telling.first - started) * 1000, 1)
        timings["total"] = _since(started)
        return replace(answer, timings_ms={**answer.timings_ms, **timings})

    async def judged(
        self, community: str, text: str, audience: frozenset[str] = frozenset()
    ) -> Judged | None:
        """Search and judge one form of a question; None where nobody's passage can be read. For training too."""
        snapshot = await self._snapshots.get(community)
        return await self._judged(community, text, audience, snapshot)

    async def snapshot(self, community: str) -> Snapshot:
        """Return what the community's index looks like now."""
        return await self._snapshots.get(community)

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

    async def _answered(self, question: Question, best: Judged, telling: Telling, meter: Meter) -> Answer:
        """Let the models write where there are any; what they don't write is quoted."""
        asked = best.search.asked.text
        composed = self._composer.compose(
            question.locale, best.verdict, best.quotes, best.ranked, best.kind, asked
        )
        written: Written | None = None
        if (
            composed.reason is not Reason.DISAGREE
        ):  # both sides are quoted with their dates: that can't be said better
            passages = [candidate.passage for candidate in best.ranked]
            written = await self._authors.write(question, asked, best.verdict, passages, telling, meter)
        if written is None:
            return replace(
                self._answer(question, best, composed), usage=meter.usage, model=self._made_by(meter)
            )
        if written.outcome is Outcome.UNKNOWN:
            verdict = replace(best.verdict, outcome=written.outcome, reason=written.reason)
            composed = self._composer.compose(question.locale, verdict, (), best.ranked, best.kind)
        else:
            composed = Composed(written.text, written.citations, written.outcome, written.reason)
        return replace(
            self._answer(question, best, composed),
            model=self._authors.model,
            prompt_version=written.prompt_version,
            usage=meter.usage,
            timings_ms=written.timings_ms,
        )

    def _made_by(self, meter: Meter) -> str:
        """Return what made an answer of quotes: by themselves, or in the place of a model that was asked in vain."""
        return f"extractive (instead of {self._authors.model})" if meter.failed else "extractive"

    async def _best(self, question: Question, text: str, snapshot: Snapshot, meter: Meter) -> Judged | None:
        """Search every form of the question and return the one that the gate likes best."""
        best: Judged | None = None
        lead = -LEANING  # what a form with history must be ahead of the plain one
        for form in variants(text, question.history):
            judged = await self._judged(question.community, form, question.audience, snapshot)
            if judged is not None and (best is None or _sureness(judged) > _sureness(best) + lead):
                lead = lead if best is None else 0.02
                best = judged
        if best is not None and snapshot.glossary:
            best = await self._in_other_words(question, best, snapshot)
        if points_back(text) and (full := await self._authors.rewritten(question, text, meter)):
            judged = await self._judged(question.community, full, question.audience, snapshot)
            if judged is not None and (best is None or _sureness(judged) > _sureness(best) - LEANING):
                best = judged
        return best

    async def _in_other_words(self, question: Question, best: Judged, snapshot: Snapshot) -> Judged:
        """Search with the glossary's words too; a form counts where the gate likes it clearly better."""
        text, plain = best.search.asked.text, _sureness(best)
        for form in swapped(text, snapshot.glossary, question.audience, snapshot.frequency):
            judged = await self._judged(question.community, form, question.audience, snapshot)
            if judged is not None and _sureness(judged) > max(_sureness(best), plain + SWAPPED):
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
        verdict = judge(found, self._learned.gate[stage], kind)
        if verdict.outcome is Outcome.ANSWERED and not holds_what_is_asked(text, quotes):
            verdict = replace(verdict, outcome=Outcome.RELATED, reason=Reason.NEAR_BUT_NOT_THIS)
        return Judged(search, ranked, quotes, verdict, found, kind)

    async def _reranked(self, text: str, ranked: list[Candidate]) -> list[Candidate]:
        """Let a configured reranker order the first passages; where it fails they stay as they are."""
        if self._reranker is None or len(ranked) < 2:
            return ranked
        first, rest = ranked[:RERANKED], ranked[RERANKED:]
        try:
            scores = await self._reranker.scores(text, [candidate.passage.text for candidate in first])
        except ModelFailed as failed:
            log.warning("passages not reranked", extra={"why": str(failed)})
            return ranked
        order = sorted(range(len(first)), key=lambda index: -scores[index])
        return [first[index] for index in order] + rest

    async def _empty(self, question: Question, telling: Telling) -> Answer:
        text = EMPTY.of(question.locale)
        await telling.settle(text)
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


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
