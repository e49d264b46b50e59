"""Signing keys: made once, kept private, rotated without breaking old buttons."""

import json
import os
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from bot_app.secrets_store import FILE, open_secrets, rotate
from bot_core.actions import Action, Press
from bot_core.errors import ForgedButton, SettingWrong, StartRefused

PRESS = Press(Action.VOTE_UP, "00" * 12, 0)


def _settings(data, keys=None):
    return SimpleNamespace(data=data, signing_keys=SecretStr(keys) if keys else None)


def test_keys_are_made_once_and_private(tmp_path):
    """The first run makes them, 0600; later runs read the same."""
    first = open_secrets(_settings(tmp_path / "data"))
    token = first.signer.sign("c", PRESS)
    again = open_secrets(_settings(tmp_path / "data"))
    assert again.signer.read("c", token) == PRESS
    assert again.sessions == first.sessions
    assert len(first.sessions) == 32
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o777 == 0o600
    assert first.sessions.hex() not in repr(first)


def test_a_rotated_key_signs_and_the_old_one_still_reads(tmp_path):
    """Buttons of all days work, more than 256 rotations are refused."""
    token = open_secrets(_settings(tmp_path)).signer.sign("c", PRESS)
    assert rotate(tmp_path) == 2
    rotated = open_secrets(_settings(tmp_path))
    assert rotated.signer.read("c", token) == PRESS
    assert rotated.signer.sign("c", PRESS) != token
    ids = [rotate(tmp_path) for _ in range(254)]
    assert len({1, 2, *ids}) == 256
    assert open_secrets(_settings(tmp_path)).signer.read("c", token) == PRESS
    with pytest.raises(StartRefused):
        rotate(tmp_path)


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path):
    """A careless copy is put right."""
    open_secrets(_settings(tmp_path))
    os.chmod(tmp_path / FILE, 0o644)
    open_secrets(_settings(tmp_path))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"signing": {"1": "zz"}, "current": 1, "sessions": ""}', "\x00"]
)
def test_a_damaged_file_is_refused_not_replaced(tmp_path, text):
    """New keys would silently kill every button there is."""
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StartRefused, match=FILE):
        open_secrets(_settings(tmp_path))
    assert (tmp_path / FILE).read_text() == text


def test_a_crash_in_the_middle_leaves_no_half_file(tmp_path):
    """What an earlier crash left beside the file is no obstacle."""
    (tmp_path / "keys.new").write_text("{")
    open_secrets(_settings(tmp_path))
    assert set(json.loads((tmp_path / FILE).read_text())) == {"current", "signing", "sessions"}
    assert not (tmp_path / "keys.new").exists()


def test_the_setting_overrides_the_file_and_is_shared(tmp_path):
    """Several processes with the same setting read each other's buttons and sessions; no file is made."""
    old, new = "aa" * 16, "bb" * 16
    before = open_secrets(_settings(tmp_path, f"1:{old}"))
    after = open_secrets(_settings(tmp_path, f"2:{new}, 1:{old}"))
    other = open_secrets(_settings(tmp_path, f"2:{new},1:{old}"))
    assert after.signer.read("c", before.signer.sign("c", PRESS)) == PRESS
    with pytest.raises(ForgedButton):
        before.signer.read("c", after.signer.sign("c", PRESS))
    assert after.sessions == other.sessions != before.sessions
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "keys", ["no-pairs", "1:zz", "1:aabb", "300:" + "aa" * 16, f"1:{'aa' * 16},1:{'bb' * 16}"]
)
def test_a_wrong_setting_is_refused_without_showing_it(tmp_path, keys):
    """The sentence says what it takes, not what it was."""
    with pytest.raises(SettingWrong) as raised:
        open_secrets(_settings(tmp_path, keys))
    assert keys not in str(raised.value)
