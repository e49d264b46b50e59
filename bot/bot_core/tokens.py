"""Stateless, signed buttons: they work after a restart, in every process, on every platform, for ever.

A token is 26 bytes in base64url (35 characters; the strictest platform allows 64 bytes):
``version(1) key id(1) action(1) index(1) subject(12) HMAC-SHA256 cut to 80 bits(10)``.
The HMAC covers the first 16 bytes and the community, so a button of one community means nothing in another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from bot_core.actions import Action, Press
from bot_core.errors import ForgedButton

VERSION = 1
TAG_BYTES = 10
TOKEN_BYTES = 26


class Signer:
    """Signs with the current key, accepts every key it knows.

    ``keys`` maps key ids (0..255) to secrets of at least 16 bytes; ``current`` signs.
    """

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        if current not in keys:
            raise ValueError(f"key {current} is not among {sorted(keys)}")
        for key_id, secret in keys.items():
            if not 0 <= key_id <= 255 or len(secret) < 16:
                raise ValueError(f"key {key_id}: ids are 0..255, secrets at least 16 bytes")
        self._keys = dict(keys)
        self._current = current

    def sign(self, community: str, press: Press) -> str:
        """Return the token for ``press`` in ``community``: 35 characters of base64url."""
        subject = bytes.fromhex(press.subject)
        if len(subject) != 12 or not 0 <= press.index <= 255:
            raise ValueError("a subject is 24 hex digits, an index 0..255")
        body = bytes((VERSION, self._current, press.action, press.index)) + subject
        return _text(body + _tag(self._keys[self._current], body, community))

    def read(self, community: str, token: str) -> Press:
        """Return what ``token`` means in ``community``; raises ForgedButton for anything we did not sign."""
        raw = _bytes(token)
        if len(raw) != TOKEN_BYTES or raw[0] != VERSION or raw[1] not in self._keys:
            raise ForgedButton()
        body, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
        if not hmac.compare_digest(tag, _tag(self._keys[raw[1]], body, community)):
            raise ForgedButton()
        try:
            action = Action(raw[2])
        except ValueError:  # signed by a newer version of ourselves
            raise ForgedButton() from None
        return Press(action, body[4:].hex(), raw[3])


def _tag(secret: bytes, body: bytes, community: str) -> bytes:
    return hmac.new(secret, body + community.encode(), hashlib.sha256).digest()[:TAG_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    if len(token) > 64 or not token.isascii():
        raise ForgedButton()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ForgedButton() from None
    if _text(raw) != token:  # one token, one spelling: spare bits must be zero
        raise ForgedButton()
    return raw
