"""Many passages of varied real text, and questions of which each has one passage that answers.

The questions are of two sets that are kept for validation (``--reading``: passages of CMRC, SQuAD and others with their
questions, which can't be shipped); what fills up is their other passages, then paragraphs of the documentation that lies on the
machine (docstrings, manual pages, readmes).
"""

from __future__ import annotations

import ast
import gzip
import itertools
import json
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASKED = {"val_zh": 120, "vsq_en": 80}  # questions of each set
FILLING = ("cmrc", "drcd", "sq2_en", "nqg_dev", "nqg_test", "xq_en", "xq_zh")
PATTERNS = ("*.py", "*.md", "*.rst", "*.txt", "*.gz", "README*")


@dataclass(frozen=True, slots=True)
class Texts:
    """``documents``: by name, its passages as (source, text); ``asked``: (question, source of the passage)."""

    documents: dict[str, list[tuple[str, str]]]
    asked: list[tuple[str, str]]

    @property
    def passages(self) -> list[tuple[str, str]]:
        """Return all passages."""
        return [passage for document in self.documents.values() for passage in document]


def gathered(reading: Path, size: int, seed: int = 7) -> Texts:
    """Return ``size`` passages, fewer where the machine has less to read."""
    with gzip.open(reading, "rt", encoding="utf-8") as file:
        sets: dict[str, Any] = json.load(file)
    chance = random.Random(seed)
    documents: dict[str, list[tuple[str, str]]] = {}
    asked: list[tuple[str, str]] = []
    for name, count in ASKED.items():
        _put(documents, sets, name)
        known = [group for group in sets[name]["G"] if group["pos"] is not None]
        asked += [(group["q"], f"{name}/{group['pos']}") for group in chance.sample(known, count)]
    others: dict[str, list[tuple[str, str]]] = {}
    for name in FILLING:
        _put(others, sets, name)
    rest = list(others.items())
    chance.shuffle(rest)
    documents |= rest[: max(0, size - len(documents))]
    left = size - len(documents)
    for path, paragraphs in prose() if left > 0 else ():
        kept = paragraphs[:left]
        documents[path] = [(f"{path}#{number}", text) for number, text in enumerate(kept)]
        left -= len(kept)
        if left <= 0:
            break
    return Texts(documents, asked)


def _put(documents: dict[str, list[tuple[str, str]]], sets: dict[str, Any], name: str) -> None:
    for number, text in enumerate(sets[name]["W"]):
        documents[f"{name}/{number}"] = [(f"{name}/{number}", text)]


def prose(minimum: int = 200, maximum: int = 900) -> Iterator[tuple[str, list[str]]]:
    """Yield documentation on this machine, file by file, each paragraph once."""
    seen: set[str] = set()
    library = Path(json.__file__).parents[1]
    roots = (library, Path(sys.prefix), Path("/usr/share/doc"), Path("/usr/share/man"), Path("/usr/lib"))
    for root, pattern in itertools.product(roots, PATTERNS):
        for path in sorted(root.rglob(pattern)):
            found = []
            for text in _paragraphs(path):
                squeezed = " ".join(text.split())
                fits = minimum <= len(squeezed) <= maximum and squeezed.count(" ") > 20
                if fits and squeezed not in seen:
                    seen.add(squeezed)
                    found.append(squeezed)
            if found:
                yield str(path), found


def _paragraphs(path: Path) -> list[str]:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = data.decode("utf-8")
        if path.suffix == ".py":
            return list(_docstrings(ast.parse(text)))
    except (OSError, UnicodeDecodeError, SyntaxError, EOFError, ValueError, RecursionError):
        return []
    plain = re.sub(r"\\f[A-Z]|\\-|^\.[A-Z]+ ", "", text, flags=re.M)
    return re.split(r"\n\s*\n|\n\.(?:PP|P|TP|LP|SH)\b", plain)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            yield from (ast.get_docstring(node) or "").split("\n\n")
