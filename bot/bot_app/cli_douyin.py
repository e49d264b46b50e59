"""``yinlu douyin records``: what was generated for the mini program, one line of JSON each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date

from bot_app.compose_douyin import records_of
from bot_app.settings import Settings
from bot_core.clock import SystemClock
from bot_core.errors import BadInput
from bot_core.identity import Words

SINCE = Words("--since 应为日期，例如 2026-05-31。", "--since takes a date, like 2026-05-31.")


def records(settings: Settings, since: str = "", write: Callable[[str], object] = sys.stdout.write) -> int:
    """Write the records from a day on (ISO date; empty: all), oldest first; return how many. Raises BadInput."""
    try:
        day = date.fromisoformat(since) if since else date.min
    except ValueError:
        raise BadInput("since", SINCE) from None
    count = 0
    for record in records_of(settings, SystemClock()).since(day):
        write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        count += 1
    return count
