"""An admin's ticket for the page: a signed time until which it is good, handed out by the command line."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import hdrs, web

from bot_core.errors import NotAllowed
from bot_core.identity import Words
from bot_core.ports.safety import Clock

DAYS = 30.0
SCHEME = "Bearer "
NO_TICKET = Words(
    "只有管理员可以管理文档。请在服务器上运行 yinlu documents page，打开它给出的链接。",
    "Only admins may manage documents. Run yinlu documents page on the server and open the link it prints.",
)


class Tickets:
    """Makes and checks tickets; ``secret`` is the one that signs the page's sessions."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret, self._clock = secret, clock

    def make(self, days: float = DAYS) -> str:
        """Return a ticket that is good for so long."""
        until = f"{int(self._clock.now().timestamp() + days * 86_400):x}"
        return f"{until}.{self._tag(until)}"

    def check(self, request: web.BaseRequest) -> None:
        """Raise NotAllowed unless the request carries a ticket that is good."""
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        until, _, tag = given.removeprefix(SCHEME).strip().partition(".")
        good = given.startswith(SCHEME) and given.isascii() and len(given) < 200
        if not good or not hmac.compare_digest(tag, self._tag(until)):
            raise NotAllowed("no ticket", NO_TICKET)
        if int(until, 16) < self._clock.now().timestamp():
            raise NotAllowed("the ticket is too old", NO_TICKET)

    def _tag(self, until: str) -> str:
        return hmac.new(self._secret, b"operator\x1f" + until.encode(), hashlib.sha256).hexdigest()[:40]
