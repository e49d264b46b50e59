"""The mini program: its protocol client, its screens in miniprogram-simulate, its types, its size."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / "deploy" / "miniprogram"
MODULES = HERE.parent / "node_modules"


@pytest.mark.parametrize("rules", ["protocol.test.js", "screens.test.js"])
def test_the_clients_rules(rules):
    """Each rule stands in the file, tried by Node's own test runner."""
    command = ["node", "--test", str(HERE / rules)]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, cwd=HERE.parent)
    assert tried.returncode == 0, tried.stdout + tried.stderr


def test_the_platforms_types_fit():
    """Every call of tt is one that the platform's published types know."""
    command = ["node", str(MODULES / "typescript" / "bin" / "tsc"), "--project", str(HERE / "tsconfig.json")]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr


def test_the_program_is_small_and_whole():
    """Far below the platform's 2 MB; every page and component has its four files; nothing is taken from npm."""
    files = [file for file in PROGRAM.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 200_000
    for ttml in PROGRAM.rglob("*.ttml"):
        assert all(ttml.with_suffix(ending).is_file() for ending in (".js", ".json", ".ttss")), ttml
    for script in PROGRAM.rglob("*.js"):
        for line in script.read_text().splitlines():
            if "require(" in line:
                assert 'require("./' in line or 'require("../' in line, f"{script}: {line}"
