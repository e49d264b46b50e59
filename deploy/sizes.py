"""What a community of a size needs: the tables of docs/scaling.md. ``python deploy/sizes.py`` prints them.

Costs are measured (docs/benchmarks.md), habits and prices are assumptions: change them below, and print again.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

# Seconds of one core of the machine in docs/benchmarks.md, rounded up.
MESSAGE = 0.001  # a chat message through journal, rules, outbox
QUESTION = 0.15  # found, ranked, quoted; both embeddings, 1,000 to 10,000 passages, without the answer cache
HEARD = 0.17  # a second of speech, transcribed
SPOKEN = 0.75  # a second of speech, said; the slower of both languages
GRID = 1.2  # four pictures by the built-in maker
GPU_GRID = 2.0  # seconds of a GPU: a few-step model, four pictures of 1024 px; an assumption, measure yours

# Habits of a day.
ACTIVE = 0.15  # of the members
MESSAGES, QUESTIONS, GRIDS = 10.0, 2.0, 0.5  # of an active member: seen by the bot, asked, drawn
ALOUD = 0.05  # of the questions are spoken, 8 s in and 20 s out
BUSIEST = 0.12  # of a day's work falls into its busiest hour
FULL = 0.5  # how busy a core may be in that hour
TOKENS_IN, TOKENS_OUT = 2500.0, 250.0  # of an answer by a language model

# Prices in USD, of no provider in particular.
CORE, MEMORY, GPU = 25.0, 3.0, 500.0  # a month: a core, a GB, a GPU
TOKEN_IN, TOKEN_OUT = 0.3, 1.2  # a million tokens
GATEWAY_MEMORY, WORKER_MEMORY, VOICE_MEMORY = 1.5, 0.7, 0.8  # GB

MONTH = 30


@dataclass(frozen=True, slots=True)
class Need:
    """What a community needs in its busiest hour; ``cores`` are those that are busy half the time."""

    members: int
    questions: float  # a day
    grids: float  # a day
    answering: float  # cores
    voice: float
    drawing: float
    gpus: float

    @property
    def gateways(self) -> int:
        """Return how many processes answer: one core each does the most of it, and voice is beside it."""
        return max(1, math.ceil(self.answering + self.voice))

    @property
    def cores(self) -> int:
        """Return the cores of a machine, or of a cluster, with the built-in maker."""
        return max(2, math.ceil(self.answering + self.voice + self.drawing))

    @property
    def memory(self) -> float:
        """Return GB."""
        workers = max(1, math.ceil(self.drawing))
        return self.gateways * (GATEWAY_MEMORY + VOICE_MEMORY) + workers * WORKER_MEMORY

    @property
    def machines(self) -> float:
        """Return USD a month."""
        return self.cores * CORE + self.memory * MEMORY

    @property
    def tokens(self) -> float:
        """Return USD a month where a model writes every answer."""
        each = (TOKENS_IN * TOKEN_IN + TOKENS_OUT * TOKEN_OUT) / 1e6
        return self.questions * MONTH * each


def need(members: int) -> Need:
    """Work a size out."""
    active = members * ACTIVE
    messages, questions, grids = active * MESSAGES, active * QUESTIONS, active * GRIDS
    spoken = questions * ALOUD * (8 * HEARD + 20 * SPOKEN)

    def busy(seconds: float) -> float:
        return seconds * BUSIEST / 3600 / FULL

    return Need(
        members=members,
        questions=questions,
        grids=grids,
        answering=busy(messages * MESSAGE + questions * QUESTION),
        voice=busy(spoken),
        drawing=busy(grids * GRID),
        gpus=busy(grids * GPU_GRID),
    )


def tables() -> str:
    """Return both tables."""
    costs = [
        ("a chat message", f"{MESSAGE * 1000:.0f} ms", MESSAGE, 0.0),
        ("a question, answered with quotes", f"{QUESTION * 1000:.0f} ms", QUESTION, 0.0),
        (
            "a question, answered by a model",
            f"{QUESTION * 1000:.0f} ms and {TOKENS_IN:.0f} + {TOKENS_OUT:.0f} tokens",
            QUESTION,
            (TOKENS_IN * TOKEN_IN + TOKENS_OUT * TOKEN_OUT) / 1e6,
        ),
        ("a grid of four by the built-in maker", f"{GRID:.1f} s", GRID, 0.0),
        ("a minute heard", f"{60 * HEARD:.0f} s", 60 * HEARD, 0.0),
        ("a minute spoken", f"{60 * SPOKEN:.0f} s", 60 * SPOKEN, 0.0),
    ]
    core_second = CORE / (MONTH * 86400) / FULL
    lines = ["| what | of one core | 10,000 of them, USD |", "|---|---|---|"]
    lines += [
        f"| {what} | {seen} | {10_000 * (seconds * core_second + more):,.2f} |"
        for what, seen, seconds, more in costs
    ]
    lines += ["", "| members | questions a day | grids a day | cores: answering, voice, drawing | gateways | cores in all | "
              "memory GB | GPUs instead of drawing | USD a month | and for a model's tokens |",
              "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for found in map(need, (100, 10_000, 100_000, 1_000_000)):
        parts = f"{found.answering:.2f}, {found.voice:.2f}, {found.drawing:.2f}"
        lines.append(
            f"| {found.members:,} | {found.questions:,.0f} | {found.grids:,.0f} | {parts} | {found.gateways} | "
            f"{found.cores} | {found.memory:.0f} | {found.gpus:.2f} | {found.machines:,.0f} | {found.tokens:,.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(tables())
