"""Which language a request wants."""

from __future__ import annotations

from collections.abc import Mapping

from bot_core.identity import Locale


def accepted(headers: Mapping[str, str], default: Locale = Locale.EN) -> Locale:
    """Return the language that ``Accept-Language`` likes best among ours (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, int, Locale]] = []
    for place, part in enumerate(headers.get("Accept-Language", "")[:500].split(",")):
        tag, _, quality = part.strip().partition(";")
        if tag.lower().startswith(("zh", "en")):
            wanted.append((-_quality(quality), place, Locale.parse(tag)))
    return min(wanted)[2] if wanted else default


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
