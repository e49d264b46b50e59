"""The bill of materials: valid by the standard's schema, whole, with the lock's hashes, the same each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "sbom.py"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
IMAGE = re.findall(r"^ARG EXTRAS=(\S+)", DOCKERFILE, re.MULTILINE)[0]  # what it installs unless told


def printed(*words):
    """Run the script."""
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True)


@pytest.fixture(scope="module")
def bill():
    """The bill of the image."""
    return json.loads(printed(IMAGE).stdout)


def plain(name):
    """Return a name as PyPI writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def schemas():
    """Return the standard's schemas, by name, as a package brings them."""
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib brings the schema")
    from cyclonedx.schema import _res

    folder = Path(str(_res.__path__[0]))
    return {file.name: json.loads(file.read_text()) for file in folder.glob("*.schema.json")}


def test_it_is_valid_by_the_standards_schema(bill):
    """CycloneDX 1.6, formats of its parts included; a bill with a wrong hash is not."""
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource

    known = schemas()
    registry = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}", Resource.from_contents(one)) for name, one in known.items()
    )
    validator = Draft7Validator(known["bom-1.6.SNAPSHOT.schema.json"], registry=registry)
    assert list(validator.iter_errors(bill)) == []
    wrong = json.loads(json.dumps(bill))
    wrong["components"][0]["externalReferences"][0]["hashes"][0]["content"] = "no hash"
    assert list(validator.iter_errors(wrong))


def test_licences_are_names_of_spdx(bill):
    """Each part of an expression is an identifier or an exception of SPDX's list."""
    names = set(schemas()["spdx.SNAPSHOT.schema.json"]["enum"])
    for one in bill["components"]:
        for held in one["licenses"]:
            parts = set(re.findall(r"[A-Za-z0-9.+-]+", held.get("expression", "")))
            assert parts - {"AND", "OR", "WITH"} <= names, one["name"]
    assert sum("expression" in held for one in bill["components"] for held in one["licenses"]) > 100


def installed(requirements, extras=()):
    """Return what these requirements bring by the metadata of what is installed here, all the way down."""
    found, waiting = set(), [(Requirement(line), set(extras)) for line in requirements]
    while waiting:
        wish, of = waiting.pop()
        if wish.marker and not any(wish.marker.evaluate({"extra": one}) for one in {"", *of}):
            continue
        try:
            package = distribution(wish.name)
        except PackageNotFoundError:
            continue
        key = (plain(wish.name), frozenset(wish.extras))
        if key not in found:
            found.add(key)
            waiting += [(Requirement(line), wish.extras) for line in package.requires or ()]
    return {name for name, _ in found}


def test_it_is_whole(bill):
    """What the packages' own metadata says is needed stands in it, in the lock's version; nothing of the tests does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in IMAGE.split(","):
        asked += project["optional-dependencies"][extra]
    told = {plain(one["name"]) for one in bill["components"]}
    assert installed(asked) - told == set()
    assert len(told) > 100
    assert told & {"pytest", "mypy", "ruff", "playwright", "torch"} == set()


def test_hashes_are_the_locks(bill):
    """A package has all hashes that the lock has for it, and no other."""
    lock = (ROOT / "deploy" / "requirements.lock").read_text()
    for one in bill["components"]:
        piece = re.search(
            rf"^{re.escape(one['name'])}==.*?(?=^[A-Za-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL
        )
        told = [held["content"] for ref in one["externalReferences"] for held in ref["hashes"]]
        assert piece and told == re.findall(r"sha256:([0-9a-f]{64})", piece[0]) and told


def test_every_reference_is_of_the_bill(bill):
    """What depends and what is depended on are components or the application itself, each once."""
    refs = [one["bom-ref"] for one in bill["components"]] + [bill["metadata"]["component"]["bom-ref"]]
    assert len(refs) == len(set(refs))
    assert sorted(one["ref"] for one in bill["dependencies"]) == sorted(refs)
    assert {ref for one in bill["dependencies"] for ref in one["dependsOn"]} <= set(refs)


def test_the_same_input_gives_the_same_bytes():
    """In whatever order extras are named; another set of extras is another bill; what is no extra is refused."""
    first, second, core = printed("voice,ocr").stdout, printed("ocr", "voice").stdout, printed().stdout
    assert first == second
    assert len(json.loads(core)["components"]) < len(json.loads(first)["components"])
    assert json.loads(core)["serialNumber"] != json.loads(first)["serialNumber"]
    refused = printed("voices")
    assert (refused.returncode, refused.stderr) == (2, "no such extra: voices\n")


def test_a_lock_that_is_too_old_is_refused(tmp_path):
    """What the project asks for and the lock has not is named; no bill is printed without it."""
    (tmp_path / "deploy").mkdir()
    for name in ("deploy/sbom.py", "deploy/licences.tsv", "deploy/requirements.lock", "pyproject.toml"):
        text = (ROOT / name).read_text()
        (tmp_path / name).write_text(text.replace("jieba==0.42.1 \\", "jiebe==0.42.1 \\"))
    done = subprocess.run([sys.executable, str(tmp_path / "deploy/sbom.py")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "not in the lock: jieba; run deploy/lock.sh\n"


def test_the_documents_name_the_images_extras():
    """SECURITY.md's line and deploy.md's default are those of the image."""
    for name in ("SECURITY.md", "docs/deploy.md"):
        assert IMAGE in (ROOT / name).read_text(), name
