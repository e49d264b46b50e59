"""Fits the gate's two logistic functions, and cuts them where the targets are met."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot_knowledge.ranking.gate import logistic

Json = dict[str, Any]
Floats = NDArray[np.float64]
COMMON = "bias best_cos_fast best_coverage unseen_own words z_fast margin cross unknown_names missing share"
NEAR = {
    "full": f"{COMMON} best_late best_cos_better z_better weakest quote q_best_alike any_word_rarest told_least".split(),
    "fast": f"{COMMON} q_best_alike".split(),
}
SURE = {
    "full": f"{COMMON} late weakest lack_max lack_mean gap z_better cos_better coverage_same fits".split(),
    "fast": f"{COMMON} cos_fast gap coverage_same fits".split(),
}
READING = 0.3  # weight of an encyclopaedia's question against a community's
FALSE_UNKNOWN = 0.025  # share of answerable questions that may be refused outright
FOLDS = 5
ASSERTED = 0.83  # share of answerable and found questions that are asserted


def fit_gate(own: Sequence[Json], reading: Sequence[Json], stage: str = "full") -> Json:
    """Return {"near", "sure", "near_at", "sure_at"}; the cuts are made on questions that a fold was not fitted to."""
    near, sure = _fitted(own, reading, stage)
    known: list[float] = []
    found: list[float] = []
    for fold in range(FOLDS):
        away = [example for index, example in enumerate(own) if index % FOLDS == fold]
        own_near, own_sure = _fitted([e for i, e in enumerate(own) if i % FOLDS != fold], reading, stage)
        known += [logistic(example["gate"], own_near) for example in away if example["answerable"]]
        found += [logistic(example["gate"], own_sure) for example in away if answered(example)]
    return {
        "near": near,
        "sure": sure,
        "near_at": round(sorted(known)[int(FALSE_UNKNOWN * len(known))], 4),
        "sure_at": round(sorted(found)[int((1 - ASSERTED) * len(found))], 4),
    }


def _fitted(
    own: Sequence[Json], reading: Sequence[Json], stage: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the two logistic functions: near, sure.

    Few features, and the reading-comprehension sets as well: fitted to all of ``lacking`` and to one community alone, it told
    near-misses better there, but asserted only half of what was found in another community.
    """
    near = fit_logistic(own, NEAR[stage], [float(example["near"]) for example in own])
    examples = [*own, *({**example, "weight": READING} for example in reading)]
    treated = [example for example in examples if example["near"]]
    sure = fit_logistic(treated, SURE[stage], [float(answered(e)) for e in treated])
    return near, sure


def answered(example: Json) -> bool:
    """Say whether the passages that would be quoted hold the answer."""
    return bool(example["answerable"]) and any(c["label"] for c in example["candidates"][:3])


def fit_logistic(
    examples: Sequence[Json], names: Sequence[str], labels: Sequence[float], decay: float = 0.01
) -> dict[str, float]:
    """Return weights on the features as they are; groups count alike, classes count alike."""
    x = np.array([[example["gate"].get(name, 0.0) for name in names] for example in examples])
    y = np.array(labels)
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-9] = 1.0
    middle[0], spread[0] = 0.0, 1.0
    scaled = (x - middle) / spread
    share = _shares(examples, y)
    held_back = decay * np.r_[0.0, np.ones(len(names) - 1)]
    weights = np.zeros(len(names))
    for _ in range(25):  # Newton's method
        odds = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (share * (odds - y)) + held_back * weights
        bend = (scaled * (share * odds * (1 - odds))[:, None]).T @ scaled + np.diag(held_back + 1e-9)
        weights -= np.linalg.solve(bend, gradient)
    plain = weights / spread
    plain[0] = weights[0] - float((weights[1:] * middle[1:] / spread[1:]).sum())
    return dict(zip(names, [round(float(weight), 5) for weight in plain], strict=True))


def _shares(examples: Sequence[Json], labels: Floats) -> Floats:
    groups = [example["group"] for example in examples]
    counts = {group: groups.count(group) for group in set(groups)}
    share = np.array([1 / np.sqrt(counts[group]) for group in groups])
    share *= np.array([example.get("weight", 1.0) for example in examples])
    for label in (0.0, 1.0):
        chosen = labels == label
        if chosen.any():
            share[chosen] /= 2 * share[chosen].sum()
    return share


def rates(examples: Sequence[Json], gate: Mapping[str, Any]) -> dict[str, float]:
    """Return the outcomes by kind of question."""
    rows: dict[str, list[float]] = {}
    for example in examples:
        near = logistic(example["gate"], gate["near"]) >= gate["near_at"]
        sure = near and logistic(example["gate"], gate["sure"]) >= gate["sure_at"]
        if example["answerable"]:
            rows.setdefault("known refused", []).append(not near)
            if any(c["label"] for c in example["candidates"][:5]):
                rows.setdefault("found asserted", []).append(sure)
        elif example["near"]:
            rows.setdefault("near-miss asserted", []).append(sure)
        else:
            rows.setdefault("off-topic refused", []).append(not near)
            rows.setdefault("off-topic asserted", []).append(sure)
    return {name: round(float(np.mean(values)), 3) for name, values in rows.items()}


def check(work: Path, stage: str = "full") -> Json:
    """Fit with four folds of the corpora and print; return the gate fitted to everything."""
    use = stage == "full" and (work / "reading.json").exists()
    reading = json.loads((work / "reading.json").read_text(encoding="utf-8")) if use else []
    paths = sorted(work.glob(f"*.{stage}.json"))
    own = [example for path in paths for example in json.loads(path.read_text(encoding="utf-8"))]
    rows = []
    for k in range(4):
        gate = fit_gate([e for i, e in enumerate(own) if i % 4 != k], reading, stage)
        rows.append(rates([e for i, e in enumerate(own) if i % 4 == k], gate))
    print(stage, "four folds", {n: round(float(np.mean([r[n] for r in rows])), 3) for n in rows[0]})  # noqa: T201
    gate = fit_gate(own, reading, stage)
    print(stage, "everything", rates(own, gate), "reading", rates(reading, gate) if reading else "")  # noqa: T201
    return gate
