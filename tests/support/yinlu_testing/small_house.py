"""A house without engines and models, for tests of the command line: what it was asked, it tells.

As a program (``python -m yinlu_testing.small_house ask ...``) it is ``yinlu`` with this house instead of the real one.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot_app.cli import main
from bot_app.control import Line, Operation
from bot_app.engine_valkey import embedded_valkey
from bot_app.owner import Owner
from bot_app.settings import Settings
from bot_core.errors import BadInput, UnknownCommunity
from bot_core.identity import Words

ANSWER = {
    "answer_id": "ab" * 12,
    "outcome": "answered",
    "abstained": False,
    "answer": "The ferry leaves at **07:45**. [1]",
    "citations": [
        {"n": 1, "source": "docs/ferry.md", "heading": ["Ferry"], "quote": "The ferry leaves at 07:45."}
    ],
    "retrieved": [{"source": "docs/ferry.md", "text": "The ferry leaves at 07:45.", "score": 1.5}],
    "timings_ms": {"total": 12.0},
}
VOTE = {
    "time": "2026-11-01T10:00:00+00:00",
    "community": "sample",
    "person": "web:1",
    "value": "down",
    "reason": "outdated",
    "words": "[bold]new[/bold] timetable",
    "answer_id": "ab" * 12,
    "question": "When?",
    "outcome": "answered",
    "answer": "At 07:45.",
    "sources": ["docs/ferry.md"],
}


GROUPS = [{"terms": ["Purser", "账房"], "source": "docs/words.md", "audience": ["mods"]}]
SHOWN = {
    "community": "sample",
    "source": "docs/ferry.md",
    "title": "Ferry",
    "url": "",
    "passages": [
        {
            "position": 0,
            "heading": ["When", "Winter"],
            "language": "en",
            "date": "2026-01-02",
            "audience": ["mods"],
            "text": "It leaves [at] nine.",
        }
    ],
}


@dataclass
class SmallHouse:
    """Its operations answer from constants and write what they were given to ``data/calls``."""

    data: Path
    urls: tuple[str, ...] = ()
    pid: int = field(default_factory=os.getpid)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Stand until told to end."""
        await stop.wait()

    @property
    def operations(self) -> Mapping[str, Operation]:
        """Return everything that the command line knows."""
        found: dict[str, Operation] = {
            "ask": self._ask,
            "ingest": self._ingest,
            "eval": self._eval,
            "votes": self._constant({"votes": [VOTE]}),
            "documents": self._constant(
                {
                    "community": "sample",
                    "documents": [{"source": "docs/ferry.md", "title": "Ferry", "audience": ["mods"]}],
                    "failed": [{"source": "docs/[bad].md", "reason": "binary"}],
                }
            ),
            "forget": self._forget,
            "show": self._constant(SHOWN),
            "reindex": self._constant({"community": "sample", "documents": 3}),
            "page": self._constant({"links": ["http://127.0.0.1:1/#admin=1.2"]}),
            "audience": self._constant({"community": "sample", "documents": 2, "audience": ["mods"]}),
            "glossary": self._constant({"community": "sample", "groups": GROUPS}),
            "glossary.add": self._constant({"community": "sample", "terms": ["oil", "灯油"], "source": ""}),
            "glossary.remove": self._constant({"community": "sample", "removed": 1}),
            "status": self._constant({"pid": self.pid, "urls": list(self.urls)}),
        }
        return {name: self._noted(name, operation) for name, operation in found.items()}

    def _noted(self, name: str, operation: Operation) -> Operation:
        async def noted(params: Mapping[str, object]) -> AsyncIterator[Line]:
            with (self.data / "calls").open("a") as calls:
                calls.write(json.dumps([name, dict(params), self.pid]) + "\n")
            async for line in operation(params):
                yield line

        return noted

    async def _ask(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        question = str(params["question"])
        if not question.strip():
            raise BadInput("empty", Words("问题是空的。", "The question is empty."))
        if params.get("community") == "nowhere":
            raise UnknownCommunity("nowhere")
        if question == "crash":
            raise RuntimeError("a fault of ours")
        if question == "die" and not (self.data / "died").exists():
            (self.data / "died").touch()
            os._exit(9)
        if question.startswith("wait"):
            await asyncio.sleep(float(question.split()[1]))
        if question == "huge":
            yield {"result": {**ANSWER, "answer": "x" * 3_000_000}}
            return
        yield {"result": ANSWER}

    async def _ingest(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        for done in range(1, 1001):
            yield {"progress": {"stage": "reading", "done": done, "total": 1000, "source": f"docs/{done}.md"}}
        bad = [{"source": "docs/[bad].md", "reason": "binary"}]
        yield {"result": {"added": 1, "updated": 0, "removed": 0, "unchanged": 2, "failed": bad}}

    async def _eval(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        yield {"progress": {"stage": "evaluating", "done": 1, "total": 1}}
        summary = {"all": {"hit@1": 0.75}, "zh": {"hit@1": 0.5}, "en": {"hit@1": 1.0}}
        yield {
            "result": {
                "summary": summary,
                **({"out": params["out"]} if params["out"] else {"rows": [{"id": "1"}]}),
            }
        }

    async def _forget(self, params: Mapping[str, object]) -> AsyncIterator[Line]:
        yield {"result": {"community": "sample", "removed": 0 if params["source"] == "nothing" else 2}}

    def _constant(self, value: Line) -> Operation:
        async def constant(params: Mapping[str, object]) -> AsyncIterator[Line]:
            yield {"result": value}

        return constant


@asynccontextmanager
async def open_small_house(settings: Settings, owner: Owner, *, serve: bool) -> AsyncIterator[SmallHouse]:
    """Open it; with YINLU_COMMUNITY=valkey a serving one has its embedded Valkey."""
    house = SmallHouse(settings.data, ("http://127.0.0.1:1",) if serve else ())
    if serve and settings.community == "valkey":
        async with embedded_valkey(settings) as url:
            house.urls = (url,)
            yield house
    else:
        yield house


def calls(data: Path) -> list[tuple[str, dict[str, object], int]]:
    """Return what houses on ``data`` were asked: name, parameters, process."""
    return [tuple(json.loads(line)) for line in (data / "calls").read_text().splitlines()]


if __name__ == "__main__":
    main(open_house=open_small_house)
