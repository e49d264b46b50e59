"""How fast ingestion goes and how long it still takes."""

from __future__ import annotations

import time

from bot_core.ports.knowledge import IngestProgress


class Pace:
    """Makes progress of one stage; ``weights`` (bytes, characters) tell how large the units are, where that is known."""

    def __init__(self, stage: str, total: int, weights: list[int] | None = None) -> None:
        self._stage, self._total = stage, total
        self._weights = weights if weights and sum(weights) > 0 else [1] * total
        self._begun = time.monotonic()

    def at(self, done: int, source: str = "") -> IngestProgress:
        """Return the progress after ``done`` units."""
        seconds = time.monotonic() - self._begun
        rate = done / seconds if done and seconds > 0 else 0.0
        past = sum(self._weights[:done])
        left = seconds * sum(self._weights[done:]) / past if past and seconds > 0 else None
        return IngestProgress(
            self._stage, done, self._total, source, rate, 0.0 if done >= self._total else left
        )
