"""Any OpenAI-compatible images API, through the openai SDK: generate, and edit with a mask.

These services take no seed: equal wishes give other pictures every time. Sizes are those that the endpoint allows;
what comes is brought to the size that was asked for.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image

from bot_core.errors import BadInput, MissingExtra, ModelFailed, Moderated
from bot_core.identity import Words
from bot_core.ports.media import Files, ImageRequest
from bot_media.images.draft import Draft, Way, resized
from bot_media.images.grid import opened, png
from bot_media.images.remote.making import RemoteOptions, Seen, Tell, made
from bot_media.images.remote.service import MOST, REFUSED

if TYPE_CHECKING:
    import openai

NEEDS = Words("OpenAI 兼容的绘图接口", "An OpenAI-compatible images endpoint")
KNOWN = {
    "gpt-image": ((1024, 1024), (1536, 1024), (1024, 1536)),
    "chatgpt-image": ((1024, 1024), (1536, 1024), (1024, 1536)),
    "dall-e-3": ((1024, 1024), (1792, 1024), (1024, 1792)),
    "dall-e-2": ((256, 256), (512, 512), (1024, 1024)),
}
ONE_BY_ONE = ("dall-e-3",)
USUAL = 20.0  # s that a picture takes, until one was measured


class OpenAIImages:
    """Draws through ``client``; its time-outs and retries (429, 5xx, Retry-After) are the SDK's."""

    def __init__(
        self, client: openai.AsyncOpenAI, model: str, files: Files, options: RemoteOptions | None = None
    ) -> None:
        self._client, self._model, self._files = client, model, files
        self._options = options or RemoteOptions()
        self._takes = USUAL

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return self._model

    @property
    def enlarges(self) -> bool:
        """Tell that it does not."""
        return False

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one that is stopped comes empty. Raises ModelFailed, Moderated, BadInput."""
        return await made(self, requests, tell, self._files, self._options)

    async def draw(self, wish: Draft, seeds: Sequence[int], seen: Seen) -> list[bytes]:
        """Return an encoded picture per seed. Raises ModelFailed, Moderated."""
        alone = self._model.startswith(ONE_BY_ONE)
        asking = asyncio.create_task(self._guess(seen), name="openai-progress")
        began = time.monotonic()
        try:
            calls = [1] * len(seeds) if alone else [len(seeds)]
            pictures = [picture for count in calls for picture in await self._asked(wish, count)]
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        self._takes = max(0.5, 0.5 * self._takes + 0.5 * (time.monotonic() - began))
        return pictures

    async def _guess(self, seen: Seen) -> None:
        """Let progress approach its end over the time that calls took lately: the service tells none."""
        began = time.monotonic()
        while True:
            gone = (time.monotonic() - began) / self._takes
            seen.fraction = gone / (1 + gone)
            await asyncio.sleep(min(0.25, self._options.every))

    async def _asked(self, wish: Draft, count: int) -> list[bytes]:
        import openai

        try:
            if wish.picture is None:
                answer = await self._client.images.generate(**self._order(wish, count))
                boxes = None
            else:
                answer, boxes = await self._edited(wish, count)
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        except (openai.OpenAIError, ValueError) as error:  # ValueError: an answer that is no JSON
            raise ModelFailed("image", self._model, type(error).__name__) from error
        pictures = [self._decoded(item) for item in getattr(answer, "data", None) or []]
        if boxes is None:
            return pictures
        return [await asyncio.to_thread(self._taken_out, picture, boxes) for picture in pictures]

    async def _edited(self, wish: Draft, count: int) -> tuple[Any, tuple[int, int, int, int, int, int]]:
        assert wish.picture is not None
        size = self._size(wish.width, wish.height)
        canvas, box = contained(wish.picture, size)
        order = self._order(wish, count) | {"image": ("picture.png", png(canvas), "image/png")}
        if wish.mask is not None:
            clear = Image.new("L", size, 255)  # what is transparent is made anew
            clear.paste(
                wish.mask.resize((box[2] - box[0], box[3] - box[1])).point(lambda v: 255 - v), box[:2]
            )
            cut = canvas.convert("RGBA")
            cut.putalpha(clear)
            order["mask"] = ("mask.png", png(cut), "image/png")
        answer = await self._client.images.edit(**order)
        return answer, (*box, *size)

    def _order(self, wish: Draft, count: int) -> dict[str, Any]:
        width, height = self._size(wish.width, wish.height)
        order: dict[str, Any] = {
            "model": self._model,
            "prompt": sentence(wish),
            "n": count,
            "size": f"{width}x{height}",
        }
        if not self._model.startswith(("gpt-image", "chatgpt-image")):  # these know base64 only
            order["response_format"] = "b64_json"
        if self._options.quality:
            order["quality"] = self._options.quality
        return order

    def _size(self, width: int, height: int) -> tuple[int, int]:
        known = next((sizes for name, sizes in KNOWN.items() if self._model.startswith(name)), ())
        return nearest(width, height, self._options.sizes or known)

    def _decoded(self, item: Any) -> bytes:  # noqa: ANN401 - the SDK's
        if not getattr(item, "b64_json", None):
            raise ModelFailed("image", self._model, "the answer holds no base64 picture")
        try:
            return base64.b64decode(item.b64_json, validate=True)
        except binascii.Error:
            raise ModelFailed("image", self._model, "a picture that can't be decoded") from None

    def _taken_out(self, data: bytes, boxes: tuple[int, int, int, int, int, int]) -> bytes:
        try:
            picture = opened(data).convert("RGB")
        except BadInput as error:
            raise ModelFailed("image", self._model, f"what came is {error}") from error
        whole = resized(picture, (boxes[4], boxes[5]))
        return png(whole.crop(boxes[:4]))

    def _refused(self, error: openai.APIStatusError) -> ModelFailed | Moderated:
        said = f"{error.code or ''} {error.message}".lower()
        if error.status_code in (400, 403, 422, 451) and any(word in said for word in REFUSED):
            return Moderated("images")
        return ModelFailed("image", self._model, f"status {error.status_code}")


@asynccontextmanager
async def openai_client(url: str, key: str, timeout: float = 180.0) -> AsyncIterator[openai.AsyncOpenAI]:
    """Yield a client of an endpoint whose address ends in /v1. Raises MissingExtra."""
    try:
        import openai
    except ImportError as error:
        raise MissingExtra("openai", NEEDS) from error
    http = openai.DefaultAsyncHttpxClient(event_hooks={"response": [_bounded]}, trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=url, api_key=key or "none", timeout=timeout, max_retries=2, http_client=http
    ) as client:
        yield client


async def _bounded(response: Any) -> None:  # noqa: ANN401 - the SDK's own client library has no fixed name
    if int(response.headers.get("content-length", "0") or 0) > MOST:
        await response.aclose()
        raise ModelFailed("image", "", "the answer is too big")


def sentence(wish: Draft) -> str:
    """Return a wish as a sentence for models that read sentences: weights and bans in words."""
    heavy = [part.text for part in wish.parts if part.weight > 1.0] if len(wish.parts) > 1 else []
    pieces = [wish.words or "A picture that goes well with what is there."]
    pieces += [f"Most of all: {', '.join(heavy)}."] if heavy else []
    pieces += [f"Without: {wish.without}."] if wish.without else []
    pieces += ["A seamless pattern that can be tiled."] if wish.tile else []
    if wish.way is Way.PAINT:
        pieces.append("Continue the picture into the transparent part so that no seam shows.")
    return "\n".join(pieces)[:4000]


def nearest(width: int, height: int, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the allowed size of the most similar shape, and of these the smallest that is large enough."""
    if not sizes:
        return width, height
    shape = width / height

    def far(size: tuple[int, int]) -> tuple[float, bool, int]:
        ratio = size[0] / size[1] / shape
        return round(max(ratio, 1 / ratio), 3), size[0] < width, abs(size[0] * size[1] - width * height)

    return min(sizes, key=far)


def contained(picture: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Return the whole picture within ``size``, its edges drawn out to the border, and where it lies."""
    scale = min(size[0] / picture.width, size[1] / picture.height)
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    canvas = picture.resize(size)
    canvas.paste(resized(picture, (width, height)), (left, top))
    return canvas, (left, top, left + width, top + height)
