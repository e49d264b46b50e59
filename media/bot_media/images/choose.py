"""The maker that a profile names, opened with everything that it needs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import aiohttp

from bot_core.errors import SettingWrong, StartRefused
from bot_core.identity import Words
from bot_core.pictures import PictureAction
from bot_core.ports.media import Files, ImageModel
from bot_media.images.draft import Way
from bot_media.images.remote.making import RESAMPLED, RemoteOptions

KINDS = ("collage", "openai", "comfyui", "a1111", "diffusers")
OPENAI = "https://api.openai.com/v1"
COLLAGE = Words("内置拼贴", "built-in collage")


@dataclass(frozen=True, slots=True)
class MakerProfile:
    """Which maker draws. ``kind`` is one of ``KINDS``; ``url``, ``key`` and ``model`` are a remote one's.

    ``folder`` is a diffusion model's folder, or OWNER/NAME@COMMIT of a hub. ``options`` are the kind's own:
    ``RemoteOptions``, ``DiffusionOptions``, and ComfyUI's ``workflows`` (way -> JSON file). ``styles`` are the
    words of a ``--style``.
    """

    kind: str = "collage"
    url: str = ""
    key: str = field(default="", repr=False)
    model: str = ""
    folder: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> Words:
        """Return what the screen calls the maker; the built-in one is named as what it is."""
        if self.kind == "collage":
            return COLLAGE
        name = self.model or Path(self.folder.partition("@")[0]).name or self.kind
        return Words(name, name)


@asynccontextmanager
async def open_maker(profile: MakerProfile, files: Files) -> AsyncIterator[ImageModel]:
    """Yield the maker; its connections, its model and its thread end with the block.

    Raises SettingWrong, StartRefused, MissingExtra.
    """
    match profile.kind:
        case "collage":
            from bot_media.images.collage import CollageMaker

            yield CollageMaker(files, dict(profile.styles))
        case "openai":
            async with _openai(profile, files) as maker:
                yield maker
        case "a1111" | "comfyui":
            async with aiohttp.ClientSession(trust_env=False) as session:
                yield _served(profile, files, session)
        case "diffusers":
            async with _diffusers(profile, files) as maker:
                yield maker
        case _:
            raise SettingWrong("models.image.kind", f"one of {', '.join(KINDS)}", profile.kind)


def how(maker: ImageModel, operation: str) -> Words | None:
    """Return what should be said of how an operation is done, None where its name says it."""
    enlarging = operation in (PictureAction.UPSCALE.value, PictureAction.ENLARGE.value)
    return RESAMPLED if enlarging and getattr(maker, "enlarges", True) is False else None


@asynccontextmanager
async def _openai(profile: MakerProfile, files: Files) -> AsyncIterator[ImageModel]:
    from bot_media.images.remote.openai_images import OpenAIImages, openai_client

    if not profile.model:
        raise SettingWrong("models.image.model", "the name of a model that makes pictures")
    options = remote_options(profile)
    async with openai_client(profile.url or OPENAI, profile.key, options.longest) as client:
        yield OpenAIImages(client, profile.model, files, options)


def _served(profile: MakerProfile, files: Files, session: aiohttp.ClientSession) -> ImageModel:
    if not profile.url:
        raise SettingWrong("models.image.url", "the address of the service")
    options = remote_options(profile)
    if profile.kind == "a1111":
        from bot_media.images.remote.a1111 import A1111Images

        return A1111Images(session, profile.url, files, options, key=profile.key, model=profile.model)
    from bot_media.images.remote.comfy import ComfyImages

    workflows = _workflows(profile.options.get("workflows", {}))
    if not profile.model and len(workflows) < 3:
        raise SettingWrong("models.image.model", "the file name of a checkpoint that ComfyUI has")
    return ComfyImages(session, profile.url, files, options, model=profile.model, workflows=workflows)


@asynccontextmanager
async def _diffusers(profile: MakerProfile, files: Files) -> AsyncIterator[ImageModel]:
    from bot_media.images.diffusion import opened_diffusion, options_of

    if not profile.folder:
        raise SettingWrong("models.image.folder", "a model's folder, or OWNER/NAME@COMMIT")
    options = replace(options_of(profile.options), styles=profile.styles)
    async with opened_diffusion(profile.folder, files, options, name=profile.model) as maker:
        yield maker


def remote_options(profile: MakerProfile) -> RemoteOptions:
    """Return a remote maker's options. Raises SettingWrong for unknown names and wrong kinds of values."""
    usual = RemoteOptions(styles=profile.styles)
    known = {
        entry.name: getattr(usual, entry.name) for entry in fields(RemoteOptions) if entry.name != "styles"
    }
    values: dict[str, Any] = {}
    for name, value in profile.options.items():
        if name == "workflows":  # read where they are used
            continue
        if name not in known:
            raise SettingWrong(f"models.image.options.{name}", f"one of {', '.join(sorted(known))}")
        values[name] = _checked(f"models.image.options.{name}", known[name], value)
    return replace(usual, **values)


def _checked(setting: str, usual: object, value: Any) -> object:  # noqa: ANN401 - a setting's
    """Return a value of the same kind as the usual one. Raises SettingWrong."""
    if isinstance(usual, tuple):
        return tuple(_size(setting, size) for size in value)
    if isinstance(usual, bool | str):
        if not isinstance(value, type(usual)):
            raise SettingWrong(setting, "true or false" if isinstance(usual, bool) else "words", str(value))
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise SettingWrong(setting, "a number above 0", str(value))
    return int(value) if isinstance(usual, int) else float(value)


def _size(setting: str, text: str) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in str(text).split("x"))
    except ValueError:
        raise SettingWrong(setting, "sizes like 1024x1024", str(text)) from None
    return width, height


def _workflows(named: Mapping[str, str]) -> dict[Way, Mapping[str, Any]]:
    """Read workflows in ComfyUI's API format. Raises StartRefused, SettingWrong."""
    found: dict[Way, Mapping[str, Any]] = {}
    for name, file in named.items():
        if name not in [way.value for way in Way]:
            raise SettingWrong("models.image.options.workflows", f"one of {', '.join(Way)}", name)
        try:
            graph = json.loads(Path(file).expanduser().read_text())
        except (OSError, ValueError) as error:
            raise StartRefused(
                f"the workflow {file} can't be read: {type(error).__name__}",
                Words(f"工作流文件 {file} 读不出来。", f"The workflow {file} can't be read."),
            ) from error
        nodes = graph.values() if isinstance(graph, dict) else [None]
        if not all(isinstance(node, dict) and "class_type" in node for node in nodes):
            raise StartRefused(
                f"{file} is no workflow in the API format",
                Words(
                    f"{file} 不是 API 格式的工作流（在 ComfyUI 里选「保存（API 格式）」）。",
                    f"{file} is no workflow in the API format (in ComfyUI: Save (API Format)).",
                ),
            )
        found[Way(name)] = graph
    return found
