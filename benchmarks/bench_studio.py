"""The studio's batch curve on this machine: python -m benchmarks studio.

Without anything set: the built-in maker and small diffusion models with random weights. For a model of one's own::

    YINLU_BENCH_MODEL=/models/sdxl YINLU_BENCH_SIZE=1024 YINLU_BENCH_OPTIONS='{"scheduler": "lcm"}' make bench-studio

measures that one alone and writes its profile to YINLU_BENCH_PROFILE (benchmarks/results/studio_profile.json), which
``studio.profile`` names to the worker.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.report import RESULTS, ROOT, machine, save
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.media import ImageModel, ImageRequest
from bot_core.ports.work import BatchRule, Progress
from bot_media import MemoryFiles
from bot_media.images.choose import MakerProfile, open_maker
from bot_media.images.profile import written
from bot_queue.batching import rule_of

sys.path.insert(0, str(ROOT / "tests" / "support"))

COUNTS = tuple(int(n) for n in os.environ.get("YINLU_BENCH_COUNTS", "1,2,4,8").split(","))
ROUNDS = int(os.environ.get("YINLU_BENCH_ROUNDS", "4"))
PROMPT = "a red fox at night, watercolour"  # one for all: what a style costs is not what is measured


@dataclass(frozen=True)
class Case:
    """What is measured: a maker at a size; ``each``: pictures a job makes (a grid is one job of four)."""

    name: str
    profile: MakerProfile
    side: int
    each: int = 1


@dataclass
class Curve:
    """Seconds by jobs at once; ``apart``: how far a picture in the batch is from the one drawn alone, of 255."""

    case: Case
    seconds: dict[int, float] = field(default_factory=dict)
    apart: int = 0

    def gain(self, count: int) -> float:
        """Return how much faster than one by one."""
        return count * self.seconds[1] / self.seconds[count]

    @property
    def rule(self) -> BatchRule:
        """Return the rule that follows."""
        return rule_of(self.seconds)


def jobs(case: Case, count: int) -> list[ImageRequest]:
    """Return the requests of different members' jobs."""
    made = []
    for number in range(count):
        step = Step(PictureAction.IMAGINE, PROMPT, 1000 + 17 * number)
        job = PictureJob((step,), case.side, case.side, Locale.EN, f"member{number}")
        made += job.requests()[: case.each]
    return made


async def on(index: int, progress: Progress) -> bool:
    """Go on."""
    return True


async def timed(maker: ImageModel, requests: Sequence[ImageRequest]) -> tuple[float, list[bytes]]:
    """Return the seconds that a batch took, and its pictures."""
    began = time.perf_counter()
    pictures = await maker.make(requests, on)
    return time.perf_counter() - began, pictures


async def measured(case: Case) -> Curve:
    """Return a case's curve: the best of several rounds, since others may use the machine; one more warms up."""
    curve = Curve(case)
    async with open_maker(case.profile, MemoryFiles()) as maker:
        await timed(maker, jobs(case, COUNTS[-1]))
        alone = [(await timed(maker, jobs(case, COUNTS[-1])[n : n + 1]))[1][0] for n in range(2)]
        runs: dict[int, list[float]] = {count: [] for count in COUNTS}
        for _ in range(ROUNDS):
            for count in COUNTS:  # in turn, so that a busy moment falls on all alike
                took, pictures = await timed(maker, jobs(case, count))
                runs[count].append(took)
                together = pictures
        curve.apart = max(apart(one, other) for one, other in zip(alone, together, strict=False))
    curve.seconds = {count: min(taken) for count, taken in runs.items()}
    return curve


def apart(one: bytes, other: bytes) -> int:
    """Return by how much two pictures differ at most."""
    first, second = (
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16) for data in (one, other)
    )
    return int(np.abs(first - second).max())


def cases(folder: Path) -> list[Case]:
    """Return what is measured on this machine."""
    own = os.environ.get("YINLU_BENCH_MODEL")
    if own:  # whole grids, as members ask for them
        options = {"batch": 4 * COUNTS[-1], **json.loads(os.environ.get("YINLU_BENCH_OPTIONS", "{}"))}
        side = int(os.environ.get("YINLU_BENCH_SIZE", "512"))
        return [Case(Path(own).name, MakerProfile("diffusers", folder=own, options=options), side, 4)]
    found = [Case("built-in collage, grids of 512 px", MakerProfile("collage"), 512, 4)]
    if find_spec("torch") is None or find_spec("diffusers") is None:
        return found
    from yinlu_testing.tiny_diffusion import tiny

    model, wide = str(tiny(folder / "tiny")), str(tiny(folder / "wide", channels=(64, 128)))
    usual: dict[str, Any] = {"batch": COUNTS[-1], "threads": 1, "device": "cpu", "preview_every": 0}
    few, many = {**usual, "scheduler": "turbo"}, {**usual, "scheduler": "dpm++"}
    return [
        *found,
        Case("tiny diffusion, 64 px, 2 steps", MakerProfile("diffusers", folder=model, options=few), 64),
        Case("tiny diffusion, 64 px, 22 steps", MakerProfile("diffusers", folder=model, options=many), 64),
        Case("small diffusion, 256 px, 2 steps", MakerProfile("diffusers", folder=wide, options=few), 256),
        *[
            Case(
                f"small diffusion, 256 px, 4 steps, {name}",
                MakerProfile("diffusers", folder=wide, options=more),
                256,
            )
            for name, more in variants({**usual, "scheduler": "euler", "steps": 4})
        ],
    ]


def variants(usual: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the options that may make it faster; whether they do is what is measured."""
    return [
        ("fp32", {**usual}),
        ("fp32, channels last", {**usual, "channels_last": True}),
        ("bf16", {**usual, "dtype": "bf16"}),
        ("fp32, compiled", {**usual, "compile": True}),
    ]


def rows(curves: Sequence[Curve]) -> list[list[object]]:
    """Return the table."""
    return [
        [
            curve.case.name,
            f"{curve.seconds[1] * 1000:.0f} ms",
            *(f"{curve.gain(count):.2f}x" for count in COUNTS[1:]),
            f"{curve.apart}/255",
            f"{curve.rule.largest}, {curve.rule.patience * 1000:.0f} ms",
        ]
        for curve in curves
    ]


async def run(folder: Path) -> list[Curve]:
    """Measure all, one after the other."""
    return [await measured(case) for case in cases(folder)]


def main() -> None:
    """Measure, save the table and the profile."""
    with tempfile.TemporaryDirectory() as folder:
        curves = asyncio.run(run(Path(folder)))
    columns = (
        "profile",
        "one job",
        *(f"{count} at once" for count in COUNTS[1:]),
        "batch against alone",
        "largest batch, patience",
    )
    raw = {
        "curves": {
            curve.case.name: {"seconds": {str(n): s for n, s in curve.seconds.items()}, "apart": curve.apart}
            for curve in curves
        },
        "rounds": ROUNDS,
    }
    notes = (
        "The best of several rounds. `x`: against the same jobs one by one. "
        "The small models have random weights and are far from real sizes: "
        "they show how batching, seeds and options behave, not how long a real model takes."
    )
    save("studio", "Studio", "python -m benchmarks studio", columns, rows(curves), raw, notes)
    first = curves[0]
    target = Path(os.environ.get("YINLU_BENCH_PROFILE", str(RESULTS / "studio_profile.json")))
    target.write_text(
        written(machine(), first.case.profile.kind, {(first.case.side, first.case.side): first.rule})
    )
    print(f"profile written: {target}")


if __name__ == "__main__":
    main()
