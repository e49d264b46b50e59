"""Moderation, safe fetching, limits at the edge, secrets out of logs, output that can do no harm.

::

    RuleModerator(read: Callable[[str, str], Awaitable[str | None]] | None = None, *, clock: Clock | None = None,
                  fresh: float = 30.0)                read is ledger.setting; the setting is called "moderation"
    AllowAll(), MemoryModerator(words: Mapping[str, Verdict])              twins
    Guarded(moderator: Moderator, *, closed: bool, seconds: float = 5.0)   a moderator that fails decides so
    PicturePrompts(inner: Moderator)                  for prompts: never sexual pictures of children, then inner
    parse_rules(text: str) -> tuple[Rule, ...]        raises BadInput: what an admin may store as that setting

    SafeFetcher.open(*, allowed: AddressPolicy = public, ports: Collection[int] = PORTS, resolve: Resolve = system)
        -> AbstractAsyncContextManager[SafeFetcher]   async with SafeFetcher.open() as fetcher: ...
    MemoryFetcher(pages: Mapping[str, Fetched])       twin

    clean_text(text: str, longest: int = 2000) -> str        raises BadInput; AskHandler's ``clean``
    decode_text(data: bytes) -> str                          raises BadInput for what is no UTF-8 text
    UploadLimits(document=..., picture=..., audio=..., video=...)          bytes by kind; check(media_type, size)

    Redactor(secrets: Iterable[str] = ())             .add(secret), .text(str) -> str, .processor (structlog),
                                                      .filter (logging.Filter), .formatter(inner: logging.Formatter)
    tame(markdown: str, allowed_urls: Collection[str] = ()) -> str
    urls_in(text: str) -> set[str]                    what a passage allows
"""

from bot_safety.addresses import AddressPolicy, public
from bot_safety.fetch import PORTS, MemoryFetcher, Resolve, SafeFetcher
from bot_safety.limits import UploadLimits, clean_text, decode_text
from bot_safety.moderation import AllowAll, Guarded, MemoryModerator, RuleModerator
from bot_safety.output import tame, urls_in
from bot_safety.prompts import PicturePrompts
from bot_safety.redact import Redactor
from bot_safety.rules import Rule, parse_rules

__all__ = [
    "PORTS",
    "AddressPolicy",
    "AllowAll",
    "Guarded",
    "MemoryFetcher",
    "MemoryModerator",
    "PicturePrompts",
    "Redactor",
    "Resolve",
    "Rule",
    "RuleModerator",
    "SafeFetcher",
    "UploadLimits",
    "clean_text",
    "decode_text",
    "parse_rules",
    "public",
    "tame",
    "urls_in",
]
