"""Drawing a batch with a loaded model: own generators, progress and previews from the latents, stops within a step."""

from __future__ import annotations

import gc
import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PIL import Image

from bot_core.errors import ModelFailed
from bot_media.images.diffusion.canny import edges
from bot_media.images.diffusion.loading import Model
from bot_media.images.diffusion.options import DiffusionOptions
from bot_media.images.diffusion.words import Embedded, Embeddings
from bot_media.images.draft import Draft, Way, kept

log = logging.getLogger(__name__)

PATCHES = 8  # patches a side: 4 x 4 x 4 colours that the preview is fitted to
SHADES = (0.0, 0.33, 0.66, 1.0)

Tell = Callable[[int, float, Image.Image | None], bool]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture of a batch: its draft, its LoRAs, whether its picture is a guide; ``index`` in the request list."""

    index: int
    wish: Draft
    loras: tuple[tuple[str, float], ...] = ()
    guided: bool = False

    @property
    def alike(self) -> tuple[object, ...]:
        """Return what pictures of one batch must share."""
        wish = self.wish
        size = (wish.width, wish.height)
        return (wish.way, size, wish.strength, wish.pace, wish.stop, wish.tile, self.loras, self.guided)


class Pencil:
    """Draws batches of like sheets."""

    def __init__(self, model: Model, options: DiffusionOptions) -> None:
        self._torch: Any = import_module("torch")
        self._model, self._options = model, options
        self.embeddings = Embeddings(model.base, model.kind == "xl", options.remembered)
        self._colours: Any = None

    def draw(self, sheets: Sequence[Sheet], tell: Tell, stop: threading.Event) -> list[Image.Image]:
        """Return a picture per sheet; a batch that memory is too small for is halved. Raises ModelFailed, BadInput."""
        try:
            return self._drawn(sheets, tell, stop)
        except self._torch.OutOfMemoryError as error:
            detail = str(error)[:200]
        except MemoryError:
            detail = "no memory left"
        except (RuntimeError, ValueError) as error:
            raise ModelFailed("image", "diffusion", str(error)[:200]) from error
        self._tidy()
        if len(sheets) == 1:
            raise ModelFailed("image", "diffusion", f"out of memory: {detail}")
        log.warning("a batch was too large for the memory and is halved", extra={"pictures": len(sheets)})
        half = len(sheets) // 2
        return self.draw(sheets[:half], tell, stop) + self.draw(sheets[half:], tell, stop)

    def _drawn(self, sheets: Sequence[Sheet], tell: Tell, stop: threading.Event) -> list[Image.Image]:
        first = sheets[0]
        self._model.wear(first.loras)
        self._model.tile(first.wish.tile)
        pipe = self._model.pipe(first.wish.way, controlled=first.guided)
        pipe.scheduler = self._model.scheduler()
        follow = _Following(self, sheets, tell, stop)
        with self._torch.inference_mode():
            pictures = pipe(
                **self._words(sheets),
                **self._pictures(sheets),
                num_inference_steps=self._steps(first.wish),
                guidance_scale=self._options.sampling.guidance,
                generator=[
                    self._torch.Generator("cpu").manual_seed(sheet.wish.seed) for sheet in sheets
                ],  # on the CPU: the same noise on every device, and for each picture its own
                callback_on_step_end=follow,
                output_type="pil",
            ).images
        return [_whole(sheet.wish, picture) for sheet, picture in zip(sheets, pictures, strict=True)]

    def _steps(self, wish: Draft) -> int:
        steps = max(1, round(self._options.sampling.steps * wish.pace))
        return max(steps, math.ceil(1 / wish.strength)) if wish.picture is not None else steps

    def _words(self, sheets: Sequence[Sheet]) -> dict[str, Any]:
        loras = sheets[0].loras
        wanted = [self.embeddings.of(sheet.wish.parts, loras) for sheet in sheets]
        away = [self.embeddings.of(sheet.wish.against, loras, empty_is_zero=True) for sheet in sheets]
        words = {
            "prompt_embeds": self._joined(wanted, "tokens"),
            "negative_prompt_embeds": self._joined(away, "tokens"),
        }
        if self._model.kind == "xl":
            words["pooled_prompt_embeds"] = self._joined(wanted, "pooled")
            words["negative_pooled_prompt_embeds"] = self._joined(away, "pooled")
        return words

    def _joined(self, each: Sequence[Embedded], name: str) -> Any:  # noqa: ANN401 - a tensor
        return self._torch.cat([getattr(one, name) for one in each])

    def _pictures(self, sheets: Sequence[Sheet]) -> dict[str, Any]:
        first = sheets[0]
        size = {"width": first.wish.width, "height": first.wish.height}
        pictures = [sheet.wish.picture for sheet in sheets if sheet.wish.picture is not None]
        if first.guided:
            guides = [edges(one) if self._options.control == "canny" else one for one in pictures]
            return {"image": guides, **size}
        if first.wish.way is Way.WORDS:
            return size
        if first.wish.way is Way.PICTURE:
            return {"image": pictures, "strength": first.wish.strength}
        masks = [sheet.wish.mask for sheet in sheets]
        return {"image": pictures, "mask_image": masks, "strength": first.wish.strength, **size}

    def preview(self, latents: Any) -> Image.Image:  # noqa: ANN401
        """Return a latent ``(channels, height, width)`` as a small picture, without the decoder.

        The colours are a linear map, fitted once to what the model's own encoder makes of known colours.
        """
        if self._colours is None:
            self._colours = self._fitted()
        torch = self._torch
        flat = latents.float().cpu().flatten(1).T  # (pixels, channels)
        flat = torch.cat([flat, torch.ones(len(flat), 1)], 1)
        shown = ((flat @ self._colours).clamp(0, 1) * 255).to(torch.uint8)
        return Image.fromarray(shown.reshape(*latents.shape[1:], 3).numpy())

    def _fitted(self) -> Any:  # noqa: ANN401
        torch, vae = self._torch, self._model.base.vae
        scale = 2 ** (len(vae.config.block_out_channels) - 1)
        shades = torch.tensor([(red, green, blue) for red in SHADES for green in SHADES for blue in SHADES])
        patches = shades.T.reshape(1, 3, PATCHES, PATCHES)
        picture = patches.repeat_interleave(scale * 2, 2).repeat_interleave(scale * 2, 3) * 2 - 1
        with torch.inference_mode():
            latents = vae.encode(picture.to(self._model.device, vae.dtype)).latent_dist.mode()
        latents = (latents * vae.config.scaling_factor).float().cpu()
        small = torch.nn.functional.avg_pool2d(latents, 2)[0].flatten(1).T
        small = torch.cat([small, torch.ones(len(small), 1)], 1)
        return torch.linalg.lstsq(small, shades).solution

    def _tidy(self) -> None:
        gc.collect()
        if self._torch.cuda.is_available():
            self._torch.cuda.empty_cache()


class _Following:
    """What happens after each step of a batch."""

    def __init__(self, pencil: Pencil, sheets: Sequence[Sheet], tell: Tell, stop: threading.Event) -> None:
        self._pencil, self._sheets, self._tell, self._stop = pencil, sheets, tell, stop
        self._every = pencil._options.preview_every

    def __call__(self, pipe: Any, step: int, _time: Any, made: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        total = pipe.num_timesteps
        foreseen = pipe.scheduler.cleaned if pipe.scheduler.cleaned is not None else made["latents"]
        show = bool(self._every) and step % self._every == self._every - 1 and step + 1 < total
        wanted = False
        for place, sheet in enumerate(self._sheets):
            picture = self._pencil.preview(foreseen[place]) if show else None
            wanted |= self._tell(sheet.index, (step + 1) / (total + 1), picture)
        if self._stop.is_set() or not wanted:
            pipe._interrupt = True
        elif (step + 1) / total >= self._sheets[0].wish.stop and step + 1 < total:
            pipe._interrupt = True
            return {"latents": foreseen.to(made["latents"].dtype)}
        return {}


def _whole(wish: Draft, picture: Image.Image) -> Image.Image:
    if wish.way is Way.PAINT and wish.picture is not None and wish.mask is not None:
        return kept(wish.picture, picture, wish.mask)
    return picture
