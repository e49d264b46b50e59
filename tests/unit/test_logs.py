"""Logs: one shape for every library, the event's id on each line, no secrets."""

import json
import logging

import pytest

from bot_app.logs import set_up
from bot_core.trace import tracing

SECRET = "5f1a-very-secret-9c3e"


@pytest.fixture(autouse=True)
def put_back():
    """The root logger as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_a_line_is_json_with_extras_and_the_events_id(capsys):
    """Machines read one object a line."""
    set_up("info", "json", [])
    with tracing("web:42"):
        logging.getLogger("bot_x").info("stored %s", "it", extra={"documents": 3})
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert record["message"] == "stored it"
    assert (record["trace"], record["documents"], record["logger"], record["level"]) == (
        "web:42",
        3,
        "bot_x",
        "info",
    )
    assert record["timestamp"].endswith("Z")


@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_configured_secret_never_gets_out(capsys, shape):
    """Not in the message, its arguments, extras or a traceback."""
    set_up("debug", shape, [SECRET])
    log = logging.getLogger("bot_x")
    log.info("with %s", SECRET, extra={"url": f"redis://:{SECRET}@host"})
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
    err = capsys.readouterr().err
    assert "failed" in err
    assert "ValueError" in err
    assert SECRET not in err


def test_setting_up_twice_logs_once(capsys):
    """A second set-up replaces the first."""
    set_up("info", "json", [])
    set_up("warning", "json", [])
    logging.getLogger("bot_x").info("quiet")
    logging.getLogger("bot_x").warning("loud")
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ["loud"]
