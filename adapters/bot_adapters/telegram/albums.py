"""Albums: Telegram brings each of their files as a message of its own; here they become one again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bot_adapters.telegram.wire import Message
from bot_core.ports.safety import Clock

MOST = 10  # parts; Telegram's own bound


@dataclass(slots=True)
class _Album:
    done: asyncio.Future[None]
    parts: list[Message] = field(default_factory=list)


class Albums:
    """Waits for the parts of an album and hands the whole on; every part is taken when the whole is, or none."""

    def __init__(self, take: Callable[[Message], Awaitable[None]], clock: Clock, pause: float) -> None:
        self._take, self._clock, self._pause = take, clock, pause
        self._open: dict[tuple[int, str], _Album] = {}

    async def take(self, part: Message) -> None:
        """Return when the album that this part belongs to was taken; raises what taking it raised."""
        key = part.chat.id, part.album
        album = self._open.get(key)
        if album is not None and len(album.parts) < MOST:
            album.parts.append(part)
            await asyncio.shield(album.done)
            return
        album = self._open[key] = _Album(asyncio.get_running_loop().create_future(), [part])
        try:
            await self._all_there(album)
            self._open.pop(key, None)
            await self._take(whole(album.parts))
        except BaseException as error:
            album.done.set_exception(error if isinstance(error, Exception) else ConnectionError("stopped"))
            album.done.exception()  # read, also where nobody waits
            raise
        finally:
            self._open.pop(key, None)
        album.done.set_result(None)

    async def _all_there(self, album: _Album) -> None:
        have = 0
        while have < len(album.parts) < MOST:
            have = len(album.parts)
            await self._clock.sleep(self._pause)


def whole(parts: list[Message]) -> Message:
    """Return one message with the words and the files of all parts; its id is the first part's."""
    parts = sorted(parts, key=lambda part: part.id)
    first = next((part for part in parts if part.text), parts[0])
    files = tuple(file for part in parts for file in part.files)
    return replace(first, id=parts[0].id, files=files)
