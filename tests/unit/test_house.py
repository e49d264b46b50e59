"""The house's own rules: who imports whom, what a room holds, what the set-up installs."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "bot": ("bot_core", "bot_ledger", "bot_safety", "bot_app"),
    "adapters": ("bot_adapters",),
    "handlers": ("bot_handlers",),
    "knowledge": ("bot_knowledge",),
    "media": ("bot_media",),
    "queue": ("bot_queue",),
}
LINT = Path(sys.executable).with_name("lint-imports")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    paths = ":".join(str(folder / room) for room in ROOMS)
    command = [str(LINT), "--config", str(folder / "pyproject.toml"), "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


@pytest.mark.skipif(not LINT.exists(), reason="import-linter is not installed")
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("handlers/bot_handlers/ask.py", "import bot_knowledge"),
        ("bot/bot_core/dispatch.py", "import bot_ledger"),
        ("queue/bot_queue/__init__.py", "import bot_app"),
    ],
)
def test_a_planted_import_is_found(tmp_path, file, line):
    """The import rules hold as the tree stands, and a violation is refused."""
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "samples", "static")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text(target.read_text() + f"\n{line}\n")
    found = _lint(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout


def test_the_core_is_standard_library_only():
    """bot_core imports nothing but Python's own modules and itself."""
    for path in (ROOT / "bot/bot_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top == "bot_core" or top in sys.stdlib_module_names, f"{path}: {name}"


def test_no_room_folder_shadows_a_module():
    """A room holds import packages and is none itself: queue/ must never hide Python's queue."""
    for room, packages in ROOMS.items():
        assert not (ROOT / room / "__init__.py").exists()
        for package in packages:
            assert (ROOT / room / package / "__init__.py").is_file()
            assert (ROOT / room / package / "py.typed").is_file()
    assert not list((ROOT / "tests").glob("*/__init__.py"))


def test_handlers_and_core_name_no_platform():
    """A platform's name stands in its adapter, in settings and in compose, nowhere else."""
    names = re.compile(r"\b(discord|telegram|douyin)\b", re.IGNORECASE)
    for folder in ("bot/bot_core", "handlers", "queue", "bot/bot_ledger"):
        for path in (ROOT / folder).rglob("*.py"):
            found = [
                line
                for line in path.read_text().splitlines()
                if names.search(line.split("#")[0]) and not line.strip().startswith(('"""', "'"))
            ]
            assert not found, f"{path}: {found[:2]}"


def _programs() -> set[str]:
    lines = (ROOT / "tests/programs.tsv").read_text().splitlines()
    return {line.split("\t")[0] for line in lines if line and not line.startswith("#")}


def test_every_program_a_test_starts_is_in_the_set_up():
    """Tests name external programs by shutil.which or an absolute path, and tests/programs.tsv installs them."""
    known = _programs()
    named = re.compile(r"""which\(["']([\w.-]+)["']|["']/usr/(?:s?bin|lib/[\w/*.]+)/([\w.-]+)["']""")
    for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        if "node_modules" in path.parts or path.name == Path(__file__).name:
            continue
        for match in named.finditer(path.read_text()):
            program = match[1] or match[2]
            assert program in known, f"{path.relative_to(ROOT)} uses {program}: add it to tests/programs.tsv"


def test_every_direct_dependency_is_pinned():
    """pyproject's dependencies, extras included, stand in constraints.txt with an exact version."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    for requirement in wanted:
        name = re.split(r"[\[<>=~! ]", requirement)[0].lower().replace(".", "-").replace("_", "-")
        assert name in pinned or name == "yinlu", name
