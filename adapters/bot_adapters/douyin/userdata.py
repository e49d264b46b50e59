"""What the platform signs and seals for us with ``session_key``: raw user data, and data that only we may read.

Signature: hex SHA-1 of ``rawData + session_key``. Sealed: AES-128-CBC with PKCS#7, base64 key, iv and text, and the
mini program's id in ``watermark`` (developer.open-douyin.com, "signature algorithm").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from bot_adapters.douyin.sentences import BAD_DATA
from bot_core.errors import BadInput, MissingExtra
from bot_core.identity import Words

WHAT = Words("解密抖音用户数据", "Reading Douyin's sealed user data")
LARGEST = 65_536  # characters
FRESH = 3600.0  # s that sealed data may be old


def verified(raw: str, signature: str, session_key: str) -> dict[str, object]:
    """Return raw user data whose signature is right. Raises BadInput."""
    expected = hashlib.sha1((raw + session_key).encode()).hexdigest()  # noqa: S324 - the platform's choice
    if len(raw) > LARGEST or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise BadInput("a wrong signature of user data", BAD_DATA)
    return _object(raw.encode())


def opened(sealed: str, iv: str, session_key: str, app_id: str, now: float) -> dict[str, object]:
    """Return sealed user data that was sealed for this mini program lately; ``now`` in Unix seconds.

    Raises BadInput for another key, another mini program or old data, MissingExtra without the ``cryptography`` package.
    """
    if len(sealed) > LARGEST:
        raise BadInput("too much sealed data", BAD_DATA)
    value = _object(_decrypted(sealed, iv, session_key))
    mark = value.get("watermark")
    if not isinstance(mark, Mapping) or mark.get("appid") != app_id:
        raise BadInput("sealed for another mini program", BAD_DATA)
    sealed_at = mark.get("timestamp")
    if isinstance(sealed_at, int) and abs(now - sealed_at) > FRESH:
        raise BadInput("sealed too long ago", BAD_DATA)
    return value


def _decrypted(sealed: str, iv: str, session_key: str) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7
    except ImportError:
        raise MissingExtra("douyin", WHAT) from None
    try:
        key, vector, data = (base64.b64decode(text, validate=True) for text in (session_key, iv, sealed))
        if len(key) != 16 or len(vector) != 16:
            raise ValueError("key or iv")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        padded = decryptor.update(data) + decryptor.finalize()
        padding = PKCS7(128).unpadder()
        return padding.update(padded) + padding.finalize()
    except ValueError:
        raise BadInput("user data sealed with another key", BAD_DATA) from None


def _object(raw: bytes) -> dict[str, object]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadInput("user data is no object", BAD_DATA)
    return value
