"""Archives: every file of a zip is a document of its own; a Notion export loses its ids."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.model import Document, Unreadable

NOTION = re.compile(r"[ _-][0-9a-f]{32}(?=$|[./])")
SKIPPED = re.compile(
    r"(?:^|/)(?:\.|__MACOSX/|Thumbs\.db$|desktop\.ini$)|_all\.csv$|\.(?:css|js|svg|ico|woff2?)$",
    re.IGNORECASE,
)
DEEPEST = 2
ReadAny = Callable[[bytes, str, int], list[tuple[str, Document]]]


def read_zip(
    data: bytes, name: str, options: DecoderOptions, depth: int, read: ReadAny
) -> Iterator[tuple[str, Document]]:
    """Yield (name within the archive, document). Raises Unreadable for a bomb, or where nothing could be read."""
    if depth > DEEPEST:
        raise Unreadable("an archive in an archive in an archive")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check(infos, len(data), options)
            found, reasons = 0, []
            for info in infos:
                inner = _safe(info.filename)
                if inner is None or SKIPPED.search(inner):
                    continue
                if info.flag_bits & 1:
                    reasons.append("protected by a password")
                    continue
                try:
                    with archive.open(info) as member:
                        content = member.read(info.file_size + 1)
                    if len(content) != info.file_size:
                        raise Unreadable("its size is not what the archive says")
                    for below, document in read(content, inner, depth + 1):
                        found += 1
                        plain = NOTION.sub("", inner)
                        title = (
                            NOTION.sub("", document.title) or posixpath.splitext(posixpath.basename(plain))[0]
                        )
                        titled = Document(
                            title, document.blocks, document.date, document.url, document.author
                        )
                        yield (f"{plain}/{below}" if below else plain), titled
                except Unreadable as error:
                    reasons.append(str(error))
                except (
                    zipfile.BadZipFile,
                    OSError,
                    EOFError,
                    NotImplementedError,
                    RuntimeError,
                    ValueError,
                ) as error:
                    reasons.append(f"damaged: {type(error).__name__}")
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable(f"damaged: {type(error).__name__}") from None
    if not found:
        raise Unreadable(f"nothing in the archive could be read: {reasons[0] if reasons else 'it is empty'}")


def _check(infos: list[zipfile.ZipInfo], packed: int, options: DecoderOptions) -> None:
    """Refuse a bomb by what its directory says, before anything is unpacked."""
    total = sum(info.file_size for info in infos)
    if len(infos) > options.members:
        raise Unreadable(f"{len(infos)} files in the archive, at most {options.members}")
    if total > options.unpacked:
        raise Unreadable(
            f"the archive unpacks to {total // 1_000_000} MB, at most {options.unpacked // 1_000_000}"
        )
    if total > 10_000_000 and total > packed * options.ratio:
        raise Unreadable("the archive unpacks to far more than it holds")
    spans = sorted((info.header_offset, info.header_offset + 30 + info.compress_size) for info in infos)
    if any(start < end for (_, end), (start, _) in pairwise(spans)):
        raise Unreadable("files of the archive overlap")


def _safe(name: str) -> str | None:
    """Return a member's name without a way out of the archive; None for what is no name."""
    plain = posixpath.normpath(name.replace("\\", "/")).lstrip("/")
    parts = [part for part in plain.split("/") if part not in ("", ".", "..") and ":" not in part]
    return "/".join(parts)[:300] or None
