"""Learned numbers that ship with the package: see NOTICE for the data they were learned from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from bot_knowledge.ranking.gate import GateWeights


@dataclass(frozen=True, slots=True)
class Learned:
    """Weights of fusion and of sentences, and gates.

    ``full``: with both embeddings and late interaction; ``fast``: with USE and words.
    """

    fusion: Mapping[str, Mapping[str, float]]
    gate: Mapping[str, GateWeights]
    sentence: Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=1)
def learned() -> Learned:
    """Return the numbers in ``learned.json``."""
    data = json.loads(files("bot_knowledge").joinpath("weights", "learned.json").read_text(encoding="utf-8"))
    gates = {
        stage: GateWeights(**{**gate, "few": GateWeights(**gate["few"])})
        for stage, gate in data["gate"].items()
    }
    return Learned(data["fusion"], gates, data["sentence"])
