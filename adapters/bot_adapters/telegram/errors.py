"""What can go wrong with a call, in the house's terms.

::

    Broken                      tried again by whoever called
    └── EngineDown("Telegram")  unreachable, 5xx, a wrong token
    LimitReached
    └── Flood                   a 429; carries retry_after
    Refused                     trying again can't help
    ├── Gone                    the bot was removed or blocked, the chat or the member is not there
    ├── Uncertain               a crash cut the call off, and the options say not to make it again
    ├── Missing                 the message to edit or to answer is not there
    └── CallRefused             anything else that Telegram says no to
"""

from __future__ import annotations

from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot_core.errors import EngineDown, LimitReached, Refused, YinluError

PLATFORM = "Telegram"
GONE = ("chat not found", "user not found", "peer_id_invalid", "bot was kicked", "not enough rights", "have no rights",
        "user_is_blocked", "group chat was deactivated", "group chat was deleted", "chat_write_forbidden")  # fmt: skip
MISSING = ("message to edit not found", "message can't be edited", "message to delete not found",
           "message_id_invalid", "message to be replied not found", "message to reply not found")  # fmt: skip
UNCHANGED = "message is not modified"
NO_THREAD = ("message thread not found", "topic_closed", "topic_deleted")
NO_TEXT = "there is no text in the message"
BAD_PHOTO = (
    "photo_invalid",
    "image_process_failed",
    "wrong type of the web page content",
    "photo_save_file_invalid",
)
BAD_ENTITIES = ("can't parse entities", "entity", "entities")
OLD_PRESS = ("query is too old", "query_id_invalid", "query id is invalid")


class Flood(LimitReached):
    """Telegram asks us to wait before the next send there."""


class Gone(Refused):
    """Nobody can be reached there any more."""


class Uncertain(Refused):
    """A send that may have arrived."""


class Missing(Refused):
    """The message is not there."""


class CallRefused(Refused):
    """Telegram says no; ``says`` is why, in its words and lower case."""

    def __init__(self, method: str, says: str) -> None:
        self.says = says.lower()
        super().__init__(f"{method}: {says}")


class Moved(Refused):
    """The group became a supergroup with another id."""

    def __init__(self, chat: int) -> None:
        self.chat = chat
        super().__init__(f"the group is now {chat}")


def meaning(method: str, error: TelegramError) -> YinluError:
    """Return what a library's error means to us."""
    if isinstance(error, RetryAfter):
        return Flood(seconds_of(error), f"{method}: retry after {seconds_of(error):g} s")
    if isinstance(error, ChatMigrated):
        return Moved(error.new_chat_id)
    says = error.message.lower()
    if isinstance(error, Forbidden):
        return Gone(f"{method}: {error.message}")
    if isinstance(error, BadRequest):
        if any(part in says for part in MISSING):
            return Missing(f"{method}: {error.message}")
        if any(part in says for part in GONE):
            return Gone(f"{method}: {error.message}")
        return CallRefused(method, error.message)
    if isinstance(error, InvalidToken):
        return EngineDown(PLATFORM, f"{method}: the token is refused")
    return EngineDown(PLATFORM, f"{method}: {error.message}")


def seconds_of(error: RetryAfter) -> float:
    """Return the wait that a 429 asks for."""
    wait = getattr(error, "_retry_after", None)  # the public one warns that its type will change
    if not isinstance(wait, timedelta):
        wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
