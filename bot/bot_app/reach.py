"""How a command gets its work done: by the running owner, or by becoming the owner for as long as it takes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from bot_app import control
from bot_app.control import Line, Operation, OwnerGone
from bot_app.owner import Owner, holder, own
from bot_app.settings import Settings
from bot_core.errors import OwnerRunning
from bot_core.identity import Words

TRIES = 3  # a call whose owner ended is made again
WAIT_SECONDS = 45.0  # for an owner that starts or ends
COMMAND_DRAIN = 600.0  # a command that is owner waits so long for other commands' calls
TELL_AFTER = 1.0  # seconds of waiting, until it is said


class House(Protocol):
    """What ``open_house`` gives; see the package's docstring."""

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What can be called."""
        ...

    @property
    def urls(self) -> Sequence[str]:
        """Where the page listens."""
        ...

    async def run_until(self, stop: asyncio.Event) -> None:
        """Stand until ``stop``."""
        ...


class OpenHouse(Protocol):
    """``bot_app.compose.open_house``, or a test's own."""

    def __call__(
        self, settings: Settings, owner: Owner, *, serve: bool
    ) -> AbstractAsyncContextManager[House]:
        """Open the house."""
        ...


Tell = Callable[[Words], None]


class Caller:
    """Makes calls, wherever the owner is; finds a new one when it ends."""

    def __init__(self, settings: Settings, open_house: OpenHouse, tell: Tell, stack: AsyncExitStack) -> None:
        self._settings, self._open_house, self._tell, self._stack = settings, open_house, tell, stack
        self._own: Mapping[str, Operation] | None = None

    async def call(self, name: str, params: Mapping[str, object]) -> AsyncIterator[Line]:
        """Yield ``{"progress": ...}`` and last ``{"result": ...}``; raises YinluError with the owner's sentence.

        A call is made again where its owner ended before the result: every operation is safe to repeat.
        """
        for left in reversed(range(TRIES)):
            try:
                steps = (
                    self._own[name](params) if self._own else control.call(self._settings.data, name, params)
                )
                async for line in steps:
                    yield line
            except OwnerGone:
                if not left:
                    raise
                await self.find()
            else:
                return

    async def find(self) -> None:
        """Reach the owner or become it; raises OwnerRunning where one neither answers nor ends."""
        clock = asyncio.get_running_loop().time
        begun, told = clock(), False
        while True:
            try:
                return await self._become()
            except OwnerRunning as error:
                if await answers(self._settings):
                    return None
                waited = clock() - begun
                if waited > WAIT_SECONDS:
                    raise
                if waited > TELL_AFTER and not told:
                    told = True
                    self._tell(
                        Words(
                            f"进程 {error.pid} 正在启动或退出，稍等……",
                            f"Process {error.pid} is starting or ending; waiting ...",
                        )
                    )
            await asyncio.sleep(0.1)

    async def _become(self) -> None:
        owner = self._stack.enter_context(own(self._settings.data, "command"))
        os.umask(0o077)  # what is written to the data folder is this user's alone
        house = await self._stack.enter_async_context(self._open_house(self._settings, owner, serve=False))
        await self._stack.enter_async_context(
            control.serving(self._settings.data, house.operations, COMMAND_DRAIN)
        )
        self._own = house.operations


@asynccontextmanager
async def reach(settings: Settings, open_house: OpenHouse, tell: Tell) -> AsyncIterator[Caller]:
    """Give a caller: over the control socket where an owner lives, else this process is the owner meanwhile.

    ``tell`` gets a sentence where it takes a while. Raises OwnerRunning, StartRefused, EngineDown.
    """
    async with AsyncExitStack() as stack:
        caller = Caller(settings, open_house, tell, stack)
        await caller.find()
        yield caller


async def answers(settings: Settings, seconds: float = 2.0) -> bool:
    """Tell whether an owner takes calls."""
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_unix_connection(control.control_path(settings.data))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def wait_for_commands(settings: Settings, tell: Tell, seconds: float = 60.0) -> None:
    """Before `yinlu run`: wait while the owner is only a command that is at work."""
    clock = asyncio.get_running_loop().time
    begun, told = clock(), False
    while clock() - begun < seconds:
        found = holder(settings.data)
        if found is None or found.kind != "command":
            return
        if not told and clock() - begun > TELL_AFTER:
            told = True
            tell(
                Words(
                    f"进程 {found.pid} 正在执行一个命令，等它结束……",
                    f"Process {found.pid} is at work on a command; waiting for it ...",
                )
            )
        await asyncio.sleep(0.1)
