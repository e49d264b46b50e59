"""The setting ``watch``: folders and the communities they feed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from yinlu_testing.twins import TwinLedger

from bot_app.settings import load_settings
from bot_app.watching import read_watches, watching
from bot_core.clock import SystemClock
from bot_core.errors import SettingWrong
from bot_core.ports.ledger import Community
from bot_knowledge import KnowledgeOptions, open_knowledge


def test_folders_with_and_without_a_community(monkeypatch, tmp_path):
    """A folder alone feeds the default community; relative ones lie below where the house was started."""
    monkeypatch.setenv("YINLU_WATCH", "docs, /srv/wiki=wiki")
    found = read_watches(load_settings().watch, tmp_path)
    assert [(watched.place, watched.community) for watched in found] == [
        (tmp_path / "docs", "default"),
        (Path("/srv/wiki"), "wiki"),
    ]


@pytest.mark.parametrize("wrong", ["=wiki", "docs=", "docs=Not A Name", "docs=a=b"])
def test_what_is_no_folder_or_community_is_refused(monkeypatch, wrong):
    """A wrong value is refused at the start."""
    monkeypatch.setenv("YINLU_WATCH", wrong)
    with pytest.raises(SettingWrong):
        load_settings()


async def test_a_house_watches_while_it_stands(tmp_path, monkeypatch):
    """The community is made where it is missing; leaving ends the watching."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("Alpha.")
    clock = SystemClock()
    ledger = TwinLedger(Community("default", "d", "d", clock.now()))
    async with open_knowledge(tmp_path / "data", KnowledgeOptions(embedding="hash")) as knowledge:
        async with watching(("docs=wiki",), knowledge, ledger, clock), asyncio.timeout(10):
            while not await knowledge.library.documents("wiki"):
                await asyncio.sleep(0.02)
        assert "wiki" in {community.id for community in await ledger.communities()}
        (tmp_path / "docs/b.md").write_text("Beta.")
        await asyncio.sleep(1.0)
        assert len(await knowledge.library.documents("wiki")) == 1
