"""How old a document is, in words."""

from __future__ import annotations

from datetime import date

from bot_core.identity import Locale
from bot_core.ports.safety import Clock
from bot_knowledge.answering.wording import MONTHS, YEARS


def age_in_words(when: str, locale: Locale, clock: Clock, old_after_days: int) -> str:
    """Return how old a document of the ISO date ``when`` is, or '' where that need not be said."""
    if not when:
        return ""
    days = (clock.now().date() - date.fromisoformat(when)).days
    if days < old_after_days:
        return ""
    if days < 700:
        return MONTHS.of(locale).format(months=round(days / 30.4))
    return YEARS.of(locale).format(years=round(days / 365.25))
