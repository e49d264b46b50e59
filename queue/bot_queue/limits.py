"""Limits, budgets and locks over all processes. On Redis, and in memory."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bot_core.errors import Broken, JobRefused, LeaseLost
from bot_core.ports.work import Balance, Rate, Reservation
from bot_queue.connection import Store

LONGEST_RATE = 100_000


def _checked(rate: Rate, amount: int) -> None:
    if not 1 <= amount <= rate.count <= LONGEST_RATE:
        raise ValueError(f"can't take {amount} of {rate.count} (at most {LONGEST_RATE})")


class RedisLimiter:
    """The Limiter port on Redis: an exact sliding window."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, key: str, rate: Rate, amount: int = 1) -> float:
        """Take; return 0.0 or the seconds to wait. Raises ValueError for more than the rate ever allows."""
        _checked(rate, amount)
        return float(await self._store.run("limit_take", key, rate.count, int(rate.seconds * 1e6), amount))


class MemoryLimiter:
    """The Limiter port's twin."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._taken: dict[str, deque[float]] = {}

    async def take(self, key: str, rate: Rate, amount: int = 1) -> float:
        """Take; return 0.0 or the seconds to wait. Raises ValueError for more than the rate ever allows."""
        _checked(rate, amount)
        now = self._seconds()
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] + rate.seconds <= now:
            taken.popleft()
        blocking = len(taken) - rate.count + amount - 1
        if blocking >= 0:
            return taken[blocking] + rate.seconds - now
        taken.extend([now] * amount)
        return 0.0


class RedisBudget:
    """The Budget port on Redis. The queue's own scripts use the same accounts, in one step with the job."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def allow(self, account: str, allowed: float, period: str) -> None:
        """Set the cap; a new period starts from zero, what is set aside stays set aside."""
        await self._store.run("budget_call", "allow", account, allowed, period)

    async def reserve(self, account: str, key: str, amount: float) -> Reservation:
        """Set aside. Raises JobRefused, also for an account that was never allowed anything."""
        answer = await self._store.run("budget_call", "reserve", account, key, amount)
        if answer[0] == "refused":
            raise JobRefused("budget", float(answer[1]) + amount, float(answer[2]))
        return Reservation(account, key, float(answer[1]))

    async def settle(self, reservation: Reservation, actual: float) -> None:
        """Spend; the rest is free again."""
        await self._store.run("budget_call", "end", reservation.account, reservation.key, actual)

    async def refund(self, reservation: Reservation) -> None:
        """Give all of it back."""
        await self.settle(reservation, 0.0)

    async def balance(self, account: str) -> Balance:
        """Return where the account stands."""
        spent, reserved, allowed = await self._store.run("budget_call", "balance", account)
        return Balance(float(spent), float(reserved), float(allowed))


@dataclass(slots=True)
class _Account:
    period: str = ""
    allowed: float = 0.0
    spent: float = 0.0
    reserved: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)


class MemoryBudget:
    """The Budget port's twin."""

    def __init__(self) -> None:
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)

    async def allow(self, account: str, allowed: float, period: str) -> None:
        """Set the cap; a new period starts from zero, what is set aside stays set aside."""
        kept = self._accounts[account]
        if kept.period != period:
            kept.period, kept.spent, kept.ended = period, 0.0, {}
        kept.allowed = allowed

    async def reserve(self, account: str, key: str, amount: float) -> Reservation:
        """Set aside. Raises JobRefused, also for an account that was never allowed anything."""
        kept = self._accounts[account]
        if key in kept.reserved:
            return Reservation(account, key, kept.reserved[key])
        if key not in kept.ended:
            used = kept.spent + sum(kept.reserved.values())
            if used + amount > kept.allowed + 1e-9:
                raise JobRefused("budget", used + amount, kept.allowed)
            kept.reserved[key] = amount
        return Reservation(account, key, amount)

    async def settle(self, reservation: Reservation, actual: float) -> None:
        """Spend; the rest is free again."""
        kept = self._accounts[reservation.account]
        if kept.reserved.pop(reservation.key, None) is not None:
            kept.spent += actual
            kept.ended[reservation.key] = actual

    async def refund(self, reservation: Reservation) -> None:
        """Give all of it back."""
        await self.settle(reservation, 0.0)

    async def balance(self, account: str) -> Balance:
        """Return where the account stands."""
        kept = self._accounts[account]
        return Balance(kept.spent, sum(kept.reserved.values()), kept.allowed)


class _LockShelf(Protocol):
    async def hold(self, name: str, token: str, seconds: float) -> bool: ...
    async def renew(self, name: str, token: str, seconds: float) -> bool: ...
    async def free(self, name: str, token: str) -> None: ...


class _StoredLocks:
    """Locks with a token: taken, renewed while inside, given back by their holder alone."""

    def __init__(self, shelf: _LockShelf) -> None:
        self._shelf = shelf

    @asynccontextmanager
    async def hold(self, name: str, seconds: float, wait: float = 0.0) -> AsyncIterator[bool]:
        """Hold ``name``; see the port. Raises LeaseLost, out of what runs inside, when the lock is lost."""
        token = secrets.token_hex(8)
        if not await self._get(name, token, seconds, wait):
            yield False
            return
        holder = asyncio.current_task()
        assert holder is not None
        lost = asyncio.Event()
        renewing = asyncio.create_task(self._renew(name, token, seconds, holder, lost), name=f"lock-{name}")
        try:
            yield True
        except asyncio.CancelledError:
            if not lost.is_set():
                raise
            holder.uncancel()
            raise LeaseLost(f"lock {name}", 1) from None
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await self._shelf.free(name, token)

    async def _get(self, name: str, token: str, seconds: float, wait: float) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while not await self._shelf.hold(name, token, seconds):
            left = until - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(left, 0.05))
        return True

    async def _renew(
        self, name: str, token: str, seconds: float, holder: asyncio.Task[object], lost: asyncio.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(seconds / 3)
            asked = loop.time()
            try:
                if not await self._shelf.renew(name, token, seconds):
                    break
            except Broken:
                continue  # while the lock may still be ours
            until = asked + seconds
        lost.set()
        holder.cancel()


class _RedisLockShelf:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def hold(self, name: str, token: str, seconds: float) -> bool:
        return bool(await self._store.run("lock_call", "hold", name, token, int(seconds * 1000)))

    async def renew(self, name: str, token: str, seconds: float) -> bool:
        return bool(await self._store.run("lock_call", "renew", name, token, int(seconds * 1000)))

    async def free(self, name: str, token: str) -> None:
        await self._store.run("lock_call", "free", name, token, 0)


class _MemoryLockShelf:
    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}

    async def hold(self, name: str, token: str, seconds: float) -> bool:
        holder, until = self._held.get(name, ("", 0.0))
        if holder not in ("", token) and until > time.monotonic():
            return False
        self._held[name] = (token, time.monotonic() + seconds)
        return True

    async def renew(self, name: str, token: str, seconds: float) -> bool:
        return self._held.get(name, ("", 0.0))[0] == token and await self.hold(name, token, seconds)

    async def free(self, name: str, token: str) -> None:
        if self._held.get(name, ("", 0.0))[0] == token:
            del self._held[name]


class RedisLocks(_StoredLocks):
    """The Locks port on Redis."""

    def __init__(self, store: Store) -> None:
        super().__init__(_RedisLockShelf(store))


class MemoryLocks(_StoredLocks):
    """The Locks port's twin."""

    def __init__(self) -> None:
        super().__init__(_MemoryLockShelf())
