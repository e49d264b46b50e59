"""Workers beside the house: child processes that make what is slow, so that the house itself never waits for it.

They end with their parent, are started again when they die (with growing pauses), and drain when the house does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

WRAPPER = Path(__file__).with_name("dies_with_parent.py")
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart
WELL = 60.0  # seconds after which a worker is taken to have been well
DRAIN = 8.5  # from the signal to the end


@asynccontextmanager
async def local_workers(count: int, data: Path, store_url: str) -> AsyncIterator[None]:
    """Keep ``count`` workers of the queue at ``store_url`` running while inside. From the main thread only."""
    keepers = [
        asyncio.create_task(_keep(number, data, store_url), name=f"worker-{number}")
        for number in range(count)
    ]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(number: int, data: Path, store_url: str) -> None:
    pause, loop = SHORTEST_PAUSE, asyncio.get_running_loop()
    while True:
        began = loop.time()
        process = await _start(data, store_url)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        pause = SHORTEST_PAUSE if loop.time() - began > WELL else min(LONGEST_PAUSE, pause * 2)
        log.warning(
            "a worker ended and is started again", extra={"worker": number, "code": code, "seconds": pause}
        )
        await asyncio.sleep(pause)


async def _start(data: Path, store_url: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "bot_app", "worker", "--data", str(data)]
    environment = {
        **os.environ,
        "YINLU_REDIS_URL": store_url,
        "OMP_NUM_THREADS": "1",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(WRAPPER),
        str(os.getpid()),
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        env=environment,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let it drain, then end it."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(DRAIN):
            await process.wait()
    except TimeoutError:
        log.warning("a worker did not drain in time")
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
