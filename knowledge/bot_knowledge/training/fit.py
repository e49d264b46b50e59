"""Fits fusion (listwise softmax over a question's candidates) to collected examples, with a check on held-out questions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot_core.ports.knowledge import Passage
from bot_knowledge.ranking.candidates import Candidate
from bot_knowledge.ranking.rank import feature

Json = dict[str, Any]
Floats = NDArray[np.float64]
FULL = [
    "z_fast",
    "z_better",
    "z_late",
    "z_sharp",
    "late",
    "words",
    "coverage",
    "heading",
    "exact",
    "same",
    "document",
    "fits",
    "late_cross",
    "fast_cross",
]
FAST = ["z_fast", "lexical", "coverage", "heading", "exact", "same", "document", "fits", "fast_cross"]
READING = 0.4  # weight of an encyclopaedia's question against a community's
SETS = frozenset({"cmrc", "drcd", "sq2_en", "xq_en", "xq_zh", "xq_zh2en", "xq_en2zh"})
NOWHERE = Passage("", "", "", "", (), 0, "", "", "")


def fit(work: Path) -> Json:
    """Fit and print; return {"fusion": {"full": ..., "fast": ...}}."""
    reading = _load(work / "reading.json")
    own = [example for path in sorted(work.glob("*.full.json")) for example in _load(path)]
    fusion = {}
    for stage, names in (("full", FULL), ("fast", FAST)):
        alone = fit_fusion(reading, names) if reading else None
        if alone is not None and own:
            _say(f"{stage}: fitted to reading alone, on the corpora", hits(own, alone))
        folds = [
            fit_fusion([*reading, *[e for i, e in enumerate(own) if i % 4 != k]], names) for k in range(4)
        ]
        rows = [hits([e for i, e in enumerate(own) if i % 4 == k], folds[k]) for k in range(4)]
        _say(
            f"{stage}: four folds of the corpora",
            {key: float(np.mean([row[key] for row in rows])) for key in rows[0]},
        )
        fusion[stage] = fit_fusion([*reading, *own], names)
        _say(f"{stage}: everything", hits(own, fusion[stage]))
    return fusion


def fit_fusion(examples: Sequence[Json], names: Sequence[str], decay: float = 0.02) -> dict[str, float]:
    """Return weights that give the passages which hold the answer the greatest share of a softmax."""
    known = [example for example in examples if example["answerable"] and example["found"]]
    tables = [table(example, names) for example in known]
    labels = [np.array([c["label"] for c in example["candidates"]], dtype=float) for example in known]
    counts = {g: sum(e["group"] == g for e in known) for g in {e["group"] for e in known}}
    shares = np.array([1.0 / np.sqrt(counts[example["group"]]) for example in known])
    shares *= np.array(
        [READING if ":" in e["group"] and e["group"].split(":")[0] in SETS else 1.0 for e in known]
    )
    shares = shares / shares.sum()
    weights = np.full(len(names), 0.1)
    speed, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, 501):
        gradient = decay * weights
        for x, y, share in zip(tables, labels, shares, strict=True):
            odds = _softmax(x @ weights)
            right = odds * y
            gradient -= share * ((right / max(right.sum(), 1e-12) - odds) @ x)
        speed, second = 0.9 * speed + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        weights -= 0.05 * (speed / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    return dict(zip(names, [round(float(w), 4) for w in weights], strict=True))


def table(example: Json, names: Sequence[str]) -> Floats:
    """Return an example's features, (candidates, features)."""
    rows = []
    for signals in example["candidates"]:
        candidate = Candidate(NOWHERE, {k: v for k, v in signals.items() if isinstance(v, float)})
        rows.append([feature(candidate, name) for name in names])
    return np.array(rows)


def hits(examples: Sequence[Json], weights: Mapping[str, float]) -> dict[str, float]:
    """Return how often a passage that holds the answer comes first, or among the first five."""
    known = [example for example in examples if example["answerable"]]
    vector = np.array(list(weights.values()))
    found: dict[str, list[float]] = {"span@1": [], "span@5": [], "MRR": []}
    for example in known:
        order = np.argsort(-(table(example, list(weights)) @ vector), kind="stable")
        places = [place for place, index in enumerate(order) if example["candidates"][index]["label"]]
        first = places[0] if places else 10**6
        found["span@1"].append(float(first == 0))
        found["span@5"].append(float(first < 5))
        found["MRR"].append(1 / (first + 1))
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}


def _softmax(values: Floats) -> Floats:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())


def _load(path: Path) -> list[Json]:
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def _say(what: str, figures: Mapping[str, float]) -> None:
    print(f"{what:50}", {name: round(value, 3) for name, value in figures.items()})  # noqa: T201
