"""The ImageModel port over a diffusion model: like requests of many members side by side, one thread that draws."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace

from PIL import Image

from bot_core.ports.media import Files, ImageRequest
from bot_core.ports.work import Progress
from bot_media.images.diffusion.drawing import Pencil, Sheet
from bot_media.images.diffusion.loading import Model, loaded
from bot_media.images.diffusion.options import DiffusionOptions
from bot_media.images.diffusion.words import loras_of
from bot_media.images.draft import Way, draft, inputs_of
from bot_media.images.grid import png, preview

log = logging.getLogger(__name__)

Tell = Callable[[int, Progress], Awaitable[bool]]
FROM_WORDS = ("create", "imagine", "reroll")


class DiffusionImages:
    """Draws in ``thread``, one batch after the other. ``name`` is the model's, as the screen shows it."""

    def __init__(
        self, model: Model, files: Files, options: DiffusionOptions, thread: ThreadPoolExecutor, name: str
    ) -> None:
        self._files, self._options, self._thread, self._name = files, options, thread, name
        self._pencil = Pencil(model, options)

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return self._name

    @property
    def enlarges(self) -> bool:
        """Tell whether it goes over what was enlarged; a resampler alone does it otherwise."""
        return self._options.refine > 0

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one that is stopped comes empty. Raises BadInput, ModelFailed."""
        sheets = [await self._sheet(index, request) for index, request in enumerate(requests)]
        call = _Call(self._files, tell, len(requests))
        results = [b""] * len(requests)
        try:
            for batch in batches(sheets, self._options.batch):
                wanted = [sheet for sheet in batch if await call.told(sheet.index, 0.0)]
                if not wanted:
                    continue
                pictures = await self._drawn(wanted, call)
                for sheet, picture in zip(wanted, pictures, strict=True):
                    if await call.told(sheet.index, 1.0):
                        results[sheet.index] = await asyncio.to_thread(png, picture)
        finally:
            call.stop.set()
        return results

    async def _drawn(self, sheets: Sequence[Sheet], call: _Call) -> list[Image.Image]:
        if sheets[0].wish.way is Way.RESIZE:
            return [sheet.wish.picture for sheet in sheets if sheet.wish.picture is not None]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._pencil.draw, sheets, call.teller(loop), call.stop
        )

    async def _sheet(self, index: int, request: ImageRequest) -> Sheet:
        inputs, mask = await inputs_of(request, self._files)
        wish = await asyncio.to_thread(draft, request, inputs, mask, self._options.styles)
        parts, loras = loras_of(wish.parts)
        wish = replace(wish, parts=parts)
        if (
            wish.way is Way.RESIZE
            and self.enlarges
            and wish.width * wish.height <= self._options.refine_up_to
        ):
            wish = replace(wish, way=Way.PICTURE, strength=self._options.refine)
        guided = (
            self._options.controlnet is not None
            and wish.way is Way.PICTURE
            and request.operation in FROM_WORDS
        )
        return Sheet(index, wish, loras, guided)


class _Call:
    """One call of ``make``: who was told what, and the stop that reaches the thread."""

    def __init__(self, files: Files, tell: Tell, count: int) -> None:
        self._files, self._tell = files, tell
        self._alive = [True] * count
        self.stop = threading.Event()

    async def told(self, index: int, fraction: float, picture: Image.Image | None = None) -> bool:
        """Tell one picture's progress; answer whether it is still wanted. Who stopped is told no more."""
        if not self._alive[index]:
            return False
        shown = None
        if picture is not None:
            small = await asyncio.to_thread(preview, picture)
            shown = await self._files.put(small, "image/jpeg", "preview.jpg")
        self._alive[index] = await self._tell(index, Progress("drawing", fraction, shown))
        return self._alive[index]

    def teller(self, loop: asyncio.AbstractEventLoop) -> Callable[[int, float, Image.Image | None], bool]:
        """Return ``told`` for the thread that draws."""

        def tell(index: int, fraction: float, picture: Image.Image | None) -> bool:
            if self.stop.is_set():
                return False
            waiting = asyncio.run_coroutine_threadsafe(self.told(index, fraction, picture), loop)
            while True:
                try:
                    return waiting.result(0.2)
                except TimeoutError:
                    if waiting.done():
                        raise
                    if self.stop.is_set():  # nobody waits any more
                        waiting.cancel()
                        return False
                except CancelledError:
                    return False

        return tell


def batches(sheets: Sequence[Sheet], most: int) -> list[list[Sheet]]:
    """Return sheets in batches of what can be drawn together, ``most`` at once."""
    groups: dict[object, list[Sheet]] = {}
    for sheet in sheets:
        groups.setdefault(sheet.alike, []).append(sheet)
    return [group[at : at + most] for group in groups.values() for at in range(0, len(group), most)]


@asynccontextmanager
async def opened_diffusion(
    model: str, files: Files, options: DiffusionOptions | None = None, *, name: str = ""
) -> AsyncIterator[DiffusionImages]:
    """Load ``model`` (a folder, or OWNER/NAME@COMMIT) in the thread that draws with it, and yield its maker.

    Raises MissingExtra, StartRefused.
    """
    options = options or DiffusionOptions()
    thread = ThreadPoolExecutor(1, thread_name_prefix="diffusion")
    try:
        ready = await asyncio.get_running_loop().run_in_executor(thread, loaded, model, options)
        shown = name or model.rpartition("/")[2].partition("@")[0]
        yield DiffusionImages(ready, files, options, thread, shown)
    finally:
        await asyncio.to_thread(thread.shutdown, cancel_futures=True)
