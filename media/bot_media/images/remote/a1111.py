"""AUTOMATIC1111's web UI over HTTP (started with ``--api``), and what speaks like it (Forge, SD.Next)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Any

import aiohttp
from PIL import Image

from bot_core.errors import ModelFailed
from bot_core.ports.media import Files, ImageRequest
from bot_core.prompt import Part
from bot_media.images.draft import Draft, Way
from bot_media.images.grid import png
from bot_media.images.remote.making import RemoteOptions, Seen, Tell, made
from bot_media.images.remote.service import Service

FEWEST = 4  # steps
SPARE = 5.0  # s: the longest time ends first, so that the service is told to stop


class A1111Images:
    """Text to picture, picture to picture and masks; progress and previews; the seeds of a grid in one batch.

    ``key`` is ``name:password`` where the UI was started with ``--api-auth``; ``model`` names a checkpoint there.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        files: Files,
        options: RemoteOptions | None = None,
        *,
        key: str = "",
        model: str = "",
    ) -> None:
        self._files, self._options, self._model = files, options or RemoteOptions(), model
        basic = base64.b64encode(key.encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if key else {}
        self._service = Service(session, url, self.name, self._options.longest + SPARE, headers)
        self._turn = asyncio.Lock()  # progress and interrupt know one call only

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return self._model or "Stable Diffusion web UI"

    @property
    def enlarges(self) -> bool:
        """Tell whether one of its own upscalers was chosen."""
        return bool(self._options.upscaler)

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one that is stopped comes empty. Raises ModelFailed, Moderated, BadInput."""
        return await made(self, requests, tell, self._files, self._options)

    async def draw(self, wish: Draft, seeds: Sequence[int], seen: Seen) -> list[bytes]:
        """Return an encoded picture per seed. Raises ModelFailed."""
        async with self._turn:
            watch = asyncio.create_task(self._watch(seen), name="a1111-progress")
            try:
                answer = await self._service.post(*self._order(wish, seeds))
            except asyncio.CancelledError:
                await self._service.tell("/sdapi/v1/interrupt", {})
                raise
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
        return self._pictures(answer)

    def _order(self, wish: Draft, seeds: Sequence[int]) -> tuple[str, dict[str, object]]:
        if wish.way is Way.RESIZE:
            return "/sdapi/v1/extra-single-image", self._enlarging(wish)
        order: dict[str, object] = {
            "prompt": ", ".join(_weighted(part) for part in wish.parts),
            "negative_prompt": wish.without,
            "seed": seeds[0],
            "batch_size": len(seeds),
            "n_iter": 1,
            "steps": max(FEWEST, round(self._options.steps * wish.pace)),
            "cfg_scale": self._options.guidance,
            "width": wish.width,
            "height": wish.height,
            "tiling": wish.tile,
            "send_images": True,
            "save_images": False,
            "do_not_save_grid": True,
        }
        if self._options.sampler:
            order["sampler_name"] = self._options.sampler
        if self._model:
            order["override_settings"] = {"sd_model_checkpoint": self._model}
        if wish.picture is None:
            return "/sdapi/v1/txt2img", order
        order |= {"init_images": [_coded(wish.picture)], "denoising_strength": wish.strength}
        if wish.mask is not None:
            order |= {
                "mask": _coded(wish.mask),
                "inpainting_fill": 1,  # begin with what lies there
                "inpaint_full_res": False,
                "mask_blur": 4,
                "inpainting_mask_invert": 0,
            }
        return "/sdapi/v1/img2img", order

    def _enlarging(self, wish: Draft) -> dict[str, object]:
        assert wish.picture is not None
        return {
            "image": _coded(wish.picture),
            "resize_mode": 1,
            "upscaling_resize_w": wish.width,
            "upscaling_resize_h": wish.height,
            "upscaling_crop": True,
            "upscaler_1": self._options.upscaler,
        }

    def _pictures(self, answer: Any) -> list[bytes]:  # noqa: ANN401 - JSON
        found = answer.get("images") if isinstance(answer, dict) else None
        if found is None and isinstance(answer, dict) and isinstance(answer.get("image"), str):
            found = [answer["image"]]
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise self._service.failed("the answer holds no pictures")
        try:
            return [base64.b64decode(item.rpartition(",")[2], validate=True) for item in found]
        except binascii.Error:
            raise self._service.failed("a picture that can't be decoded") from None

    async def _watch(self, seen: Seen) -> None:
        """Keep ``seen`` up to date."""
        while True:
            await asyncio.sleep(self._options.every)
            try:
                answer = await self._service.get("/sdapi/v1/progress?skip_current_image=false")
            except ModelFailed:
                continue
            if not isinstance(answer, dict):
                continue
            if isinstance(answer.get("progress"), int | float):
                seen.fraction = float(answer["progress"])
            if isinstance(answer.get("current_image"), str):
                try:
                    seen.preview = base64.b64decode(answer["current_image"].rpartition(",")[2])
                except binascii.Error:
                    continue


def _coded(picture: Image.Image) -> str:
    return base64.b64encode(png(picture)).decode()


def _weighted(part: Part) -> str:
    """Return words in the UI's own spelling of attention; brackets that members type are words."""
    text = part.text
    for bracket in "()[]":
        text = text.replace(bracket, "\\" + bracket)
    return text if part.weight == 1.0 else f"({text}:{min(2.0, part.weight):.2f})"
