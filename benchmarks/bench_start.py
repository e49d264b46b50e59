"""Start, idle memory and first words, of a real `yinlu run` on the sample handbook."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import ROOT, save

sys.path.insert(0, str(ROOT / "tests" / "support"))

from yinlu_testing.house import Client, RunningHouse

STARTS, IDLE = 5, 20
QUESTIONS = (
    "How do I join the community?",
    "怎样成为守灯人？",
    "When are reimbursements paid?",
    "报销多久之内要提交？",
    "How long is a proposal voted on?",
    "被禁言了怎么申诉？",
    "Who can see my wallet address?",
    "新人第一周要做什么？",
)


def starts(data: Path, log: Path) -> tuple[float, list[float]]:
    """Return the seconds of the first start (handbook loaded), and of later ones."""
    figures = []
    for _ in range(STARTS + 1):
        begin = time.monotonic()
        house = RunningHouse(data, log).start(120)
        figures.append(time.monotonic() - begin)
        house.stop()
    return figures[0], figures[1:]


async def first_words(url: str) -> list[float]:
    """Return milliseconds from the question to the first words of its answer."""
    client, figures = Client(), []
    async with client.connected(url):
        for question in QUESTIONS * 5:
            begin = time.monotonic()
            sent = await client.send("ask", {"text": question})
            frame = await client.receive()
            while not (frame.get("id") == sent and frame["type"] in ("delta", "done")):
                frame = await client.receive()
            figures.append((time.monotonic() - begin) * 1000)
            while frame["type"] != "done":
                frame = await client.receive()
            await asyncio.sleep(0.3)
    return figures


def memory(house: RunningHouse) -> float:
    """Return the resident megabytes of the house and its Valkey."""
    valkey = house.valkey()
    processes = [psutil.Process(house.pid), *([valkey] if valkey else [])]
    return sum(process.memory_info().rss for process in processes) / 1e6


def main() -> None:
    """Measure and save."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder) / "data", Path(folder) / "log"
        first, later = starts(data, log)
        with RunningHouse(data, log, YINLU_WORDS_PER_MINUTE="1000") as house:
            time.sleep(IDLE)
            idle = memory(house)
            words = asyncio.run(first_words(house.url))
            after = memory(house)
    p95 = statistics.quantiles(words, n=20)[-1]
    rows = [
        ("first start, handbook loaded, page ready", f"{first:.1f} s", ""),
        ("start with warm caches, page ready (median)", f"{statistics.median(later):.1f} s", "<= 5 s"),
        (f"memory idle, {IDLE} s after the start", f"{idle:.0f} MB", "<= 700 MB"),
        (f"memory after {len(words)} questions", f"{after:.0f} MB", ""),
        ("first words of an extractive answer, p50", f"{statistics.median(words):.0f} ms", ""),
        ("first words of an extractive answer, p95", f"{p95:.0f} ms", "<= 300 ms"),
    ]
    raw = {
        "load_before": load,
        "first_start_s": first,
        "starts_s": later,
        "idle_mb": idle,
        "after_mb": after,
        "first_words_ms": words,
    }
    save(
        "start",
        "Start, memory, first words",
        "python -m benchmarks start",
        ("what", "measured", "aim"),
        rows,
        raw,
        f"The machine's load when it began: {load:.1f}; {STARTS} starts, {len(words)} questions.",
    )


if __name__ == "__main__":
    main()
