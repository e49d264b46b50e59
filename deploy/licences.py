"""The licences of what deploy/requirements.lock pins: ``python deploy/licences.py`` writes deploy/licences.tsv.

It reads the metadata of the packages that are installed (``pip install -e '.[dev]'`` installs all but what belongs to other
platforms); a package that is not keeps its line. Standard library only.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

HERE = Path(__file__).parent
LOCK, LIST = HERE / "requirements.lock", HERE / "licences.tsv"
HEAD = "# package\tversion\tlicence\n"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
LONGEST = 80
# Read in the packages' own files where their metadata does not say.
READ = {
    "async-timeout": "Apache-2.0",
    "resvg-py": "MIT",
    "triton": "MIT",
    "nvidia-": "NVIDIA proprietary",
    "cuda-": "NVIDIA proprietary",
}


def main() -> int:
    """Write the list; return 1 where a licence is not known."""
    kept = known(LIST)
    lines = [(name, version, licence(name) or kept.get(name, "")) for name, version in pinned(LOCK)]
    LIST.write_text(HEAD + "".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    unknown = [name for name, _, found in lines if not found]
    if unknown:
        sys.stderr.write(f"no licence known: {', '.join(unknown)}\n")
    return 1 if unknown else 0


def pinned(lock: Path) -> list[tuple[str, str]]:
    """Return the names and versions of a lock, sorted."""
    return sorted(set(PINNED.findall(lock.read_text(encoding="utf-8"))))


def known(listing: Path) -> dict[str, str]:
    """Return the licences that stand in the list already."""
    if not listing.exists():
        return {}
    rows = [line.split("\t") for line in listing.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def licence(name: str) -> str:
    """Return a package's licence: its expression, else its classifiers, else its short text; empty where none is told."""
    read = next((found for start, found in READ.items() if name.startswith(start)), "")
    if read:
        return read
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return ""
    return _told(package)


def _told(package: Distribution) -> str:
    told = package.metadata
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classes = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if "License ::" in line
    ]
    classes = [line for line in classes if line != "OSI Approved"]
    if classes:
        return "; ".join(sorted(set(classes)))
    text = (told.get("License") or "").strip().splitlines()
    return text[0].strip()[:LONGEST] if text else ""


if __name__ == "__main__":
    sys.exit(main())
