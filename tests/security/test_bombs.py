"""Files made to hurt: refused soon, in a process that may not swell, and nobody else notices."""

import asyncio
import io
import struct
import time
import zipfile
import zlib

import psutil
import pytest
from yinlu_testing import documents as made

from bot_knowledge.formats import DecoderOptions, opened_decoder
from bot_knowledge.loaders.model import Unreadable

MB = 1_000_000


def zip_bomb() -> bytes:
    """Return a zip of 100 KB that holds 100 MB."""
    return made.zipped(big_txt=b"\0" * 100 * MB)


def nested() -> bytes:
    """Return a zip in a zip, five deep."""
    data = made.zipped(a_md="# x\n\ny\n")
    for _ in range(5):
        data = made.zipped(inner_zip=data)
    return data


def overlapping() -> bytes:
    """Return a zip whose files are one and the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * 5 * MB)
        info = archive.infolist()[0]
        for number in range(30):
            twin = zipfile.ZipInfo(f"b{number}.txt")
            twin.header_offset, twin.file_size = info.header_offset, info.file_size
            twin.compress_size, twin.CRC, twin.compress_type = (
                info.compress_size,
                info.CRC,
                info.compress_type,
            )
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    return out.getvalue()


def picture_bomb() -> bytes:
    """Return a small PNG of 900 megapixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10 * MB, 9))
        + chunk(b"IEND", b"")
    )


def laughs(kind: str) -> bytes:
    """Return an Office file whose XML grows a billionfold."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><x>&l9;</x>'
    return made.zipped(**{"[Content_Types]_xml": xml, f"{kind}_xml": xml})


def pdf_bomb() -> bytes:
    """Return a PDF whose page's contents unpack to 400 MB."""
    stream = zlib.compress(b"0 0 m " * 30 * MB, 1)
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj ",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj ",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj ",
        b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n" % len(stream) + stream + b"\nendstream endobj ",
    ]
    return b"%PDF-1.4 " + b"".join(parts) + b"trailer<</Root 1 0 R>>%%EOF"


BOMBS = {
    "zip.zip": zip_bomb,
    "nested.zip": nested,
    "overlap.zip": overlapping,
    "huge.png": picture_bomb,
    "laughs.docx": lambda: laughs("word__document"),
    "laughs.xlsx": lambda: laughs("xl__workbook"),
    "deep.html": lambda: b"<div>" * 200_000 + b"x",
    "deep.json": lambda: b"[" * 200_000,
    "swollen.pdf": pdf_bomb,
    "wide.csv": lambda: b"," * 30 * MB,
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_soon(name):
    """Within seconds of a warm decoder; this process does not swell, and the next file is read."""
    data = BOMBS[name]()
    options = DecoderOptions(seconds=8.0, memory=900 * MB)
    async with opened_decoder(options) as decoder:
        await decoder.documents(made.sheet(), "warm.xlsx")
        before, began = psutil.Process().memory_info().rss, time.monotonic()
        with pytest.raises(Unreadable):
            await decoder.documents(data, name)
        assert time.monotonic() - began < 10
        assert psutil.Process().memory_info().rss - before < 256 * MB
        assert await decoder.documents(made.sheet(), "after.xlsx")


async def test_the_decoder_has_no_rights_to_spare():
    """It gets no secrets of ours, and is gone when it is closed."""
    async with opened_decoder() as decoder:
        await decoder.documents(made.sheet(), "a.xlsx")
        child = psutil.Process(decoder._child.pid)
        assert not [name for name in child.environ() if name.startswith("YINLU_")]
    await asyncio.sleep(0.1)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
