"""deploy/compose.yaml and env.example: valid, closed, and made of settings that exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot_app.settings_env import settings_env
from bot_app.settings_load import environment_name, known_settings, load

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose.yaml"
ENV = ROOT / "env.example"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
OURS = ("yinlu", "worker", "gpu-worker")


def test_it_is_valid_by_the_published_schema():
    """The Compose Specification's own JSON schema takes it."""
    pytest.importorskip("check_jsonschema", reason="comes with the extra `dev`")
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_as_root_or_writes_beside_its_volumes(name):
    """Every service: a read-only root, no capabilities, no new privileges; who it runs as is said, or is in the image."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not str(service.get("user", "1:1" if "unprivileged" in service["image"] else "0")).startswith("0")


def test_servers_are_reached_by_us_alone():
    """Redis, PostgreSQL and Qdrant publish no port and stand in a network without a way out."""
    networks = yaml.safe_load(COMPOSE.read_text())["networks"]
    for name in ("redis", "postgres", "qdrant"):
        assert "ports" not in SERVICES[name]
        assert [networks[network]["internal"] for network in SERVICES[name]["networks"]] == [True]


def test_the_page_is_published_on_this_machine_alone_unless_said_otherwise():
    """The default of PUBLISH is the loopback."""
    assert SERVICES["yinlu"]["ports"] == ["${PUBLISH:-127.0.0.1:8080}:8080"]


def test_the_house_alone_needs_no_profile():
    """Without a profile there is one service; the servers come with `servers`, the GPU's worker with `gpu`."""
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["yinlu"]
    assert {name for name, service in SERVICES.items() if "servers" in service.get("profiles", ())} == {
        "worker", "redis", "postgres", "qdrant",
    }  # fmt: skip
    assert all(waits["required"] is False for waits in SERVICES["yinlu"]["depends_on"].values())


def test_everybody_is_given_longer_to_end_than_they_take():
    """The house drains for at most 9.5 s, a worker for what --drain says; Compose kills later than that."""
    assert SERVICES["yinlu"]["stop_grace_period"] == "20s"
    for name, grace in (("worker", 120), ("gpu-worker", 300)):
        words = SERVICES[name]["command"]
        assert float(words[words.index("--drain") + 1]) <= grace - 10
        assert SERVICES[name]["stop_grace_period"] == f"{grace // 60}m"


def test_qdrant_is_the_version_of_its_client():
    """A server of the client's minor version is what the client is made for."""
    (client,) = re.findall(
        r"^qdrant-client==(\d+\.\d+)\.", (ROOT / "constraints.txt").read_text(), re.MULTILINE
    )
    assert f":v{client}." in SERVICES["qdrant"]["image"]


def test_env_example_is_made_from_the_settings():
    """`python -m bot_app.settings_env > env.example`."""
    assert ENV.read_text() == settings_env()


def test_every_line_of_env_example_can_be_set_as_it_stands(tmp_path, monkeypatch):
    """With every `#` taken away the settings load, and are the defaults; every setting is in it."""
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^#([A-Z0-9_]+)=(.*)$", ENV.read_text(), re.MULTILINE)
    ours = {name: value for name, value in lines if name.startswith("YINLU_")}
    models = {name: "" for name in ours if name.startswith("YINLU_MODELS__")}
    assert load({}, {**ours, **models}) == load({}, {})
    known = {environment_name(keys) for keys in known_settings() if keys[0] != "models"}
    assert known == {name for name in ours if name not in models}


def test_compose_reads_nothing_that_env_example_does_not_tell():
    """Every variable of compose.yaml stands in env.example; none of ours that the house would refuse is invented."""
    told = set(re.findall(r"^#([A-Z0-9_]+)=", ENV.read_text(), re.MULTILINE))
    read = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", COMPOSE.read_text()))
    assert read <= told
    for name in OURS:
        set_here = {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}
        load({}, {**set_here, "HOME": os.environ.get("HOME", "/")})
