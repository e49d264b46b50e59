"""The sample handbook that ships with Yinlu."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """A folder of documents with a name and example questions by locale."""

    folder: Path
    name_zh: str
    name_en: str
    examples: Mapping[str, tuple[str, ...]]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the folders of documents, one per language: what to ingest."""
        return (self.folder / "zh", self.folder / "en")


def handbook() -> Sample:
    """Return the handbook of Lantern Harbour, in Chinese and English (``folder``/zh and ``folder``/en)."""
    folder = Path(__file__).parent / "samples" / "handbook"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    community = manifest["community"]
    examples = {locale: tuple(questions) for locale, questions in manifest["examples"].items()}
    return Sample(folder, community["name_zh"], community["name_en"], examples)
