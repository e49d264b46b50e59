"""What the command line asks of the owner: each operation yields progress and, last, its result.

Operations take and give plain JSON values, because they cross the control socket.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot_app.document_operations import DocumentOperations, listed
from bot_app.evaluation import evaluation
from bot_app.glossary_operations import GlossaryOperations
from bot_core.answers import Answer, AnswerRecord, Outcome, Question, Turn
from bot_core.errors import BadInput, UnknownCommunity
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import Answerer, Glossary, Library
from bot_core.ports.ledger import Community, Ledger
from bot_core.ports.safety import Clock

Line = dict[str, object]
Operation = Callable[[Mapping[str, object]], AsyncIterator[Line]]

NAME_TAKES = Words("社区名：1-64 个小写字母、数字、- 或 _", "a community's name: 1-64 of a-z, 0-9, - and _")
SAMPLE = "sample"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class CurrentCommunity:
    """Which community is meant where none is named: the setting, or (``auto``) ``default`` once it has documents."""

    setting: str
    library: Library

    async def name(self, given: object = None) -> str:
        """Return the community's id."""
        if given:
            return str(given)
        if self.setting != "auto":
            return self.setting
        return DEFAULT if DEFAULT in await self.library.communities() else SAMPLE


def checked_name(name: str) -> str:
    """Return a community's name; raises BadInput for one that can't be a name."""
    good = name.isascii() and name.replace("-", "").replace("_", "").isalnum() and name == name.lower()
    if not good or len(name) > 64:
        raise BadInput(f"community {name[:80]!r}", NAME_TAKES)
    return name


class Operations:
    """The owner's operations; ``names`` maps each to its callable."""

    def __init__(
        self,
        answerer: Answerer,
        library: Library,
        ledger: Ledger,
        clock: Clock,
        current: CurrentCommunity,
        clean: Callable[[str], str],
        status: Callable[[], Awaitable[Line]],
        glossary: Glossary,
    ) -> None:
        self._answerer, self._library, self._ledger = answerer, library, ledger
        self._clock, self._current, self._clean, self._status = clock, current, clean, status
        self._glossary = glossary

    @property
    def names(self) -> dict[str, Operation]:
        """Return every operation under the name that crosses the socket."""
        return {
            "ask": self.ask,
            "votes": self.votes,
            **DocumentOperations(self._library, self._known, self._target).names,
            **GlossaryOperations(self._glossary, self._known).names,
            "eval": evaluation(self._answerer, self._known),
            "status": self.status,
        }

    async def ask(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{question, community?, locale?, history?} -> what ``yinlu ask --json`` prints; progress carries words."""
        community = await self._known(params.get("community"))
        question = Question(
            id=secrets.token_hex(12),
            community=community,
            text=self._clean(str(params.get("question", ""))),
            locale=Locale.parse(str(params.get("locale") or "")),
            person="cli:local",
            conversation="cli/local",
            history=read_history(params.get("history")),
        )
        answer = await self._answerer.answer(question)
        await self._ledger.record_answer(AnswerRecord(question, answer, self._clock.now(), "cli"))
        yield {"result": answer_json(answer)}

    async def votes(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """{community?, days?, limit?} -> a list of votes with question, answer and what was searched."""
        given = params.get("community")
        community = await self._known(given) if given else None
        days = float(str(params.get("days") or 0))
        since = self._clock.now() - timedelta(days=days) if days else None
        found = await self._ledger.votes(community, since, int(str(params.get("limit") or 100)))
        rows = [
            {
                "time": voted.vote.time.isoformat(),
                "community": voted.vote.community,
                "person": voted.vote.person,
                "value": voted.vote.value.value,
                "reason": voted.vote.reason.value if voted.vote.reason else None,
                "words": voted.vote.words,
                "answer_id": voted.vote.answer,
                "question": voted.record.question.text,
                "outcome": voted.record.answer.outcome.value,
                "answer": voted.record.answer.text,
                "sources": sorted({citation.source for citation in voted.record.answer.citations}),
            }
            for voted in found
        ]
        yield {"result": {"votes": rows}}

    async def status(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """Return what the owner runs and how much waits."""
        yield {"result": await self._status()}

    async def _target(self, given: object) -> str:
        """Return the community that documents go to, made where it is missing."""
        community = checked_name(str(given or DEFAULT))
        if community not in await self._communities():
            await self._ledger.add_community(Community(community, community, community, self._clock.now()))
        return community

    async def _known(self, given: object) -> str:
        name = await self._current.name(given)
        if given and name not in await self._communities():
            raise UnknownCommunity(name[:80])
        return name

    async def _communities(self) -> set[str]:
        return {community.id for community in await self._ledger.communities()}


def read_history(given: object) -> tuple[Turn, ...]:
    """Return turns from ``[{"role", "text"}]``; raises BadInput for anything else."""
    turns = []
    for turn in listed(given):
        if (
            not isinstance(turn, Mapping)
            or turn.get("role") not in ("user", "assistant")
            or "text" not in turn
        ):
            takes = 'a list of {"role": "user" | "assistant", "text": "..."}'
            raise BadInput("history", Words(f"对话历史应为 {takes}", f"the history takes {takes}"))
        turns.append(Turn(str(turn["role"]), str(turn["text"])))
    return tuple(turns)


def answer_json(answer: Answer) -> Line:
    """Return an answer in the shape that ``yinlu ask --json`` and POST /api/v1/ask keep stable."""
    return {
        "answer_id": answer.id,
        "outcome": answer.outcome.value,
        "abstained": answer.outcome is not Outcome.ANSWERED,
        "answer": answer.text,
        "citations": [
            {"n": c.n, "source": c.source, "heading": list(c.heading), "quote": c.quote}
            for c in answer.citations
        ],
        "retrieved": [{"source": r.source, "text": r.text, "score": r.score} for r in answer.retrieved],
        "timings_ms": dict(answer.timings_ms),
    }
