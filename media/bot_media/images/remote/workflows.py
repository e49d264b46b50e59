"""ComfyUI's workflows: graphs of nodes in its API format, with ``%placeholders%`` that a wish fills in.

Placeholders: %prompt% %negative% %seed% %width% %height% %batch% %steps% %guidance% %sampler% %model% %strength%
%image% %mask%. A value that is nothing but a placeholder becomes a number where the placeholder is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot_media.images.draft import Way

Graph = Mapping[str, Any]
_PLACE = re.compile(r"%([a-z]+)%")


def filled(graph: Graph, values: Mapping[str, object]) -> dict[str, Any]:
    """Return a workflow with its placeholders filled in; unknown ones stay as they are."""
    return {name: _filled(value, values) for name, value in graph.items()}


def _filled(value: Any, values: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _filled(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    if whole:
        return values.get(whole[1], value)
    return _PLACE.sub(lambda found: str(values.get(found[1], found[0])), value)


def usual() -> dict[Way, Graph]:
    """Return workflows of ComfyUI's own nodes, for checkpoints of Stable Diffusion 1.5, 2.1 and XL."""
    start: dict[str, Any] = {
        "model": _node("CheckpointLoaderSimple", ckpt_name="%model%"),
        "for": _node("CLIPTextEncode", text="%prompt%", clip=["model", 1]),
        "against": _node("CLIPTextEncode", text="%negative%", clip=["model", 1]),
    }
    end: dict[str, Any] = {
        "decoded": _node("VAEDecode", samples=["drawn", 0], vae=["model", 2]),
        "shown": _node("PreviewImage", images=["decoded", 0]),  # not kept on that machine
    }
    image: dict[str, Any] = {
        "image": _node("LoadImage", image="%image%"),
        "encoded": _node("VAEEncode", pixels=["image", 0], vae=["model", 2]),
    }
    mask: dict[str, Any] = {
        "mask": _node("LoadImageMask", image="%mask%", channel="red"),
        "masked": _node("SetLatentNoiseMask", samples=["encoded", 0], mask=["mask", 0]),
    }
    many = "RepeatLatentBatch"
    return {
        Way.WORDS: {
            **start,
            "empty": _node("EmptyLatentImage", width="%width%", height="%height%", batch_size="%batch%"),
            "drawn": _sampler("empty"),
            **end,
        },
        Way.PICTURE: {
            **start,
            **image,
            "many": _node(many, samples=["encoded", 0], amount="%batch%"),
            "drawn": _sampler("many"),
            **end,
        },
        Way.PAINT: {
            **start,
            **image,
            **mask,
            "many": _node(many, samples=["masked", 0], amount="%batch%"),
            "drawn": _sampler("many"),
            **end,
        },
    }


def _node(kind: str, **inputs: object) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def _sampler(latent: str) -> dict[str, Any]:
    return _node(
        "KSampler",
        model=["model", 0],
        positive=["for", 0],
        negative=["against", 0],
        latent_image=[latent, 0],
        seed="%seed%",
        steps="%steps%",
        cfg="%guidance%",
        sampler_name="%sampler%",
        scheduler="normal",
        denoise="%strength%",
    )
