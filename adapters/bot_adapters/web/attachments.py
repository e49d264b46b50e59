"""Pictures that members attach: cleaned, judged, stored, and given back as a token that only its owner can send on.

A token is ``a_`` and 48 bytes in base64url: the file's key, its size, and an HMAC over both and the visitor. So nothing is
kept of an attachment but its bytes, and a token of somebody else's, or of another server's, is none.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

from bot_adapters.web.envelope import Json
from bot_adapters.web.sentences import BAD_ATTACHMENT, MANY_ATTACHMENTS, fill
from bot_core.errors import BadInput, Moderated
from bot_core.events import Attachment
from bot_core.files import FileRef
from bot_core.ports.media import Files
from bot_core.ports.safety import Decision, Moderator

KIND = "image/png"  # what the cleaner writes
MOST = 5  # pictures of one message
NAME = 100
KEY_BYTES, TAG_BYTES = 32, 12


@dataclass(frozen=True, slots=True)
class Attachments:
    """``clean`` returns a picture as PNG without metadata and raises BadInput; it is slow, and runs in a thread."""

    files: Files
    clean: Callable[[bytes], bytes]
    secret: bytes
    moderator: Moderator | None = None

    async def keep(self, community: str, visitor: str, name: str, data: bytes) -> Json:
        """Store a picture; return what its owner is told. Raises BadInput, Moderated, StorageFull."""
        picture = await asyncio.to_thread(self.clean, data)
        if self.moderator is not None:
            verdict = await self.moderator.picture(community, picture)
            if verdict.decision is not Decision.ALLOW:
                raise Moderated(verdict.category)
        name = _name(name)
        stored = await self.files.put(picture, KIND, name)
        token = self.token(visitor, stored)
        return {"token": token, "name": name, "url": f"/files/{stored.key}", "size": stored.size}

    def read(self, visitor: str, given: object) -> tuple[Attachment, ...]:
        """Return what a message names in ``attachments``: tokens, or objects with ``token`` and ``name``."""
        if not given:
            return ()
        if not isinstance(given, list):
            raise BadInput("attachments", BAD_ATTACHMENT)
        if len(given) > MOST:
            raise BadInput(f"{len(given)} attachments", fill(MANY_ATTACHMENTS, n=MOST))
        return tuple(self._read(visitor, one) for one in given)

    def token(self, visitor: str, stored: FileRef) -> str:
        """Return the token by which a visitor sends on a picture that they were shown."""
        body = bytes.fromhex(stored.key) + struct.pack(">I", stored.size)
        return "a_" + base64.urlsafe_b64encode(body + self._tag(visitor, body)).decode()

    def _read(self, visitor: str, one: object) -> Attachment:
        token = one.get("token") if isinstance(one, dict) else one
        named = one.get("name") if isinstance(one, dict) else ""
        name = _name(named if isinstance(named, str) else "")
        raw = _raw(token)
        body, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
        if len(body) != KEY_BYTES + 4 or not hmac.compare_digest(tag, self._tag(visitor, body)):
            raise BadInput("another's attachment, or none", BAD_ATTACHMENT)
        (size,) = struct.unpack(">I", body[KEY_BYTES:])
        return Attachment(name, KIND, size, FileRef(body[:KEY_BYTES].hex(), KIND, size, name))

    def _tag(self, visitor: str, body: bytes) -> bytes:
        return hmac.new(self.secret, b"attachment" + body + visitor.encode(), hashlib.sha256).digest()[
            :TAG_BYTES
        ]


def _raw(token: object) -> bytes:
    if not isinstance(token, str) or not token.startswith("a_") or len(token) > 80:
        raise BadInput("no attachment", BAD_ATTACHMENT)
    try:
        return base64.b64decode(token[2:], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("no attachment", BAD_ATTACHMENT) from None


def _name(name: str) -> str:
    bare = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in bare if letter.isprintable()).strip()[:NAME] or "picture"
