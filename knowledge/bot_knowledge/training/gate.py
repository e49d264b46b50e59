"""Fits the gate's two logistic functions, and cuts them where the targets are met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot_knowledge.ranking.gate import OTHERWISE_WHEN_SMALL, logistic

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
IN_FEW = ["small", *(f"small_{name}" for name in OTHERWISE_WHEN_SMALL)]
READING = 0.3  # weight of an encyclopaedia's question against a community's
FALSE_UNKNOWN = 0.025  # share of answerable questions that may be refused outright
FALSE_UNKNOWN_FEW = 0.06  # the same in an index of few passages
FOLDS = 5
ASSERTED = 0.83  # share of answerable and found questions that are asserted


def fit_gate(own: Sequence[Json], reading: Sequence[Json], stage: str = "full", few: bool = False) -> Json:
    """Return {"near", "sure", "near_at", "sure_at"}; the cuts are made on questions that a fold was not fitted to.

    ``few``: the examples are of indexes with few passages.
    """
    near, sure = _fitted(own, reading, stage, few)
    known: list[tuple[float, float]] = []  # (small, chance)
    found: list[tuple[float, float]] = []
    asked = sorted({example["question"] for example in own})
    for fold in range(FOLDS):
        apart = set(asked[fold::FOLDS])
        away = [example for example in own if example["question"] in apart]
        rest = [example for example in own if example["question"] not in apart]
        own_near, own_sure = _fitted(rest, reading, stage, few)
        known += [_chance(example, own_near) for example in away if example["answerable"]]
        found += [_chance(example, own_sure) for example in away if answered(example)]
    refused = FALSE_UNKNOWN_FEW if few else FALSE_UNKNOWN
    near_at, sure_at = _cut(near, known, refused), _cut(sure, found, 1 - ASSERTED)
    return {"near": near, "sure": sure, "near_at": near_at, "sure_at": sure_at}


def _chance(example: Json, weights: Mapping[str, float]) -> tuple[float, float]:
    return float(example["gate"].get("small", 0.0)), logistic(example["gate"], weights)


def _cut(weights: dict[str, float], passed: Sequence[tuple[float, float]], share: float) -> float:
    """Return the chance below which ``share`` falls.

    Where the weights know ``small``, it is to fall below in indexes of every size: the cut is fitted as a line over ``small``,
    whose slope goes into the weight.
    """
    if "small" not in weights:
        return round(sorted(chance for _, chance in passed)[int(share * len(passed))], 4)
    ordered = np.array(sorted((small, float(np.log(chance / (1 - chance)))) for small, chance in passed))
    thirds = np.array_split(ordered, 3)  # by size
    cuts = [np.quantile(third[:, 1], share) for third in thirds]
    slope, level = np.polyfit([third[:, 0].mean() for third in thirds], cuts, 1)
    weights["small"] = round(weights["small"] - float(slope), 5)
    return round(float(1 / (1 + np.exp(-level))), 4)


def _fitted(
    own: Sequence[Json], reading: Sequence[Json], stage: str, few: bool
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the two logistic functions: near, sure.

    Few features, and the reading-comprehension sets as well: fitted to all of ``lacking`` and to one community alone, it told
    near-misses better there, but asserted only half of what was found in another community.
    """
    more = IN_FEW if few else []
    near = fit_logistic(own, [*NEAR[stage], *more], [float(example["near"]) for example in own])
    examples = [*own, *({**example, "weight": READING} for example in reading)]
    treated = [example for example in examples if example["near"]]
    sure = fit_logistic(treated, [*SURE[stage], *more[:1]], [float(answered(e)) for e in treated])
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
    """Fit with four folds of the corpora and print; return the gate fitted to everything, with its ``few``."""
    use = stage == "full" and (work / "reading.json").exists()
    reading = json.loads((work / "reading.json").read_text(encoding="utf-8")) if use else []
    gate = _checked(work.glob(f"*.{stage}.json"), reading, stage, few=False)
    return {**gate, "few": _checked(work.glob(f"*.{stage}.small.json"), reading, stage, few=True)}


def _checked(paths: Iterable[Path], reading: Sequence[Json], stage: str, *, few: bool) -> Json:
    own = [example for path in sorted(paths) for example in json.loads(path.read_text(encoding="utf-8"))]
    asked = sorted({example["question"] for example in own})
    rows = []
    for k in range(4):
        apart = set(asked[k::4])
        gate = fit_gate([e for e in own if e["question"] not in apart], reading, stage, few)
        rows.append(rates([e for e in own if e["question"] in apart], gate))
    what = f"{stage}, few" if few else stage
    print(what, "four folds", {n: round(float(np.mean([r[n] for r in rows])), 3) for n in rows[0]})  # noqa: T201
    gate = fit_gate(own, reading, stage, few)
    print(what, "everything", rates(own, gate))  # noqa: T201
    return gate
