"""The wheel works away from its sources."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel, install it alone into a new environment; its dependencies come from this one's folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env/bin/python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": sysconfig.get_paths()["purelib"],  # on PYTHONPATH the sources' .pth is not followed
        "OMP_NUM_THREADS": "1",
    }
    return folder / "env/bin/yinlu", folder, environment


def _yinlu(installed, *words):
    program, folder, environment = installed
    return subprocess.run(
        [str(program), *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=110
    )


def test_the_wheel_brings_no_source_folder_along(installed):
    """What runs is the wheel's own code."""
    _, folder, environment = installed
    code = "import bot_core, bot_queue, queue; print(bot_core.__file__, bot_queue.__file__, queue.__file__)"
    shown = subprocess.run(
        [str(folder / "env/bin/python"), "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert str(ROOT) + os.sep not in shown.stdout.replace(str(folder), ""), shown
    assert shown.stdout.count(str(folder)) == 2


def test_the_wheel_ingests_and_answers(installed):
    """Ingest a document and ask, from the wheel alone."""
    import json

    _, folder, _ = installed
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs/harbour.md").write_text(
        "# Harbour\n\nThe ferry to Lantern Island leaves at 07:45 from pier four.\n"
    )
    done = _yinlu(installed, "ingest", "docs", "--data", "data", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 1
    asked = _yinlu(
        installed, "ask", "When does the ferry to Lantern Island leave?", "--data", "data", "--json"
    )
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert "07:45" in answer["answer"]
    assert answer["citations"][0]["source"] == "docs/harbour.md"
