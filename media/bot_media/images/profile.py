"""A machine's measured profile: how many picture jobs of a kind to make at once (``make bench-studio`` writes it)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot_core.errors import StartRefused
from bot_core.identity import Words
from bot_core.pictures import PictureAction
from bot_core.ports.work import BatchRule

A = PictureAction
LIKE_IMAGINE = (A.IMAGINE, A.VARY_SUBTLE, A.VARY_STRONG, A.ZOOM, A.REGION, A.REMIX, A.BLEND)
LARGEST = 64


def written(machine: str, profile: str, rules: Mapping[tuple[int, int], BatchRule]) -> str:
    """Return the profile as JSON; what was measured for fresh pictures of a size holds for all steps of that size."""
    named = {
        f"{profile}:{width}x{height}:{action.value}": {
            "largest": rule.largest,
            "patience": round(rule.patience, 3),
        }
        for (width, height), rule in rules.items()
        for action in LIKE_IMAGINE
    }
    return json.dumps({"machine": machine, "profile": profile, "rules": named}, indent=1) + "\n"


def rules_of(text: str) -> dict[str, BatchRule]:
    """Return the worker's rules by job profile. Raises StartRefused for what was not written by ``written``."""
    try:
        found = {
            str(name): BatchRule(int(rule["largest"]), float(rule["patience"]))
            for name, rule in json.loads(text)["rules"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused() from error
    if not all(1 <= rule.largest <= LARGEST and 0 <= rule.patience <= 60 for rule in found.values()):
        raise _refused()
    return found


def _refused() -> StartRefused:
    words = Words(
        "测得的批量配置读不出来，请重新运行 make bench-studio。",
        "The measured batch profile can't be read; run make bench-studio again.",
    )
    return StartRefused(words.en, words)
