"""What remote makers have in common: like requests together, progress told, stops passed on, results made to fit."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot_core.errors import BadInput, ModelFailed
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_core.ports.media import Files, ImageRequest
from bot_core.ports.work import Progress
from bot_media.images.draft import Draft, Way, covering, draft, inputs_of, kept, resized
from bot_media.images.grid import opened, png, preview

log = logging.getLogger(__name__)

Tell = Callable[[int, Progress], Awaitable[bool]]
RESAMPLED = Words(
    "用重采样放大：更大更清晰，但不添加新细节", "enlarged by resampling: larger, no new detail is invented"
)


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Of every remote maker. ``together``: pictures of one wish in one call; ``every`` and ``longest`` in s."""

    steps: int = 28
    guidance: float = 7.0
    sampler: str = ""
    together: int = 4
    every: float = 1.0
    longest: float = 300.0
    previews: bool = True
    upscaler: str = ""  # A1111: the name of one of its upscalers
    sizes: tuple[
        tuple[int, int], ...
    ] = ()  # OpenAI: what the endpoint allows; empty: what is known of the model
    quality: str = ""  # OpenAI
    styles: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """How far a call is, as its drawer sees it; ``preview`` is an encoded picture."""

    fraction: float = 0.0
    preview: bytes | None = None
    stage: str = "drawing"


class Drawer(Protocol):
    """One endpoint: draws a draft once per seed."""

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        ...

    @property
    def enlarges(self) -> bool:
        """Tell whether it makes pictures larger itself; if not, a resampler here does."""
        ...

    async def draw(self, wish: Draft, seeds: Sequence[int], seen: Seen) -> list[bytes]:
        """Return an encoded picture per seed; when it is cancelled the service is told to stop. Raises ModelFailed."""
        ...


async def made(
    drawer: Drawer, requests: Sequence[ImageRequest], tell: Tell, files: Files, options: RemoteOptions
) -> list[bytes]:
    """Return one PNG per request, empty where it was stopped. Raises ModelFailed, Moderated, BadInput."""
    results = [b""] * len(requests)
    for group in alike(requests, options.together):
        inputs, mask = await inputs_of(requests[group[0]], files)
        wish = await asyncio.to_thread(draft, requests[group[0]], inputs, mask, options.styles)
        seeds = [requests[index].seed for index in group]
        call = _Call(drawer, wish, seeds, group, tell, files, options)
        for index, picture in zip(group, await call.run(), strict=True):
            results[index] = picture
    return results


def alike(requests: Sequence[ImageRequest], most: int) -> Iterator[list[int]]:
    """Yield the indices of requests that differ in nothing but their seeds, which rise by one, ``most`` at once."""
    group: list[int] = []
    for index, request in enumerate(requests):
        before = requests[group[-1]] if group else None
        if before is None or (
            len(group) < most and request.seed == before.seed + 1 and _key(request) == _key(before)
        ):
            group.append(index)
        else:
            yield group
            group = [index]
    if group:
        yield group


def _key(request: ImageRequest) -> str:
    options = {name: value for name, value in request.options.items() if name != "picture"}
    plain = replace(request, seed=0, options={}, inputs=())
    return f"{plain!r}{[ref.key for ref in request.inputs]}{json.dumps(options, default=str, sort_keys=True)}"


@dataclass(slots=True)
class _Call:
    """One call to an endpoint, followed until it ends or all whom it is for have stopped."""

    drawer: Drawer
    wish: Draft
    seeds: Sequence[int]
    group: Sequence[int]
    tell: Tell
    files: Files
    options: RemoteOptions
    shown: tuple[bytes, FileRef] | None = None

    async def run(self) -> list[bytes]:
        seen = Seen()
        if not await self._told(Progress("drawing", 0.02)):
            return [b""] * len(self.group)
        if self.wish.way is Way.RESIZE and not self.drawer.enlarges:
            return await self._finished([None] * len(self.group))
        drawing = asyncio.create_task(self._draw(seen), name=f"drawing by {self.drawer.name}")
        try:
            while not drawing.done():
                await asyncio.wait({drawing}, timeout=self.options.every)
                if not drawing.done() and not await self._told(await self._progress(seen)):
                    return [b""] * len(self.group)
            return await self._finished(list(await drawing))
        finally:
            if not drawing.done():
                drawing.cancel()
                with suppress(asyncio.CancelledError, ModelFailed):
                    await drawing

    async def _draw(self, seen: Seen) -> list[bytes]:
        try:
            async with asyncio.timeout(self.options.longest):
                pictures = await self.drawer.draw(self.wish, self.seeds, seen)
        except TimeoutError:
            detail = f"no picture within {self.options.longest:g} s"
            raise ModelFailed("image", self.drawer.name, detail) from None
        if len(pictures) < len(self.seeds):
            detail = f"{len(pictures)} pictures instead of {len(self.seeds)}"
            raise ModelFailed("image", self.drawer.name, detail)
        return pictures[: len(self.seeds)]

    async def _finished(self, pictures: Sequence[bytes | None]) -> list[bytes]:
        results = [
            await asyncio.to_thread(fitted, self.wish, picture, self.drawer.name) for picture in pictures
        ]
        await self._told(Progress("drawing", 1.0))
        return results

    async def _told(self, progress: Progress) -> bool:
        """Tell everybody whom the call is for; answer whether anybody still wants it."""
        return any([await self.tell(index, progress) for index in self.group])

    async def _progress(self, seen: Seen) -> Progress:
        fraction = min(0.98, max(0.02, seen.fraction))
        return Progress(seen.stage, fraction, await self._stored(seen.preview))

    async def _stored(self, picture: bytes | None) -> FileRef | None:
        if picture is None or not self.options.previews:
            return None
        if self.shown is None or self.shown[0] != picture:
            try:
                small = await asyncio.to_thread(lambda: preview(opened(picture)))
            except BadInput:
                return None
            self.shown = picture, await self.files.put(small, "image/jpeg", "preview.jpg")
        return self.shown[1]


def fitted(wish: Draft, data: bytes | None, model: str) -> bytes:
    """Return what an endpoint made as PNG of the asked size; nothing made is the draft's own picture.

    Around a mask the original stays as it was, whatever the endpoint did to it. Raises ModelFailed.
    """
    size = (wish.width, wish.height)
    if data is None:
        assert wish.picture is not None
        return png(wish.picture)
    try:
        picture = opened(data).convert("RGB")
    except BadInput as error:
        raise ModelFailed("image", model, f"what came is {error}") from error
    picture = covering(picture, size) if wish.way is Way.WORDS else resized(picture, size)
    if wish.way is Way.PAINT and wish.picture is not None and wish.mask is not None:
        picture = kept(wish.picture, picture, wish.mask)
    return png(picture)
