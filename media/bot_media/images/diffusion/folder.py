"""Folders of models: safetensors only, from the disk or from a pinned revision of a hub."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from bot_core.errors import BadInput, MissingExtra, StartRefused
from bot_core.identity import Words

DIFFUSION = Words("在本机运行的扩散模型", "A diffusion model on this machine")
PIPELINES = {
    "StableDiffusionPipeline": "sd",
    "StableDiffusionXLPipeline": "xl",
    "StableDiffusionImg2ImgPipeline": "sd",
    "StableDiffusionInpaintPipeline": "sd",
    "StableDiffusionXLImg2ImgPipeline": "xl",
    "StableDiffusionXLInpaintPipeline": "xl",
}
WITH_WEIGHTS = ("unet", "vae", "text_encoder", "text_encoder_2")
PINNED = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})")
PARTS = ["*.json", "*.txt", "*.safetensors"]
_LORA = re.compile(r"[\w.+-]{1,80}")


def model_folder(model: str) -> Path:
    """Return the folder of ``model``: a path, or OWNER/NAME@COMMIT, whose files are fetched once and kept.

    Raises StartRefused in words where it lacks or holds what is not loaded, MissingExtra.
    """
    pinned = PINNED.fullmatch(model)
    folder = _fetched(pinned[1], pinned[2]) if pinned else Path(model).expanduser()
    check(folder)
    return folder


def check(folder: Path) -> str:
    """Return which kind of model lies in a folder, ``sd`` or ``xl``. Raises StartRefused."""
    if not folder.is_dir():
        raise _refused(f"没有模型文件夹 {folder}。", f"There is no model folder {folder}.")
    index = _index(folder)
    kind = PIPELINES.get(str(index.get("_class_name")))
    if kind is None:
        named = str(index.get("_class_name"))[:60]
        raise _refused(
            f"{folder} 里的模型种类 {named} 不支持（支持 Stable Diffusion 1.5、2.1 和 XL）。",
            f"{folder} holds a {named}; Stable Diffusion 1.5, 2.1 and XL are supported.",
        )
    for name, origin in index.items():
        if isinstance(origin, list) and origin and origin[0] not in (None, "diffusers", "transformers"):
            if name in ("safety_checker", "feature_extractor"):
                continue  # not loaded
            raise _refused(
                f"{folder} 的 {name} 要运行它自己的代码，不会加载。",
                f"The {name} of {folder} wants to run code of its own, which is not loaded.",
            )
    for part in WITH_WEIGHTS:
        if isinstance(index.get(part), list) and index[part][0]:
            _check_weights(folder / part)
    return kind


def variant(folder: Path) -> str | None:
    """Return ``fp16`` where the weights lie under that name only."""
    names = [path.name for path in (folder / "unet").glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None


def lora_file(folder: Path | None, name: str) -> Path:
    """Return the file of a LoRA by its name. Raises BadInput, which lists those there are."""
    there = sorted(path.stem for path in folder.glob("*.safetensors")) if folder and folder.is_dir() else []
    if name in there and folder is not None and _LORA.fullmatch(name):
        return folder / f"{name}.safetensors"
    listed = ", ".join(there[:20]) or "—"
    raise BadInput(
        f"no LoRA {name[:40]!r}",
        Words(
            f"没有叫「{name[:40]}」的 LoRA。可用的有：{listed}",
            f"There is no LoRA “{name[:40]}”. There are: {listed}",
        ),
    )


def _index(folder: Path) -> dict[str, list[str | None]]:
    try:
        index = json.loads((folder / "model_index.json").read_text())
    except FileNotFoundError:
        raise _refused(
            f"{folder} 里没有 model_index.json：它不是 diffusers 格式的模型文件夹。",
            f"{folder} holds no model_index.json: it is no model folder in the diffusers layout.",
        ) from None
    except ValueError:
        raise _refused(
            f"{folder}/model_index.json 读不出来。", f"{folder}/model_index.json can't be read."
        ) from None
    return index if isinstance(index, dict) else {}


def _check_weights(part: Path) -> None:
    if any(part.glob("*.safetensors")):
        return
    pickled = [path.name for path in part.glob("*") if path.suffix in (".bin", ".ckpt", ".pt", ".pth")]
    if pickled:
        raise _refused(
            f"{part} 里只有 {pickled[0]}：这种文件加载时能运行任意代码，只加载 safetensors。",
            f"{part} holds only {pickled[0]}: such a file can run any code when it is loaded; safetensors alone are.",
        )
    raise _refused(f"{part} 里没有权重（*.safetensors）。", f"{part} holds no weights (*.safetensors).")


def _fetched(name: str, commit: str) -> Path:
    try:
        hub: Any = import_module("huggingface_hub")
        errors: Any = import_module("huggingface_hub.errors")
    except ImportError as error:
        raise MissingExtra("diffusion", DIFFUSION) from error
    try:
        return Path(hub.snapshot_download(name, revision=commit, allow_patterns=PARTS))
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, OSError) as error:
        raise _refused(
            f"{name}@{commit[:12]} 取不到，本机也没有存。",
            f"{name}@{commit[:12]} can't be fetched, nor is it kept here.",
        ) from error


def _refused(zh: str, en: str) -> StartRefused:
    return StartRefused(en, Words(zh, en))
