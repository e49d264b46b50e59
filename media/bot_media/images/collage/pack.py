"""Packs the icon set: ``python -m bot_media.images.collage.pack FLUENTUI_EMOJI EMOJIBASE_DATA``.

Both are unpacked npm packages: fluentui-emoji (the Fluent emoji as SVG, MIT) and emojibase-data (names and keywords in
many languages, MIT). The result, ``icons.zip`` beside this file, holds one SVG per icon and ``names.json``.
"""

from __future__ import annotations

import argparse
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

GROUPS = (1, 3, 4, 5, 6, 7)  # people, animals and nature, food, places, activities, objects
FACES = "smileys-emotion"
TARGET = Path(__file__).with_name("icons.zip")
PATH = re.compile(r'\bd="[^"]*"')
NUMBER = re.compile(r"(-?)(\d*\.\d{3,})(?=(.?))")


def main() -> None:
    """Write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("icons", type=Path, help="folder of fluentui-emoji")
    parser.add_argument("names", type=Path, help="folder of emojibase-data")
    given = parser.parse_args()
    folder = given.icons / "icons" / "modern"
    names = {}
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_LZMA) as pack:
        for icon, entry in entries(folder, given.names):
            names[icon] = entry
            svg = (folder / f"{entry.pop('file')}.svg").read_text()
            pack.writestr(f"{icon}.svg", smaller(svg))
        pack.writestr("names.json", json.dumps(names, ensure_ascii=False, separators=(",", ":")))


def entries(folder: Path, data: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (icon, what is known of it) for every icon that both packages have."""
    english = json.loads((data / "en" / "data.json").read_text())
    chinese = {entry["hexcode"]: entry for entry in json.loads((data / "zh" / "data.json").read_text())}
    groups = json.loads((data / "meta" / "groups.json").read_text())
    there = {path.stem for path in folder.glob("*.svg")}
    for entry in english:
        group = entry.get("group")
        if group not in GROUPS and groups["groups"].get(str(group)) != FACES:
            continue
        slug = slug_of(entry["label"])
        file = next((name for name in (slug, f"{slug}-default", f"{slug}-face") if name in there), None)
        if file is None:
            continue
        other = chinese[entry["hexcode"]]
        yield (
            slug,
            {
                "file": file,
                "kind": groups["subgroups"][str(entry["subgroup"])],
                "en": [entry["label"].lower(), *entry.get("tags", [])],
                "zh": [other["label"], *other.get("tags", [])],
            },
        )


def slug_of(label: str) -> str:
    """Return the file name that an icon's label becomes."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower().replace("’", "").replace("'", "")).strip("-")


def smaller(svg: str) -> str:
    """Return an SVG whose paths have two decimals; transforms keep theirs."""
    return PATH.sub(lambda path: NUMBER.sub(_rounded, path[0]), svg)


def _rounded(found: re.Match[str]) -> str:
    sign, digits, after = found.groups()
    text = f"{float(digits):.2f}".rstrip("0").rstrip(".")
    # "1.001.5" is two numbers: without its point the first would swallow the second
    return f"{sign}{text} " if after == "." or after.isdigit() else f"{sign}{text}"


if __name__ == "__main__":
    main()
