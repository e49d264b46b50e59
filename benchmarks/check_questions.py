"""Check a question set against its documents: `check_questions.py QUESTIONS DOCUMENTS`.

Every gold file must exist and at least one must hold the gold span as plain text; ids and questions are unique.
"""

import argparse
import html
import json
import re
import statistics
import sys
from collections import Counter
from pathlib import Path
from typing import Any

KINDS = re.compile("exact|paraphrase|crosslingual|table|steps|number|offtopic|nearmiss|contradiction")
LONGEST_SPAN = 160  # characters
TOLERANCE = 0.10  # between the mean lengths of answerable and unanswerable questions


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\*\*|`", "", text)).strip()


def plain_text(path: Path) -> str:
    """The words of a file without tags, comments and inline Markdown marks, white space collapsed."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", " ", text, flags=re.S)
        text = html.unescape(re.sub(r"<[^>]+>", "", text))
    return squeezed(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))


def faults(row: dict[str, Any], documents: Path) -> list[str]:
    """What is wrong with one question, as sentences."""
    if not KINDS.fullmatch(row["kind"]):
        return [f"unknown kind {row['kind']}"]
    if not row["answerable"]:
        return ["unanswerable, yet it has gold"] if row["gold_file"] or row["gold_span"] else []
    gold = row["gold_file"] if isinstance(row["gold_file"], list) else [row["gold_file"]]
    if missing := [f"no such file: {name}" for name in gold if not (documents / name).is_file()]:
        return missing
    found = any(squeezed(row["gold_span"]) in plain_text(documents / name) for name in gold)
    return [] if found and len(row["gold_span"]) <= LONGEST_SPAN else [f"bad span: {row['gold_span']}"]


def report(rows: list[dict[str, Any]]) -> list[str]:
    """Print counts; name the languages whose question lengths give the answerable ones away."""
    for (kind, lang), count in sorted(Counter((row["kind"], row["lang"]) for row in rows).items()):
        print(f"{kind:14}{lang}  {count}")
    uneven = []
    for lang in sorted({row["lang"] for row in rows}):
        own = [row for row in rows if row["lang"] == lang]
        yes = [len(row["question"]) for row in own if row["answerable"]]
        no = [len(row["question"]) for row in own if not row["answerable"]]
        means = statistics.fmean(yes), statistics.fmean(no)
        print(f"{lang}: {len(yes)} answerable, mean length {means[0]:.1f}; {len(no)} not, {means[1]:.1f}")
        if max(means) - min(means) > TOLERANCE * max(means):
            uneven.append(f"{lang}: mean lengths differ by more than {TOLERANCE:.0%}")
    return uneven


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("documents", type=Path)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.questions.read_text(encoding="utf-8").splitlines()]
    wrong = [f"{row['id']}: {fault}" for row in rows for fault in faults(row, given.documents)]
    for field in ("id", "question"):
        wrong += [f"{v!r} used {n} times" for v, n in Counter(r[field] for r in rows).items() if n > 1]
    wrong += report(rows)
    print(*wrong, f"{len(rows)} questions, {len(wrong)} faults", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
