"""Fits what makes a sentence the answer: a softmax over all sentences of the first passages (listwise, Cao et al., 2007)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
Floats = NDArray[np.float64]
PLAIN = [
    "words",
    "in_path",
    "in_above",
    "fits",
    "unfit",
    "figure",
    "first",
    "lead_in",
    "header",
    "asks",
    "echo",
    "row",
    "item",
    "listed",
    "new",
    "long",
    "behind",
    "place",
    "alike",
]
NAMES = {"full": ["late", "even", "low", "late_best", *PLAIN], "fast": PLAIN}
DECAY = 0.03
STEPS = 200


def fit_sentences(work: Path) -> dict[str, dict[str, float]]:
    """Fit and print with six folds of the corpora; return weights by stage."""
    found = {}
    for stage, names in NAMES.items():
        own = [
            e for path in sorted(work.glob(f"*.{stage}.json")) for e in json.loads(path.read_text("utf-8"))
        ]
        known = [example for example in own if example["answerable"]]
        rates = []
        for fold in range(6):
            weights = fit_weights([e for i, e in enumerate(known) if i % 6 != fold], names)
            rates += [first_holds(e, weights) for i, e in enumerate(known) if i % 6 == fold]
        print(stage, "sentence holds the answer, six folds", round(float(np.mean(rates)), 3))  # noqa: T201
        found[stage] = fit_weights(known, names)
    return found


def fit_weights(examples: Sequence[Json], names: Sequence[str]) -> dict[str, float]:
    """Return weights that give the sentences which hold the answer the greatest share of a softmax."""
    known = [e["sentences"] for e in examples if any(row["label"] for row in e["sentences"])]
    tables = [np.array([[row.get(name, 0.0) for name in names] for row in rows]) for rows in known]
    labels = [np.array([row["label"] for row in rows], dtype=float) for rows in known]
    whole = np.concatenate(tables)
    spread = whole.std(axis=0) + 1e-6
    tables = [table / spread for table in tables]
    weights = np.zeros(len(names))
    speed, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        gradient = DECAY * weights - _pull(tables, labels, weights) / len(tables)
        speed, second = 0.9 * speed + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        weights -= 0.05 * (speed / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    plain = weights / spread
    return {name: round(float(w), 4) for name, w in zip(names, plain, strict=True)}


def _pull(tables: Sequence[Floats], labels: Sequence[Floats], weights: Floats) -> Floats:
    """Return the gradient of the log likelihood that the chosen sentence is one of the right ones."""
    total = np.zeros_like(weights)
    for table, label in zip(tables, labels, strict=True):
        scores = table @ weights
        odds = np.exp(scores - scores.max())
        odds /= odds.sum()
        right = odds * label
        total += (right / max(right.sum(), 1e-12) - odds) @ table
    return total


def first_holds(example: Json, weights: Mapping[str, float]) -> bool:
    """Say whether the sentence that is worth most holds the answer."""
    rows = example["sentences"]
    worths = [sum(w * row.get(name, 0.0) for name, w in weights.items()) for row in rows]
    return bool(rows[int(np.argmax(worths))]["label"]) if rows else False
