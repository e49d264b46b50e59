"""A thread of its own for a model: questions pass before documents, and the event loop is never held."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
FIRST, LATER = 0, 1
LULL = 0.15  # seconds without urgent work, after which nobody is asking any more


class Lane:
    """Runs calls one after another in one thread, urgent ones first. Close it to end the thread.

    ``niceness`` lowers the thread's priority where the system has one per thread (Linux).
    """

    def __init__(self, name: str, niceness: int = 0) -> None:
        self._wake = threading.Condition()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._closed = False
        self._niceness = niceness
        self._urgent = 0  # urgent calls that wait or run
        self._last = float("-inf")  # when one came to its end, on the monotonic clock
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, call: Callable[[], T], urgency: int = FIRST) -> T:
        """Return what ``call`` returns, or raise what it raises. A cancelled caller's call is skipped."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 - not caught: handed to the caller, whatever it is
                _hand(loop, future, None, error)
            else:
                _hand(loop, future, result, None)

        with self._wake:
            if self._closed:
                raise RuntimeError(f"{self._thread.name} is closed")
            heapq.heappush(self._waiting, (urgency, next(self._order), work))
            self._wake.notify()
        if urgency != FIRST:
            return await future
        self._urgent += 1
        try:
            return await future
        finally:
            self._urgent -= 1
            self._last = time.monotonic()

    @property
    def lately(self) -> bool:
        """Say whether an urgent call waits, runs, or did a moment ago."""
        return self._urgent > 0 or time.monotonic() - self._last < LULL

    def close(self) -> None:
        """End the thread after the call in hand; what still waits is dropped."""
        with self._wake:
            self._closed = True
            self._waiting.clear()
            self._wake.notify()
        self._thread.join()

    def _work(self) -> None:
        if self._niceness and sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                _, _, work = heapq.heappop(self._waiting)
            work()


def _hand(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], result: T | None, error: BaseException | None
) -> None:
    def settle() -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)
