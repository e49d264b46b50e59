"""Words as a model takes them: weighted embeddings, remembered; LoRAs that are named among the words."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot_core.prompt import Part

_TAG = re.compile(r"<lora:([^:<>]{1,80})(?::(-?\d*\.?\d+))?>")
MOST_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """``(1, tokens, width)`` and, for XL, the pooled ``(1, width)``."""

    tokens: Any
    pooled: Any = None


def loras_of(parts: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[tuple[str, float], ...]]:
    """Return the parts without their ``<lora:NAME:WEIGHT>`` and what these name, sorted."""
    found: dict[str, float] = {}
    plain = []
    for part in parts:
        for name, weight in _TAG.findall(part.text):
            found[name] = max(-MOST_WEIGHT, min(MOST_WEIGHT, float(weight or 1.0)))
        text = " ".join(_TAG.sub(" ", part.text).split()).replace(" ,", ",").strip(", ")
        if text:
            plain.append(Part(text, part.weight))
    return tuple(plain), tuple(sorted(found.items()))


class Embeddings:
    """Embeds words with a pipeline's text encoders; equal words are embedded once (of the last ``most``)."""

    def __init__(self, pipe: Any, xl: bool, most: int) -> None:  # noqa: ANN401 - diffusers'
        self._pipe, self._xl, self._most = pipe, xl, most
        self._known: OrderedDict[tuple[str, object], Embedded] = OrderedDict()
        self.hits = self.misses = 0

    def of(self, parts: Sequence[Part], loras: object, *, empty_is_zero: bool = False) -> Embedded:
        """Return the mean of the parts' embeddings, each as heavy as its weight; LoRAs change the encoders."""
        if not parts:
            nothing = self._one("", loras)
            if self._xl and empty_is_zero:
                return Embedded(nothing.tokens * 0, nothing.pooled * 0)
            return nothing
        each = [(self._one(part.text, loras), part.weight) for part in parts]
        whole = sum(weight for _, weight in each)
        tokens = sum(one.tokens * (weight / whole) for one, weight in each)
        pooled = sum(one.pooled * (weight / whole) for one, weight in each) if self._xl else None
        return Embedded(tokens, pooled)

    def _one(self, text: str, loras: object) -> Embedded:
        key = (text, loras)
        if key in self._known:
            self.hits += 1
            self._known.move_to_end(key)
            return self._known[key]
        self.misses += 1
        made = self._embedded(text)
        self._known[key] = made
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return made

    def _embedded(self, text: str) -> Embedded:
        device = self._pipe._execution_device
        if self._xl:
            tokens, _, pooled, _ = self._pipe.encode_prompt(
                text, device=device, num_images_per_prompt=1, do_classifier_free_guidance=False
            )
            return Embedded(tokens, pooled)
        tokens, _ = self._pipe.encode_prompt(text, device, 1, False)
        return Embedded(tokens)
