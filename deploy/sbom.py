"""A bill of materials in CycloneDX 1.6: ``python deploy/sbom.py [EXTRAS] > sbom.cdx.json``; EXTRAS as ``checks,ocr,voice``.

It is worked out from deploy/requirements.lock (versions, hashes, who needs whom), deploy/licences.tsv and pyproject.toml: what an
installation of these extras may hold, on any Linux. The same input gives the same bytes. Standard library only.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Json = dict[str, Any]
HEAD = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA = re.compile(r"^ +#   (?:via )?([A-Za-z0-9._-]+)(?:\[.*\])?$|^ +# via ([A-Za-z0-9._-]+)$")
NAME = re.compile(r"[A-Za-z0-9._-]+")
NAMED = re.compile(r"^yinlu\[([a-z0-9,]+)\]$")
# What metadata calls a licence without its SPDX name, where there is no doubt which one it is.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0 License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache Software License; MIT License": "Apache-2.0 AND MIT",
    "GPL-3.0": "GPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
EXPRESSION = re.compile(
    r"^\(?[A-Za-z0-9.-]*[-0-9][A-Za-z0-9.-]*(?:[ ()]+[A-Za-z0-9.-]+\)?)*$|^(?:MIT|ISC|Zlib)(?: .+)?$"
)


@dataclass(frozen=True, slots=True)
class Package:
    """A line of the lock; ``needed_by`` are the packages that brought it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def ref(self) -> str:
        """Return its package URL."""
        return f"pkg:pypi/{plain(self.name)}@{self.version}"


def plain(name: str) -> str:
    """Return a package's name as PyPI writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(lock: str) -> dict[str, Package]:
    """Return what a lock of `uv pip compile --generate-hashes` pins, by name."""
    found: dict[str, Package] = {}
    for piece in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if head := HEAD.match(piece):
            via = {one[1] or one[2] for line in piece.splitlines() if (one := VIA.match(line))}
            needed_by = frozenset(plain(name) for name in via)
            found[plain(head[1])] = Package(head[1], head[2], tuple(HASH.findall(piece)), needed_by)
    return found


def wanted(project: Mapping[str, Any], extras: Iterable[str]) -> set[str]:
    """Return the names that the project itself asks for, with these extras. Raises KeyError for an extra that is none."""
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    found = set[str]()
    for line in asked:
        if own := NAMED.match(line):
            found |= wanted(project, own[1].split(","))
        elif name := NAME.match(line):
            found.add(plain(name[0]))
    return found


def needs_of(known: Mapping[str, Package]) -> dict[str, set[str]]:
    """Return what each package needs."""
    found: dict[str, set[str]] = {name: set() for name in known}
    for name, package in known.items():
        for asker in package.needed_by & known.keys():
            found[asker].add(name)
    return found


def reached(start: Iterable[str], needs: Mapping[str, set[str]]) -> list[str]:
    """Return these and all that they need, sorted."""
    found, waiting = set[str](), [name for name in start if name in needs]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return sorted(found)


def licence(told: str) -> list[Json]:
    """Return a licence as an SPDX expression, or by the name that its package gives it."""
    text = SPDX.get(told, told)
    if EXPRESSION.match(text):
        return [{"expression": text}]
    return [{"license": {"name": text}}] if text else []


def component(package: Package, told: str) -> Json:
    """Return a package with the hashes of its files: any of them may be the one that is installed."""
    hashes = [{"alg": "SHA-256", "content": one} for one in package.hashes]
    return {
        "type": "library",
        "bom-ref": package.ref,
        "name": package.name,
        "version": package.version,
        "purl": package.ref,
        "licenses": licence(told),
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{package.name}/{package.version}/#files",
                "hashes": hashes,
            }
        ],
    }


def bill(root: Path, extras: tuple[str, ...] = ()) -> Json:
    """Return the bill of an installation with these extras.

    Raises KeyError for an extra that is none, ValueError for a lock that lacks what the project asks for.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = packages((root / "deploy/requirements.lock").read_text(encoding="utf-8"))
    rows = (root / "deploy/licences.tsv").read_text(encoding="utf-8").splitlines()
    told = {plain(row.split("\t")[0]): row.split("\t")[2] for row in rows if row[:1] != "#"}
    needs, asked = needs_of(known), wanted(project, extras)
    if not asked <= known.keys():
        raise ValueError(f"not in the lock: {', '.join(sorted(asked - known.keys()))}; run deploy/lock.sh")
    names = reached(asked, needs)
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    depends = {own: sorted(asked & known.keys()), **{known[name].ref: sorted(needs[name]) for name in names}}
    inner: Json = {
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "description": project["description"],
                "purl": own,
                "licenses": licence(project["license"]),
            },
            "properties": [{"name": "yinlu:extras", "value": ",".join(extras)}],
        },
        "components": [component(known[name], told.get(name, "")) for name in names],
        "dependencies": [
            {"ref": ref, "dependsOn": [known[name].ref for name in below]} for ref, below in depends.items()
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(inner, sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **inner,
    }


def main(words: list[str]) -> int:
    """Print the bill; return 2 where an extra is none of ours."""
    extras = tuple(sorted({word for one in words for word in one.split(",") if word}))
    try:
        found = bill(HERE.parent, extras)
    except KeyError as error:
        sys.stderr.write(f"no such extra: {error.args[0]}\n")
        return 2
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
