"""Errors as the member of a job reads them: a queue keeps the text of an error, and nothing else of it."""

from __future__ import annotations

import logging

from bot_core.errors import Broken, Refused, YinluError
from bot_core.identity import Locale

log = logging.getLogger(__name__)


class RefusedTo(Refused):
    """A refusal whose text is the member's sentence."""


class BrokenFor(Broken):
    """A failure, worth another try, whose text is the member's sentence."""


def told(error: YinluError, locale: Locale, job: str) -> Refused | Broken:
    """Return the error in the member's language; what only we should read goes to the log."""
    kind = RefusedTo if isinstance(error, Refused) else BrokenFor
    log.info("a picture job ends without pictures", extra={"job": job, "error": str(error)})
    return kind(error.words.of(locale), error.words)
