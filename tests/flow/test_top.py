"""``yinlu top`` and ``yinlu admin link``: what they ask, what they print."""

from __future__ import annotations

import json

import pytest
from yinlu_testing.core import NOON
from yinlu_testing.operator import operating

from bot_app.cli_top import _link, shown, watch
from bot_app.compose_watch import watch_operations
from bot_core.errors import BadInput

pytest_plugins = ["yinlu_testing.redis"]


class Straight:
    """Calls operations in this process."""

    def __init__(self, operations):
        self.operations = operations

    def call(self, name, params):
        """Call one."""
        return self.operations[name](params)


@pytest.fixture
async def caller(valkey, tmp_path):
    """A house with a day's questions, reached without a socket."""
    async with operating(valkey.url, tmp_path) as house:
        figures = house.needs.reports.figures
        yield Straight(watch_operations(figures, [house.url], house.operators.sessions.ticket)), house


async def test_top_prints_the_figures_as_json(caller, capsys):
    """``--json`` prints one object and nothing else: lanes, journal, outbox, index, memory, the day."""
    assert await watch(caller[0], True, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lanes"][0]["waiting"] == 2 and found["today"]["questions"] == 5
    assert found["documents"] == 1 and found["memory"]["house"] > 10_000_000 and found["troubles"] == []


@pytest.mark.parametrize(("locale", "word"), [("en", "questions today"), ("zh", "今天的问题")])
async def test_top_is_readable(caller, capsys, monkeypatch, locale, word):
    """Once, in the language of the terminal; a part that does not answer is named."""
    monkeypatch.setenv("YINLU_LOCALE", locale)
    monkeypatch.setenv("COLUMNS", "120")
    assert await watch(caller[0], True, False) == 0
    said = capsys.readouterr().out
    assert word in said and "fast" in said
    glance = {"lanes": [], "journal": {}, "outbox": {}, "outbox_age": 0.0, "documents": 0, "passages": 0}
    glance |= {"communities": 0, "embedding": 0, "memory": {}, "today": {}, "troubles": ["queue"]}
    assert len(shown(glance).renderables) == 2


async def test_a_link_logs_in_once(caller, capsys):
    """The link leads to the page with a secret behind the #, which no server's log sees."""
    assert await _link(caller[0], "ann", True) == 0
    (link,) = json.loads(capsys.readouterr().out)["links"]
    address, secret = link.split("#ticket=")
    assert address.endswith("/operator")
    operator, _ = await caller[1].operators.sessions.log_in(secret)
    assert operator.name == "ann" and operator.until > NOON.timestamp()


async def test_without_a_house_both_say_so():
    """A command that became the owner serves no page."""
    for name, operation in watch_operations(None, (), None).items():
        with pytest.raises(BadInput, match=r"nothing runs|no page"):
            [line async for line in operation({})]
        assert name in ("top", "admin_link")
