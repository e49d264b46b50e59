"""The export of generation records, without a house."""

import json

import pytest

from bot_app.cli_douyin import records
from bot_app.compose_douyin import RECORDS, douyin_options
from bot_app.settings import load_settings
from bot_core.errors import BadInput

LINE = {
    "time": "2026-05-31T10:00:00+00:00",
    "kind": "text",
    "number": "a" * 24,
    "person": "douyin:1",
    "community": "default",
    "content": "0" * 64,
    "media_type": "text/markdown",
    "label": "visible",
}


def test_records_are_written_from_a_day_on(tmp_path):
    """One JSON line each; another day's are left out; what is no date is told."""
    folder = tmp_path / RECORDS
    folder.mkdir()
    for day in ("2026-05-30", "2026-05-31"):
        line = {**LINE, "time": f"{day}T10:00:00+00:00", "number": day}
        (folder / f"{day}.jsonl").write_text(json.dumps(line) + "\n")
    settings = load_settings(data=tmp_path)
    lines: list[str] = []
    assert records(settings, "2026-05-31", lines.append) == 1
    assert json.loads(lines[0]) == {**LINE, "number": "2026-05-31"}
    assert records(settings, "", lines.append) == 2
    with pytest.raises(BadInput):
        records(settings, "yesterday", lines.append)


def test_every_host_is_a_setting_and_the_sandbox_has_its_own(tmp_path):
    """Both hosts, or the sandbox for both; the secret is not shown."""
    given = {"data": tmp_path, "douyin_app_id": "tt1", "douyin_secret": "the-secret"}
    plain = douyin_options(load_settings(**given))
    assert (plain.api_url, plain.open_url) == ("https://developer.toutiao.com", "https://open.douyin.com")
    sandbox = douyin_options(load_settings(**given, douyin_sandbox=True))
    assert sandbox.api_url == sandbox.open_url == "https://open-sandbox.douyin.com"
    own = douyin_options(load_settings(**given, douyin_api_url="http://127.0.0.1:9/"))
    assert own.api_url == "http://127.0.0.1:9" and "the-secret" not in repr(own)
