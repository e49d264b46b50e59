"""Finds the date of a document: said in its front matter, its text or its file name."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_FORMS = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?P<y>(?:19|20)\d\d)\s*年\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号])?"),
    re.compile(
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<mon>{_MONTH}),?\s+(?P<y>(?:19|20)\d\d)", re.I
    ),
    re.compile(rf"\b(?P<mon>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d\d)", re.I),
    re.compile(rf"\b(?P<mon>{_MONTH})\s+(?P<y>(?:19|20)\d\d)", re.I),
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)")
_SAYS = re.compile(
    r"(?:last\s+)?(?:updated?|revised|edited|changed|published|posted|written|as of|figures of|version of|effective|date)"
    r"|更新|修订|修改|发布|整理|发表|编辑|生效|日期|截至|制表|记录",
    re.IGNORECASE,
)


def find_date(text: str, name: str = "", said: str = "") -> str:
    """Return an ISO date or ''. ``said`` is what the front matter or a meta tag says, ``name`` the file's name."""
    if said:
        found = first_date(said)
        if found:
            return found
    head, tail = text[:800], text[-300:]
    for part in (head, tail):
        for match in _SAYS.finditer(part):
            around = part[max(0, match.start() - 24) : match.end() + 40]
            found = first_date(around)
            if found:
                return found
    return first_date(name) or _compact(name) or first_date(head[:200])


def first_date(text: str) -> str:
    """Return the first date in ``text`` as ISO (a month alone counts as its first day), or ''."""
    best: tuple[int, str] | None = None
    for form in _FORMS:
        for match in form.finditer(text):
            found = _iso(match)
            if found and (best is None or match.start() < best[0]):
                best = (match.start(), found)
                break
    return best[1] if best else ""


def _compact(name: str) -> str:
    match = _COMPACT.search(name)
    return _iso(match) if match else ""


def _iso(match: re.Match[str]) -> str:
    groups = match.groupdict()
    month = int(groups["m"]) if groups.get("m") else _MONTHS.index(groups["mon"][:3].lower()) + 1
    try:
        return date(int(groups["y"]), month, int(groups.get("d") or 1)).isoformat()
    except ValueError:
        return ""
