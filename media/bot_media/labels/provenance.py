"""Content Credentials (C2PA) in a picture: signed with the operator's certificate, they say that a program made it, and which.

Any later change of the picture makes them invalid, so they are put in last.
"""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from typing import Any

from bot_core.errors import BadInput, MissingExtra
from bot_core.identity import Words
from bot_media.labels.metadata import JPEG, PNG

log = logging.getLogger(__name__)

SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = SOURCES + "trainedAlgorithmicMedia"  # a model that learned from others' pictures
COMPOSED = SOURCES + "algorithmicMedia"  # a program's own rules
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
TRIAL = (  # the smallest PNG: one grey point
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)


class Provenance:
    """Signs pictures. ``certificate``: a PEM chain, the signer's first; ``key``: its private key in PEM.

    The certificate must be one for this use (extended key usage of e-mail protection, document signing or C2PA's own).
    Raises MissingExtra, and BadInput for what can't sign: tried once at the beginning.
    """

    def __init__(self, certificate: bytes, key: bytes, producer: str = "Yinlu", version: str = "") -> None:
        self._producer, self._version = producer, version
        self._certificate, self._key = certificate, key
        self._algorithm = _algorithm(key)
        try:
            self._sign(TRIAL, "trial", COMPOSED)
        except _library().C2paError as error:
            raise _unfit(str(error)) from None

    def signed(self, data: bytes, number: str, source: str = TRAINED) -> bytes:
        """Return a PNG or JPEG with its credentials; ``number`` is the job that made it, ``source`` how it came about.

        Where signing fails the picture is returned as it was, and the log says so: nobody loses a picture for it.
        """
        try:
            return self._sign(data, number, source)
        except _library().C2paError as error:
            log.error("a picture was not signed", extra={"job": number, "why": str(error)})
            return data

    def _sign(self, data: bytes, number: str, source: str) -> bytes:
        c2pa = _library()
        kind = "image/png" if data.startswith(PNG) else "image/jpeg" if data.startswith(JPEG) else ""
        if not kind:
            raise BadInput("neither PNG nor JPEG")
        made = {"action": "c2pa.created", "digitalSourceType": source}
        manifest = {
            "title": number,
            "claim_generator_info": [{"name": self._producer, "version": self._version or "0"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
        }
        info = c2pa.C2paSignerInfo(
            alg=getattr(c2pa.C2paSigningAlg, self._algorithm),
            sign_cert=self._certificate,
            private_key=self._key,
            ta_url=None,  # no time stamp service is asked: pictures are made without a network
        )
        out = io.BytesIO()
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
            builder.sign(signer, kind, io.BytesIO(data), out)
        return out.getvalue()


def credentials_of(data: bytes) -> dict[str, Any] | None:
    """Return a picture's credentials as the library reads them, with ``validation_state``; None where it has none."""
    import json

    c2pa = _library()
    kind = "image/png" if data.startswith(PNG) else "image/jpeg"
    try:
        with c2pa.Reader(kind, io.BytesIO(data)) as reader:
            found: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError:
        return None
    return found


@lru_cache(maxsize=1)
def _library() -> Any:  # noqa: ANN401 - a module
    try:
        import c2pa
    except ImportError:
        raise MissingExtra(
            "c2pa", Words("给图片签内容凭证", "Signing pictures with Content Credentials")
        ) from None
    return c2pa


def _algorithm(key: bytes) -> str:
    """Return the name of the signature that a key makes. Raises BadInput."""
    _library()
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise _unfit(str(error)) from None
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.curve.name in CURVES:
        return CURVES[loaded.curve.name]
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return "ED25519"
    if isinstance(loaded, rsa.RSAPrivateKey):
        return "PS256"
    raise _unfit(f"a key of kind {type(loaded).__name__}")


def _unfit(why: str) -> BadInput:
    words = Words(
        f"这张证书或密钥不能签内容凭证：{why[:200]}",
        f"This certificate or key can't sign Content Credentials: {why[:200]}",
    )
    return BadInput("content credentials", words)
