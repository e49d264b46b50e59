"""Who a visitor is, and which conversation this is: two secrets, of which the server keeps only hashes.

A session's secret is ``s_`` and 26 bytes in base64url: 128 random bits and an 80-bit HMAC over them and the visitor.
So the server recognises a session that it gave, and whose it is, after any restart, without a store.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets

from bot_core.identity import Person, short_id

NONCE_BYTES = 16
TAG_BYTES = 10
VISITOR = re.compile(r"v_[A-Za-z0-9_-]{22}")


class Sessions:
    """Makes and recognises visitors and sessions; ``secret`` is at least 16 bytes and survives restarts."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the session secret has at least 16 bytes")
        self._secret = secret

    def new_visitor(self) -> str:
        """Return a visitor's secret."""
        return "v_" + secrets.token_urlsafe(NONCE_BYTES)

    def is_visitor(self, visitor: object) -> bool:
        """Tell whether this has a visitor's form."""
        return isinstance(visitor, str) and VISITOR.fullmatch(visitor) is not None

    def new_session(self, visitor: str) -> str:
        """Return the secret of a new session of ``visitor``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return "s_" + _text(nonce + self._tag(nonce, visitor))

    def is_session(self, session: object, visitor: str) -> bool:
        """Tell whether we gave ``session`` to ``visitor``."""
        if not isinstance(session, str) or len(session) > 64 or not session.startswith("s_"):
            return False
        try:
            raw = base64.b64decode(session[2:] + "=" * (-len(session[2:]) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        if len(raw) != NONCE_BYTES + TAG_BYTES or _text(raw) != session[2:]:
            return False
        return hmac.compare_digest(raw[NONCE_BYTES:], self._tag(raw[:NONCE_BYTES], visitor))

    def _tag(self, nonce: bytes, visitor: str) -> bytes:
        return hmac.new(self._secret, b"session" + nonce + visitor.encode(), hashlib.sha256).digest()[
            :TAG_BYTES
        ]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def channel_of(session: str) -> str:
    """Return what stands for a session in origins, logs of frames and stores: a hash."""
    return short_id("session", session)


def person_of(visitor: str, platform: str = "web") -> Person:
    """Return the member that a visitor is on a platform that speaks this protocol."""
    return Person(f"{platform}:" + short_id("visitor", visitor))
