"""The dashboard and the alert rules: they load, and ask only for metrics that /metrics has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot_adapters.web.operators import Watched
from bot_app.metrics import Counts
from bot_app.metrics_shared import Shared

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus"


def known():
    """Return every name of a sample that /metrics can show."""
    registry = Watched()
    Counts(registry)
    registry.register(Shared(None))
    names = set()
    for family in registry.collect():
        base = family.name
        ends = {
            "counter": ("_total",),
            "histogram": ("_bucket", "_sum", "_count"),
        }.get(family.type, ("",))
        names |= {base + end for end in ends}
    return names


def asked(text):
    """Return the names of our metrics in expressions."""
    return set(re.findall(r"\byinlu_[a-z_]+", text))


def test_the_dashboard_asks_for_what_is_there():
    """Each panel has a title, a unit, a place of its own and expressions over metrics that exist."""
    board = json.loads((DEPLOY / "grafana/yinlu.json").read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 20
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"] and panel["targets"]
        for target in panel["targets"]:
            assert asked(target["expr"]) and asked(target["expr"]) <= known(), target["expr"]


def test_the_rules_ask_for_what_is_there():
    """No alert waits for a metric that never comes."""
    assert asked((RULES / "alerts.yaml").read_text()) <= known()


@pytest.mark.skipif(
    not shutil.which("promtool"), reason="needs Debian's prometheus: apt-get install prometheus"
)
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yaml"), ("test", "rules", "tests.yaml")])
def test_prometheus_takes_the_rules(words):
    """Prometheus' own tool finds no fault, and the rules fire, or keep quiet, as they should."""
    done = subprocess.run(["promtool", *words], cwd=RULES, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
