"""The implicit label: the key AIGC in a picture's XMP, as GB 45438-2025 describes it."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape

from bot_core.errors import BadInput

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
ADOBE = b"http://ns.adobe.com/xap/1.0/\x00"
KEYWORD = b"XML:com.adobe.xmp"
RECORD = re.compile(r"<TC260:AIGC>(.*?)</TC260:AIGC>", re.DOTALL)
LARGEST = 65_000  # bytes of an APP1 segment


@dataclass(frozen=True, slots=True)
class Aigc:
    """The record: ``producer`` names the service that made it, ``number`` is unique there; likewise who spreads it.

    ``label`` is "1" for certainly generated, "2" maybe, "3" suspected.
    """

    producer: str
    number: str
    propagator: str = ""
    propagated: str = ""
    label: str = "1"

    def json(self) -> str:
        """Return the record as the standard writes it."""
        fields = {
            "Label": self.label,
            "ContentProducer": self.producer,
            "ProduceID": self.number,
            "ReservedCode1": "",
            "ContentPropagator": self.propagator or self.producer,
            "PropagateID": self.propagated or self.number,
            "ReservedCode2": "",
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def with_aigc(data: bytes, record: Aigc) -> bytes:
    """Return a PNG or JPEG with the record in its XMP; a record that was there is replaced. Raises BadInput."""
    packet = _packet(record).encode()
    if data.startswith(PNG):
        return _png_with(data, _chunk(b"iTXt", KEYWORD + b"\x00" * 5 + packet))
    if data.startswith(JPEG):
        segment = ADOBE + packet
        if len(segment) > LARGEST:
            raise BadInput("the record is too long")
        ours = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
        return JPEG + ours + b"".join(_segments(data))
    raise BadInput("neither PNG nor JPEG")


def aigc_of(data: bytes) -> dict[str, str] | None:
    """Return the record that a PNG or JPEG carries, or None."""
    start = data.find(b"<TC260:AIGC>")
    if start < 0:
        return None
    found = RECORD.search(data[start : start + LARGEST].decode("utf-8", "replace"))
    if found is None:
        return None
    try:
        record: dict[str, str] = json.loads(unescape(found[1]))
    except ValueError:
        return None
    return record


def _packet(record: Aigc) -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}">'
        f"<TC260:AIGC>{escape(record.json())}</TC260:AIGC>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def _png_with(data: bytes, ours: bytes) -> bytes:
    parts = [PNG]
    for kind, body in _chunks(data):
        if _is_xmp(kind, body):
            continue
        parts.append(_chunk(kind, body))
        if kind == b"IHDR":
            parts.append(ours)
    return b"".join(parts)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG)
    while at + 8 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if len(body) != size:
            raise BadInput("a PNG that is cut off")
        yield kind, body
        at += 12 + size
        if kind == b"IEND":
            return


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _is_xmp(kind: bytes, body: bytes) -> bool:
    return kind == b"iTXt" and body.startswith(KEYWORD)


def _segments(data: bytes) -> Iterator[bytes]:
    """Yield a JPEG's segments after its start, without an XMP packet, and then the picture itself."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        segment = data[at : at + 2 + size]
        if not segment[4:].startswith(ADOBE):
            yield segment
        at += 2 + size
    yield data[at:]
