"""A community's own styles and prompt templates: its file styles.toml, which the people who run the house write."""

from __future__ import annotations

import asyncio
import logging
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot_core.prompt import Part, Prompt

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
COMMUNITY = re.compile(r"[a-z0-9_-]{1,64}")
MOST = 50  # styles, and templates
MOST_FIELDS = 5  # of a form on the strictest platform
LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``styles`` are words by name; ``templates`` are prompts with ``{fields}`` by name."""

    styles: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)

    def spelt(self, prompt: Prompt) -> Prompt:
        """Return a prompt in which a style of this community stands as its words; makers need not know it."""
        words = self.styles.get(prompt.style)
        if words is None:
            return prompt
        return _with_style(prompt, words)


@dataclass(frozen=True, slots=True)
class CommunityCatalogues:
    """Reads ``FOLDER/COMMUNITY/styles.toml`` when it is asked for. Without a folder there are none."""

    folder: Path | None = None

    async def of(self, community: str) -> Catalogue:
        """Return a community's catalogue; what is wrong in its file is logged and left out."""
        if self.folder is None or not COMMUNITY.fullmatch(community):
            return Catalogue()
        return await asyncio.to_thread(_read, self.folder / community / "styles.toml")


def fields(template: str) -> list[str]:
    """Return the names of a template's fields in their order."""
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
    return list(dict.fromkeys(names))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with what was filled in; braces among that are taken as they are typed."""
    parts = []
    for text, name, _, _ in string.Formatter().parse(template):
        parts.append(text)
        if name:
            parts.append(" ".join(values.get(name, "").split()))
    return "".join(parts)


def _with_style(prompt: Prompt, words: str) -> Prompt:
    parts = prompt.parts
    alone = len(parts) == 1 and parts[0].weight == 1.0
    joined = (Part(f"{parts[0].text}, {words}"),) if alone else (*parts, Part(words))
    return replace(prompt, parts=joined, style="")


def _read(path: Path) -> Catalogue:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Catalogue()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        log.warning(
            "a community's styles can't be read", extra={"community": path.parent.name, "error": str(error)}
        )
        return Catalogue()
    return Catalogue(_named(table.get("styles"), path), _templates(table.get("templates"), path))


def _named(found: Any, path: Path) -> dict[str, str]:  # noqa: ANN401 - whatever stands in the file
    good: dict[str, str] = {}
    for name, words in found.items() if isinstance(found, dict) else ():
        if NAME.fullmatch(name) and isinstance(words, str) and 0 < len(words) <= LONGEST and len(good) < MOST:
            good[name] = " ".join(words.split())
        else:
            log.warning(
                "left out of a community's styles",
                extra={"community": path.parent.name, "entry": str(name)[:40]},
            )
    return good


def _templates(found: Any, path: Path) -> dict[str, str]:  # noqa: ANN401
    good: dict[str, str] = {}
    for name, text in _named(found, path).items():
        try:
            names = fields(text)
        except ValueError:
            names = []
        if 0 < len(names) <= MOST_FIELDS and all(name.isidentifier() for name in names):
            good[name] = text
        else:
            log.warning(
                "a template needs 1 to 5 fields", extra={"community": path.parent.name, "entry": name}
            )
    return good
