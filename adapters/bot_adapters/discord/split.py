"""Long texts in pages: cut at paragraphs, lines, sentences, words; a code fence that is cut is opened again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LIMIT = 2000  # what a message takes, counted as Discord's own clients do
FENCE = "```"

_LEVELS = (
    re.compile(r"(?<=\n\n)(?=[^\n])"),
    re.compile(r"(?<=\n)(?=[^\n])"),
    re.compile(r"(?<=[。！？；])|(?<=[.!?;:] )"),
    re.compile(r"(?<=[，、])|(?<= )(?=[^ ])"),
)
_FENCED = re.compile(r"^```[^\n]*\n(?:.*?\n)?```[ \t]*$", re.MULTILINE | re.DOTALL)


def size(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(c > "\uffff" for c in text)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Return pages of at most ``limit`` units; no page is blank, every fence is closed on its page."""
    pages: list[str] = []
    page = ""
    for piece in _pieces(text, limit):
        fenced = piece.startswith(FENCE)
        apart = page.endswith("\n") or piece.startswith("\n")
        glue = "\n" if page and (fenced or page.endswith(FENCE)) and not apart else ""
        if page and size((page + glue + piece).rstrip()) > limit:
            pages.append(page)
            page, glue = "", ""
        page += glue + piece
    pages.append(page)
    return [page for page in (_trimmed(page) for page in pages) if page.strip()]


def clipped(text: str, limit: int) -> str:
    """Return a text, or its beginning with an ellipsis, within the limit."""
    if size(text) <= limit:
        return text
    end = max(0, limit - 1)
    while size(text[:end]) > limit - 1:
        end -= 1
    return f"{text[:end]}…"


def shortened(text: str, limit: int = LIMIT) -> str:
    """Return the beginning of a text, whole where it fits, else ending in ``…``."""
    pages = split(text, limit - 6)
    if not pages:
        return ""
    return pages[0] if len(pages) == 1 else f"{pages[0]}\n…"


def _trimmed(page: str) -> str:
    return page.strip("\n").rstrip()


def _pieces(text: str, limit: int) -> Iterator[str]:
    """Yield pieces that fit, in order; fences are pieces of their own."""
    at = 0
    for match in _FENCED.finditer(text):
        yield from _cut(_even(text[at : match.start()]), limit)
        yield from _fence(match[0].rstrip(), limit)
        at = match.end()
    yield from _cut(_even(text[at:]), limit)


def _even(text: str) -> str:
    """Return the text outside of fences, in which no fence may open."""
    return text.replace(FENCE, "'''")


def _cut(text: str, limit: int, level: int = 0) -> Iterator[str]:
    if size(text.strip("\n")) <= limit:
        if text:
            yield text
    elif level < len(_LEVELS):
        for piece in _LEVELS[level].split(text):
            yield from _cut(piece, limit, level + 1)
    else:
        yield from _hard(text, limit)


def _hard(text: str, limit: int) -> Iterator[str]:
    """Cut where nothing invites it, but not within what is seen as one letter."""
    while size(text) > limit:
        end = limit
        while size(text[:end]) > limit:
            end -= 1
        whole = end
        while whole > max(1, end - 16) and _joined(text, whole):
            whole -= 1
        yield text[:whole]
        text = text[whole:]
    if text:
        yield text


def _joined(text: str, at: int) -> bool:
    after = text[at]
    return unicodedata.combining(after) > 0 or after in "\u200d\ufe0f" or text[at - 1] == "\u200d"


def _fence(block: str, limit: int) -> Iterator[str]:
    """Yield one fence, or several that carry on with the same language."""
    if size(block) <= limit:
        yield block
        return
    opening, _, rest = block.partition("\n")
    opening = opening if size(opening) <= 40 else FENCE
    body = rest[: -len(FENCE)].removesuffix("\n")
    room = limit - size(opening) - len(FENCE) - 2
    inside = ""
    for line in body.split("\n"):
        for part in _hard(line, room) if line else ("",):
            if inside and size(f"{inside}\n{part}") > room:
                yield f"{opening}\n{inside}\n{FENCE}"
                inside = part
            else:
                inside = f"{inside}\n{part}" if inside else part
    if inside:
        yield f"{opening}\n{inside}\n{FENCE}"
