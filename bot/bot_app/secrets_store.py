"""The keys that sign buttons and sessions: ``keys.json`` in the data folder (0600), or the setting YINLU_SIGNING_KEYS.

Several processes that share servers share the setting; one process alone needs nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bot_app.folders import unusable
from bot_core.errors import SettingWrong, StartRefused
from bot_core.identity import Words
from bot_core.tokens import Signer

FILE = "keys.json"
SETTING = "YINLU_SIGNING_KEYS"
BYTES = 32
LAST_ID = 255  # one byte of a token
TAKES = "ID:SECRET pairs separated by commas, ids 0 to 255, secrets of 32 or more hexadecimal digits"


class SecretSettings(Protocol):
    """What this needs of the settings."""

    @property
    def data(self) -> Path:
        """The data folder."""
        ...

    @property
    def signing_keys(self) -> SecretStr | None:
        """Keys from a setting instead of the file."""
        ...


@dataclass(frozen=True, slots=True)
class Secrets:
    """``signer`` signs buttons; ``sessions`` (32 bytes) signs the page's sessions."""

    signer: Signer
    sessions: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Keys:
    current: int
    signing: Mapping[int, bytes] = field(repr=False)
    sessions: bytes = field(repr=False)

    def secrets(self) -> Secrets:
        return Secrets(Signer(self.signing, self.current), self.sessions)


def open_secrets(settings: SecretSettings) -> Secrets:
    """Return the keys; on the first run they are made. Only for the owner of the data folder.

    Raises SettingWrong, StartRefused for a damaged file, StorageFull.
    """
    if settings.signing_keys is not None:
        return _from_setting(settings.signing_keys.get_secret_value()).secrets()
    file = settings.data / FILE
    keys = _read(file)
    if keys is None:
        keys = _Keys(1, {1: secrets.token_bytes(BYTES)}, secrets.token_bytes(BYTES))
        _write(file, keys)
    return keys.secrets()


def rotate(data: Path) -> int:
    """Sign with a new key from the next start on; old buttons stay good. Returns the new key's id.

    Only for the owner of the data folder. Raises StartRefused where there is no (whole) key file yet.
    """
    file = data / FILE
    keys = _read(file)
    if keys is None or len(keys.signing) > LAST_ID:
        raise _damaged(file, "no keys yet" if keys is None else "no more ids")
    new = next(id for id in range(1, LAST_ID + 2) if id % (LAST_ID + 1) not in keys.signing) % (LAST_ID + 1)
    signing = {**keys.signing, new: secrets.token_bytes(BYTES)}
    _write(file, _Keys(new, signing, keys.sessions))
    return new


def _from_setting(text: str) -> _Keys:
    """Read ``2:secret,1:secret``; the sessions' secret follows from the key that signs."""
    signing: dict[int, bytes] = {}
    for pair in text.split(","):
        name, _, secret = pair.strip().partition(":")
        try:
            key_id, key = int(name), bytes.fromhex(secret)
        except ValueError:
            raise SettingWrong(SETTING, TAKES) from None
        if not 0 <= key_id <= LAST_ID or len(key) < 16 or key_id in signing:
            raise SettingWrong(SETTING, TAKES)
        signing[key_id] = key
    current = next(iter(signing))
    return _Keys(current, signing, hmac.new(signing[current], b"yinlu sessions", hashlib.sha256).digest())


def _read(file: Path) -> _Keys | None:
    try:
        text = file.read_text(encoding="utf-8")
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(file, str(error)) from error
    try:
        raw = json.loads(text)
        signing = {int(key_id): bytes.fromhex(key) for key_id, key in raw["signing"].items()}
        keys = _Keys(int(raw["current"]), signing, bytes.fromhex(raw["sessions"]))
        keys.secrets()  # which checks lengths and ids
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, type(error).__name__) from None
    return keys


def _write(file: Path, keys: _Keys) -> None:
    """Replace the file as a whole: after a crash there is the old one or the new one."""
    raw = {
        "current": keys.current,
        "signing": {str(key_id): key.hex() for key_id, key in sorted(keys.signing.items())},
        "sessions": keys.sessions.hex(),
    }
    beside = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            json.dump(raw, opened, indent=1)
            opened.flush()
            os.fsync(descriptor)
        beside.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        raise unusable(file.parent, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(file: Path, reason: str) -> StartRefused:
    return StartRefused(
        f"{file}: {reason}",
        Words(
            f"密钥文件 {file} 无法使用({reason})。请从备份恢复；删除它会让旧按钮失效。",
            f"The key file {file} can't be used ({reason}). Restore it; deleting it makes old buttons invalid.",
        ),
    )
