"""A model folder loaded: pipelines that share their parts, schedulers, LoRAs, and what makes them faster."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from bot_core.errors import BadInput, MissingExtra, StartRefused
from bot_core.identity import Words
from bot_media.images.diffusion.folder import DIFFUSION, check, lora_file, model_folder, variant
from bot_media.images.diffusion.options import DiffusionOptions
from bot_media.images.draft import Way

log = logging.getLogger(__name__)

KINDS = {
    ("sd", Way.WORDS): "StableDiffusionPipeline",
    ("sd", Way.PICTURE): "StableDiffusionImg2ImgPipeline",
    ("sd", Way.PAINT): "StableDiffusionInpaintPipeline",
    ("xl", Way.WORDS): "StableDiffusionXLPipeline",
    ("xl", Way.PICTURE): "StableDiffusionXLImg2ImgPipeline",
    ("xl", Way.PAINT): "StableDiffusionXLInpaintPipeline",
}
CONTROLLED = {"sd": "StableDiffusionControlNetPipeline", "xl": "StableDiffusionXLControlNetPipeline"}


class Model:
    """A loaded model. Everything here runs in one thread: pipelines are not made for more."""

    def __init__(self, folder: Path, options: DiffusionOptions) -> None:
        self._diffusers: Any = import_module("diffusers")
        torch = self._torch = import_module("torch")
        self._unreadable: type[Exception] = import_module("safetensors").SafetensorError
        self._options = options
        for package in ("diffusers", "transformers"):
            import_module(f"{package}.utils.logging").disable_progress_bar()
        self.kind = check(folder)
        self._check_controlnet()
        self.device = _device(torch, options.device)
        self.dtype = _dtype(torch, options.dtype, self.device)
        if options.threads:
            torch.set_num_threads(options.threads)
        self.base = self._base(folder)
        self._settings = dict(self.base.scheduler.config)
        self._pipes: dict[object, Any] = {Way.WORDS: self.base}
        self._loras: set[str] = set()
        self._tiled = False

    def _base(self, folder: Path) -> Any:  # noqa: ANN401 - diffusers'
        kind = getattr(self._diffusers, KINDS[self.kind, Way.WORDS])
        plain: dict[str, Any] = (
            {} if self.kind == "xl" else {"safety_checker": None, "feature_extractor": None}
        )
        try:
            pipe = kind.from_pretrained(
                folder,
                dtype=self.dtype,
                use_safetensors=True,
                local_files_only=True,
                variant=variant(folder),
                **plain,
            )
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise StartRefused(
                f"the model in {folder} can't be loaded: {error}",
                Words(f"{folder} 里的模型加载不了。", f"The model in {folder} can't be loaded."),
            ) from error
        pipe.set_progress_bar_config(disable=True)
        pipe = pipe.to(self.device)
        self._hasten(pipe)
        return pipe

    def _hasten(self, pipe: Any) -> None:  # noqa: ANN401
        if self._options.slicing:
            pipe.vae.enable_slicing()
        if self._options.channels_last:
            pipe.unet.to(memory_format=self._torch.channels_last)
            pipe.vae.to(memory_format=self._torch.channels_last)
        if self._options.compile:
            pipe.unet.compile()

    def pipe(self, way: Way, *, controlled: bool = False) -> Any:  # noqa: ANN401
        """Return the pipeline of a way, made when it is first needed, of the same parts."""
        key: object = "controlled" if controlled else way
        if key not in self._pipes:
            name = CONTROLLED[self.kind] if controlled else KINDS[self.kind, way]
            more: dict[str, Any] = {"controlnet": self._controlnet()} if controlled else {}
            kind = getattr(self._diffusers, name)
            self._pipes[key] = kind.from_pipe(self.base, dtype=self.dtype, **more)
            self._pipes[key].set_progress_bar_config(disable=True)
        return self._pipes[key]

    def _check_controlnet(self) -> None:
        folder = self._options.controlnet
        if folder is not None and not any(folder.glob("*.safetensors")):
            raise StartRefused(
                f"no ControlNet in safetensors in {folder}",
                Words(
                    f"{folder} 里没有 safetensors 的 ControlNet。",
                    f"There is no ControlNet in safetensors in {folder}.",
                ),
            )

    def _controlnet(self) -> Any:  # noqa: ANN401
        net = self._diffusers.ControlNetModel.from_pretrained(
            self._options.controlnet, dtype=self.dtype, use_safetensors=True, local_files_only=True
        )
        return net.to(self.device)

    def scheduler(self) -> Any:  # noqa: ANN401
        """Return a fresh scheduler; its ``cleaned`` is the picture (latents) that the last step foresaw."""
        sampling = self._options.sampling
        made = getattr(self._diffusers, sampling.kind).from_config(self._settings, **sampling.settings)
        step = made.step

        @functools.wraps(step)
        def watched(*args: Any, **named: Any) -> Any:  # noqa: ANN401
            result = step(*args, **named)
            foreseen = result[1] if isinstance(result, tuple) and len(result) > 1 else None
            if foreseen is None and getattr(made, "model_outputs", None):
                foreseen = made.model_outputs[-1]
            made.cleaned = foreseen
            return result

        made.step, made.cleaned = watched, None
        return made

    def wear(self, loras: Sequence[tuple[str, float]]) -> None:
        """Put on LoRAs by name and weight, and take off all others. Raises BadInput, MissingExtra."""
        for name, _ in loras:
            if name not in self._loras:
                self._load_lora(name, lora_file(self._options.lora_folder, name))
        if not self._loras:
            return
        if loras:
            self.base.enable_lora()
            self.base.set_adapters([_safe(name) for name, _ in loras], [weight for _, weight in loras])
        else:
            self.base.disable_lora()

    def _load_lora(self, name: str, file: Path) -> None:
        try:
            import_module("peft")  # diffusers uses it
        except ImportError as error:
            raise MissingExtra("diffusion", DIFFUSION) from error
        try:
            self.base.load_lora_weights(
                file.parent,
                weight_name=file.name,
                adapter_name=_safe(name),
                local_files_only=True,
                use_safetensors=True,
            )
        except (OSError, ValueError, RuntimeError, LookupError, self._unreadable) as error:
            raise BadInput(
                f"the LoRA {name} does not fit: {type(error).__name__}",
                Words(f"LoRA「{name}」不适合这个模型。", f"The LoRA “{name}” does not fit this model."),
            ) from error
        self._loras.add(name)

    def tile(self, on: bool) -> None:
        """Let convolutions wrap around the edges, so that the picture can be tiled."""
        if on == self._tiled:
            return
        for part in (self.base.unet, self.base.vae):
            for module in part.modules():
                if isinstance(module, self._torch.nn.Conv2d):
                    module.padding_mode = "circular" if on else "zeros"
        self._tiled = on


def loaded(model: str, options: DiffusionOptions) -> Model:
    """Return a model. Takes seconds. Raises MissingExtra, StartRefused."""
    try:
        for package in ("torch", "diffusers", "transformers"):
            import_module(package)
    except ImportError as error:
        raise MissingExtra("diffusion", DIFFUSION) from error
    return Model(model_folder(model), options)


def _device(torch: Any, wanted: str) -> str:  # noqa: ANN401
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(torch: Any, wanted: str, device: str) -> Any:  # noqa: ANN401
    if wanted == "auto":
        wanted = "bf16" if device == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[wanted]


def _safe(name: str) -> str:
    """Return a name that a module may have."""
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)
