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
QUOTED = (
    "q_alike q_words q_in_path q_unfit q_figure q_new q_row q_odds q_lead q_best_alike q_exact q_same together "
    "lost lost_most lost_quote lost_quote_most second_quote quote fits"
)
MATCHED = (
    "late best_late weakest lack_max lack_mean q_late q_even q_low q_least q_telling q_best_least "
    "told_least told_low told_mean word_gap_max word_gap_mean word_spread"
)
WORDS = " ".join(
    f"{where}word_{what}"
    for where in ("q_", "passage_", "first_", "any_")
    for what in ("min", "low", "mean", "rarest")
)
SIGNALS = "cos_fast gap coverage exact heading unseen unknown_language coverage_same"
NEAR = {
    "full": f"{COMMON} best_late best_cos_better z_better weakest quote q_best_alike any_word_rarest told_least".split(),
    "fast": f"{COMMON} q_best_alike".split(),
}
SURE = {
    "full": f"{COMMON} {SIGNALS} cos_better best_cos_better z_better late_cross {QUOTED} {MATCHED} {WORDS}".split(),
    "fast": f"{COMMON} {SIGNALS} {QUOTED}".split(),
}
FALSE_UNKNOWN = 0.025  # share of answerable questions that may be refused outright
FOLDS = 5
ASSERTED = 0.8  # share of answerable and found questions that are asserted


def fit_gate(own: Sequence[Json], stage: str = "full") -> Json:
    """Return {"near", "sure", "near_at", "sure_at"}; the cuts are made on questions that a fold was not fitted to."""
    near, sure = _fitted(own, stage)
    known: list[float] = []
    found: list[float] = []
    for fold in range(FOLDS):
        away = [example for index, example in enumerate(own) if index % FOLDS == fold]
        own_near, own_sure = _fitted([e for i, e in enumerate(own) if i % FOLDS != fold], stage)
        known += [logistic(example["gate"], own_near) for example in away if example["answerable"]]
        found += [logistic(example["gate"], own_sure) for example in away if answered(example)]
    return {
        "near": near,
        "sure": sure,
        "near_at": round(sorted(known)[int(FALSE_UNKNOWN * len(known))], 4),
        "sure_at": round(sorted(found)[int((1 - ASSERTED) * len(found))], 4),
    }


def _fitted(own: Sequence[Json], stage: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the two logistic functions: near, sure.

    The reading-comprehension sets are left out: an encyclopaedia's near-misses, fitted to as well, made more of a community's
    near-misses pass (on questions that were not fitted to).
    """
    near = fit_logistic(own, NEAR[stage], [float(example["near"]) for example in own])
    treated = [example for example in own if example["near"]]
    sure = fit_logistic(treated, SURE[stage], [float(answered(e)) for e in treated], decay=0.02)
    return near, sure


def answered(example: Json) -> bool:
    """Say whether the passages that would be quoted hold the answer."""
    return bool(example["answerable"]) and any(c["label"] for c in example["candidates"][:5])


def fit_logistic(
    examples: Sequence[Json], names: Sequence[str], labels: Sequence[float], decay: float = 0.01
) -> dict[str, float]:
    """Return weights on the features as they are; classes count alike."""
    x = np.array([[example["gate"].get(name, 0.0) for name in names] for example in examples])
    y = np.array(labels)
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread[spread < 1e-9] = 1.0
    middle[0], spread[0] = 0.0, 1.0
    scaled = (x - middle) / spread
    share = _shares(y)
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


def _shares(labels: Floats) -> Floats:
    share = np.ones(len(labels))
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
        gate = fit_gate([e for i, e in enumerate(own) if i % 4 != k], stage)
        rows.append(rates([e for i, e in enumerate(own) if i % 4 == k], gate))
    print(stage, "four folds", {n: round(float(np.mean([r[n] for r in rows])), 3) for n in rows[0]})  # noqa: T201
    gate = fit_gate(own, stage)
    print(stage, "everything", rates(own, gate), "reading", rates(reading, gate) if reading else "")  # noqa: T201
    return gate
