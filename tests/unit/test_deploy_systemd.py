"""The systemd units: systemd takes them, they are shut in, and they leave enough time to end."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot_app.settings_load import load

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy/systemd"
SERVICES = sorted(UNITS.glob("*.service"))

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs Debian's package systemd"
)


def analyze(*words):
    """Run systemd-analyze without a running systemd."""
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60)


def value(unit, name):
    """Return the last value of a setting."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)[-1]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_it_is_shut_in(unit):
    """systemd's own mark for exposure is at most 2.0 of 10 (10 is a service without any hardening)."""
    done = analyze("security", "--offline=yes", "--no-pager", "--threshold=20", str(unit))
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_systemd_understands_every_line(tmp_path):
    """`systemd-analyze verify` has nothing to say, once the programs they start are there."""
    for unit in UNITS.iterdir():
        if unit.suffix in (".service", ".timer"):
            name = unit.name.replace("@.", "@1.")
            (tmp_path / name).write_text(unit.read_text().replace("/opt/yinlu/bin/yinlu", "/bin/true"))
    done = analyze("verify", *(str(unit) for unit in tmp_path.iterdir()))
    ours = [line for line in done.stderr.splitlines() if "yinlu" in line]
    assert ours == []


def test_the_drop_in_for_a_gpu_changes_settings_that_the_worker_has():
    """gpu.conf loosens what stands in the worker's unit, and nothing else."""
    worker = (UNITS / "yinlu-worker@.service").read_text()
    names = re.findall(r"^([A-Za-z]+)=", (UNITS / "gpu.conf").read_text(), re.MULTILINE)
    assert names
    assert [name for name in names if f"\n{name}=" not in worker and name != "DeviceAllow"] == []


@pytest.mark.parametrize("name", ["yinlu.service", "yinlu-worker@.service"])
def test_it_may_drain(name):
    """systemd kills only well after the drain is over, and signals the main process first."""
    unit = UNITS / name
    drain = re.search(r"--drain (\d+)", value(unit, "ExecStart"))
    assert float(value(unit, "TimeoutStopSec")) >= (float(drain[1]) if drain else 9.5) + 10
    assert value(unit, "KillMode") == "mixed"


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_its_environment_is_made_of_settings_that_exist(unit):
    """A name that the house would refuse stands in no unit."""
    words = re.findall(r"(\w+)=(\S+)", value(unit, "Environment"))
    assert load({}, dict(words)).data == Path("/var/lib/yinlu")


def test_no_call_that_the_house_makes_is_forbidden():
    """mbind (by a library) and setpriority (by decoders of documents) stay allowed: both were seen with strace."""
    for unit in SERVICES:
        filters = re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.MULTILINE)
        assert filters[0] == "@system-service"
        assert "@resources" not in " ".join(filters[1:])
