"""How many jobs of a profile to make at once, from what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from bot_core.ports.work import BatchRule

WORTH = 0.05  # a larger batch must bring this much more work a second
PATIENT = 0.25  # of one job's time is waited at most


def rule_of(seconds: Mapping[int, float]) -> BatchRule:
    """Return the rule that a measured curve suggests.

    ``seconds[n]`` is how long a batch of ``n`` took (1 must be there). The batch grows as long as it makes more
    jobs a second; waiting for a companion pays at most half of what going together saves.
    """
    best = 1
    for n in sorted(seconds):
        if n / seconds[n] > (1 + WORTH) * best / seconds[best]:
            best = n
    if best == 1:
        return BatchRule()
    pair = seconds.get(2) or seconds[1] + (seconds[best] - seconds[1]) / (best - 1)
    saved = 2 * seconds[1] - pair
    return BatchRule(best, max(0.0, min(PATIENT * seconds[1], saved / 2)))
