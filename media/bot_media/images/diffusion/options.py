"""What an operator chooses about a diffusion model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot_core.errors import SettingWrong

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("auto", "fp32", "fp16", "bf16")
CONTROLS = ("canny", "as it is")


@dataclass(frozen=True, slots=True)
class Sampling:
    """A scheduler: its class in diffusers, its settings, and the steps and guidance that go well with it."""

    kind: str
    steps: int
    guidance: float
    settings: Mapping[str, object] = field(default_factory=dict)


SCHEDULERS: Mapping[str, Sampling] = {
    "euler": Sampling("EulerDiscreteScheduler", 28, 7.0),
    "euler_a": Sampling("EulerAncestralDiscreteScheduler", 28, 7.0),
    "dpm++": Sampling(
        "DPMSolverMultistepScheduler",
        22,
        7.0,
        {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True},
    ),
    "ddim": Sampling("DDIMScheduler", 30, 7.0),
    "lcm": Sampling("LCMScheduler", 4, 1.0),
    "turbo": Sampling("EulerAncestralDiscreteScheduler", 2, 0.0, {"timestep_spacing": "trailing"}),
    "lightning": Sampling("EulerDiscreteScheduler", 4, 0.0, {"timestep_spacing": "trailing"}),
}


@dataclass(frozen=True, slots=True)
class DiffusionOptions:
    """``steps`` 0 and ``guidance`` below 0 are the scheduler's usual ones; ``batch``: pictures drawn at once.

    ``lora_folder`` holds NAME.safetensors; a member asks for ``<lora:NAME:0.8>`` or for a style whose words hold
    that. ``controlnet`` is a folder; a picture prompt then guides the composition, through its edges (``canny``) or
    as it is (a depth map, a pose, a scribble). ``refine`` 0..1: enlarged pictures are gone over by the model.
    """

    device: str = "auto"
    dtype: str = "auto"
    scheduler: str = "dpm++"
    steps: int = 0
    guidance: float = -1.0
    batch: int = 4
    preview_every: int = 4
    compile: bool = False
    channels_last: bool = False
    slicing: bool = True
    refine: float = 0.0
    refine_up_to: int = 1536 * 1536  # pixels
    threads: int = 0  # 0: as many as torch takes
    lora_folder: Path | None = None
    controlnet: Path | None = None
    control: str = "canny"
    remembered: int = 256  # prompts whose embeddings are kept
    styles: Mapping[str, str] = field(default_factory=dict)

    @property
    def sampling(self) -> Sampling:
        """Return the scheduler with the steps and guidance that were chosen."""
        usual = SCHEDULERS[self.scheduler]
        guidance = usual.guidance if self.guidance < 0 else self.guidance
        return Sampling(usual.kind, self.steps or usual.steps, guidance, usual.settings)


def options_of(values: Mapping[str, Any]) -> DiffusionOptions:
    """Return options from settings. Raises SettingWrong for unknown names and wrong values."""
    known = {entry.name for entry in fields(DiffusionOptions)}
    for name in values:
        if name not in known:
            raise SettingWrong(f"models.image.options.{name}", f"one of {', '.join(sorted(known))}")
    made: dict[str, Any] = {
        name: Path(value).expanduser() if name in ("lora_folder", "controlnet") and value else value
        for name, value in values.items()
    }
    options = DiffusionOptions(**made)
    for name, allowed in (
        ("device", DEVICES),
        ("dtype", DTYPES),
        ("scheduler", tuple(SCHEDULERS)),
        ("control", CONTROLS),
    ):
        if getattr(options, name) not in allowed:
            value = str(getattr(options, name))
            raise SettingWrong(f"models.image.options.{name}", f"one of {', '.join(allowed)}", value)
    for name, least, most in (
        ("steps", 0, 200),
        ("batch", 1, 64),
        ("refine", 0, 1),
        ("preview_every", 0, 200),
    ):
        value = getattr(options, name)
        if not isinstance(value, int | float) or not least <= value <= most:
            raise SettingWrong(f"models.image.options.{name}", f"a number from {least} to {most}", str(value))
    return options
