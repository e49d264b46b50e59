"""The icon pack: names in both languages, and SVGs to be placed in a scene."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot_media.images.collage.colour import HEX, Recolour, rgb
from bot_media.images.collage.lexicon import LITTLE, PREFERRED, VAGUE
from bot_media.images.collage.naming import NAMED, NOTHING
from bot_media.images.collage.own import OWN

PACK = Path(__file__).with_name("icons.zip")
SIDE = 32.0  # every icon's own coordinates
IDS = re.compile(r'\bid="([^"]+)"')
OUTER = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
NOT_SUBJECTS = (
    "face-",
    "hand",
    "emotion",
    "heart",
    "time",
    "body-parts",
    "mail",
    "office",
    "lock",
    "money",
    "sound",
    "cat-face",
)
COSTUMES = "face-costume"  # robots, ghosts and the like
HEADS = frozenset(
    [
        "wolf",
        "fox",
        "lion",
        "hamster",
        "bear",
        "polar-bear",
        "koala",
        "panda",
        "frog",
        "raccoon",
        "cat-face",
        "dog-face",
    ]
)
PEOPLE = ("person", "monkey-face")


@dataclass(frozen=True, slots=True)
class Icon:
    """One icon: its name in the pack, and its kind (a subgroup of emoji)."""

    name: str
    kind: str
    head: bool = False  # only the head of an animal: the scene gives it a body


class IconPack:
    """The pack, opened at its first use; what was read once is kept."""

    def __init__(self, path: Path = PACK) -> None:
        self._path = path
        self._bodies: dict[str, str] = {}

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, object]]:
        with zipfile.ZipFile(self._path) as pack:
            found: Mapping[str, Mapping[str, object]] = json.loads(pack.read("names.json"))
        return found

    @cached_property
    def words(self) -> Mapping[str, Icon]:
        """Return the icon that each word or phrase names, in both languages; the plainest name wins."""
        scored: dict[str, tuple[float, str]] = {}
        for name, entry in self._names.items():
            for score, phrase in _phrases(name, entry):
                if phrase in VAGUE or phrase in LITTLE:
                    continue
                if score > scored.get(phrase, (0.0, ""))[0]:
                    scored[phrase] = (score, name)
        chosen = {phrase: name for phrase, (_, name) in scored.items()} | PREFERRED | NAMED
        return {
            phrase: self.icon(name)
            for phrase, name in chosen.items()
            if self.has(name) and phrase not in NOTHING
        }

    def icon(self, name: str) -> Icon:
        """Return an icon by its name."""
        kind = OWN[name][0] if name in OWN else str(self._names[name]["kind"])
        return Icon(name, kind, name in HEADS)

    def has(self, name: str) -> bool:
        """Tell whether the pack has an icon."""
        return name in OWN or name in self._names

    def main_colour(self, icon: Icon, recolour: Recolour | None = None) -> str:
        """Return the colour that an icon shows most of, by how often it is named."""
        shades = ["#" + shade for shade in HEX.findall(self.body(icon, recolour))]
        lively = [shade for shade in shades if 0.3 < sum(rgb(shade)) / 3 < 0.85]
        return max(sorted(set(lively)), key=lively.count) if lively else "#b08d6a"

    def body(self, icon: Icon, recolour: Recolour | None = None) -> str:
        """Return the icon's SVG contents, its ids made its own, recoloured where asked."""
        key = icon.name if recolour is None else f"{icon.name}-{recolour.name}"
        if key not in self._bodies:
            body = OWN[icon.name][1] if icon.name in OWN else self._packed(icon.name)
            for found in sorted(set(IDS.findall(body)), key=len, reverse=True):
                own = f"{key}-{found}"
                body = body.replace(f'id="{found}"', f'id="{own}"').replace(f"#{found})", f"#{own})")
                body = body.replace(f'href="#{found}"', f'href="#{own}"')
            body = f'<g fill="none">{body}</g>'
            self._bodies[key] = recolour.svg(body) if recolour else body
        return self._bodies[key]

    def _packed(self, name: str) -> str:
        with zipfile.ZipFile(self._path) as pack:
            inner = OUTER.search(pack.read(f"{name}.svg").decode())
        return inner[1] if inner else ""


def _phrases(name: str, entry: Mapping[str, object]) -> list[tuple[float, str]]:
    """Return the phrases that name an icon, with how plainly they do."""
    kind = str(entry["kind"])
    if kind.startswith(NOT_SUBJECTS) and kind != COSTUMES:
        return []
    base = 0.5 if kind.startswith(PEOPLE) else 1.0
    found: list[tuple[float, str]] = []
    for language in ("en", "zh"):
        label, *tags = (str(phrase).lower() for phrase in entry[language])  # type: ignore[attr-defined]
        found.append((10 * base, label))
        if language == "en":
            head = label.split(" ")[-1]
            found += (
                [(10 * base, f"{label}s"), (4 * base / max(1, label.count(" ")), head)]
                if " " in label
                else [(10 * base, f"{label}s")]
            )
        found += [
            (base * (2 - 0.05 * place), tag)
            for place, tag in enumerate(tags)
            if len(tag) > 1 and not tag.endswith("ing")
        ]
    return found
