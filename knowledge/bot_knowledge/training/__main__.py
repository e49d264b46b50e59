"""``python -m bot_knowledge.training collect|fit``: see --help.

Collect after the weights of fusion or of sentences changed, too: the gate's features come from what these put first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Literal

from bot_knowledge.training.collect import from_corpus, from_parts, from_reading
from bot_knowledge.training.fit import fit
from bot_knowledge.training.gate import check
from bot_knowledge.training.sentences import fit_sentences

STAGES: tuple[Literal["full", "fast"], ...] = ("full", "fast")


def main() -> None:
    """Collect examples, or fit weights to them."""
    parser = argparse.ArgumentParser(prog="python -m bot_knowledge.training", description=__doc__)
    parser.add_argument("step", choices=("collect", "fit"))
    parser.add_argument("--reading", type=Path, help="groups.json.gz of the reading-comprehension sets")
    parser.add_argument(
        "--corpus", type=Path, nargs=2, action="append", metavar=("FOLDER", "QUESTIONS"), default=[]
    )
    parser.add_argument("--work", type=Path, required=True, help="a folder for indexes and examples")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.step == "collect":
        asyncio.run(_collect(given.reading, given.corpus, given.work))
    else:
        learned = {
            "fusion": fit(given.work),
            "sentence": fit_sentences(given.work),
            "gate": {stage: check(given.work, stage) for stage in STAGES},
        }
        (given.work / "learned.json").write_text(json.dumps(learned, indent=1) + "\n", encoding="utf-8")


async def _collect(reading: Path | None, corpora: list[list[Path]], work: Path) -> None:
    if reading is not None:
        examples = await from_reading(reading, work)
        (work / "reading.json").write_text(json.dumps(examples, ensure_ascii=False), encoding="utf-8")
    for folder, questions in corpora:
        for stage in STAGES:
            examples = await from_corpus(folder, questions, work, folder.name, stage)
            path = work / f"{folder.name}.{stage}.json"
            path.write_text(json.dumps(examples, ensure_ascii=False), encoding="utf-8")
            small = await from_parts(folder, questions, work, folder.name, stage)
            path = work / f"{folder.name}.{stage}.small.json"
            path.write_text(json.dumps(small, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
