"""Paths as given to the files that are read, and the names (sources) they go by."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot_core.ports.knowledge import IngestFailure

SKIPPED = frozenset(
    [".css", ".js", ".mjs", ".map", ".woff", ".woff2", ".ttf", ".otf", ".ico", ".svg", ".lock", ".pyc"]
)
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: where it lies, the name it goes by, and the folder it was found in ('' if given itself)."""

    path: Path
    source: str
    root: str


def find_files(paths: Sequence[Path], base: Path | None, most: int) -> Iterator[SourceFile | IngestFailure]:
    """Yield files below ``paths``, in order of name, each once; at most ``most``.

    The source is the path as given, with the rest of the way appended. Links are followed once: a folder that was
    seen is not entered again.
    """
    seen: set[str] = set()
    count = 0
    for given in paths:
        path = given if given.is_absolute() or base is None else base / given
        for found in _below(path, given.as_posix(), seen):
            if isinstance(found, SourceFile):
                count += 1
            if count > most:
                yield IngestFailure(given.as_posix(), f"more than {most} files: the rest was not read")
                return
            yield found


def find_changed(
    given: Path, base: Path | None, changed: Sequence[Path]
) -> tuple[list[str], list[SourceFile | IngestFailure]]:
    """Return the sources that changed below a folder, and the files that are there now at or below them."""
    folder = given if given.is_absolute() or base is None else base / given
    root, seen = root_name(given), set[str]()
    sources: list[str] = []
    found: list[SourceFile | IngestFailure] = []
    for path in changed:
        parts = path.relative_to(folder.absolute()).parts if path.is_relative_to(folder.absolute()) else ()
        if not parts or any(part.startswith(".") or part in SKIPPED_FOLDERS for part in parts):
            continue
        source = "/".join(parts) if root == "." else f"{root.rstrip('/')}/{'/'.join(parts)}"
        sources.append(source)
        if path.is_dir():
            found += _walk(path, source, root, seen)
        elif path.is_file() and path.suffix.lower() not in SKIPPED:
            found.append(SourceFile(path, source, root))
    return sources, found


def root_name(given: Path) -> str:
    """Return the name under which a given folder's files are remembered."""
    return given.as_posix().rstrip("/") or "/"


def _below(path: Path, name: str, seen: set[str]) -> Iterator[SourceFile | IngestFailure]:
    name = name.rstrip("/") or "/"
    if path.is_dir():
        yield from _walk(path, name, name, seen)
    elif path.is_file():
        yield SourceFile(path, name, "")
    elif path.exists():
        yield IngestFailure(name, "not a file or folder")
    else:
        yield IngestFailure(name, "no such file or folder")


def _walk(folder: Path, name: str, root: str, seen: set[str]) -> Iterator[SourceFile | IngestFailure]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        children = sorted(os.scandir(folder), key=lambda child: child.name)
    except OSError as error:
        yield IngestFailure(name, f"the folder can't be read: {error.strerror}")
        return
    for child in children:
        if child.name.startswith("."):
            continue
        source = child.name if name == "." else f"{name.rstrip('/')}/{child.name}"
        try:
            is_folder, is_file = child.is_dir(), child.is_file()
        except OSError:
            is_folder = is_file = False
        if is_folder:
            if child.name not in SKIPPED_FOLDERS:
                yield from _walk(Path(child.path), source, root, seen)
        elif is_file and Path(child.name).suffix.lower() not in SKIPPED:
            yield SourceFile(Path(child.path), source, root)
        elif child.is_symlink() and not is_file:
            yield IngestFailure(source, "a link that leads nowhere")
