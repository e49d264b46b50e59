"""The platform's content safety as a Moderator: nothing passes that was not looked at.

Text: ``/api/v2/tags/text/antidirt``; pictures: ``/api/apps/v1/censor/image/``. An answer that is late, broken or says
less than was asked counts as no answer, and then the content is refused as ``unavailable``.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.tokens import AppTokens, Kind
from bot_adapters.douyin.wire import Json, part
from bot_core.errors import Broken, EngineDown
from bot_core.ports.safety import Clock, Decision, Verdict

log = logging.getLogger(__name__)

PIECE = 1800  # characters of one task
OVERLAP = 60  # characters that two tasks share, so that no word is cut in two
AT_ONCE = 20  # tasks of one call
HIT = Verdict(Decision.REFUSE, "douyin")
CLEAN = Verdict(Decision.ALLOW)
UNCHECKED = Verdict(Decision.REFUSE, "unavailable")


@dataclass(slots=True)
class DouyinModerator:
    """Judges through the platform; verdicts on equal content hold for ``options.verdict_seconds``."""

    tokens: AppTokens
    clock: Clock
    options: DouyinOptions
    _known: OrderedDict[bytes, tuple[float, Verdict]] = field(default_factory=OrderedDict)

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a text of any length."""
        if not text.strip():
            return CLEAN
        return await self._judged(b"t" + text.encode("utf-8", "replace"), lambda: self._text(text))

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Judge a picture."""
        return await self._judged(b"p" + data, lambda: self._picture(data))

    async def _judged(self, content: bytes, ask: Callable[[], Awaitable[bool]]) -> Verdict:
        key = hashlib.sha256(content).digest()
        known = self._known.get(key)
        if known is not None and self.clock.monotonic() < known[0]:
            return known[1]
        try:
            verdict = HIT if await ask() else CLEAN
        except Broken as error:
            log.error("content could not be checked", extra={"error": str(error)})
            return UNCHECKED
        self._known[key] = (self.clock.monotonic() + self.options.verdict_seconds, verdict)
        self._known.move_to_end(key)
        while len(self._known) > self.options.verdicts:
            self._known.popitem(last=False)
        return verdict

    async def _text(self, text: str) -> bool:
        step = PIECE - OVERLAP
        pieces = [text[start : start + PIECE] for start in range(0, max(1, len(text) - OVERLAP), step)]
        for start in range(0, len(pieces), AT_ONCE):
            some = pieces[start : start + AT_ONCE]
            answer = await self.tokens.post(
                Kind.ACCESS,
                f"{self.options.api_url}/api/v2/tags/text/antidirt",
                "X-Token",
                {"tasks": [{"content": piece} for piece in some]},
            )
            if _texts_hit(answer, len(some)):
                return True
        return False

    async def _picture(self, data: bytes) -> bool:
        answer = await self.tokens.post(
            Kind.CLIENT,
            f"{self.options.open_url}/api/apps/v1/censor/image/",
            "access-token",
            {"app_id": self.options.app_id, "image_data": base64.b64encode(data).decode()},
        )
        if answer.get("err_no") != 0:
            raise EngineDown("douyin", f"picture check err_no {answer.get('err_no')!r}"[:80])
        return _hit(part(answer, "data").get("predicts", answer.get("predicts")))


def _texts_hit(answer: Json, asked: int) -> bool:
    results = answer.get("data")
    if not isinstance(results, list) or len(results) != asked:
        raise EngineDown("douyin", "text check: not one verdict for each piece")
    hits = []
    for result in results:
        if not isinstance(result, dict) or result.get("code") != 0:
            raise EngineDown("douyin", "text check: a piece without a verdict")
        hits.append(_hit(result.get("predicts")))
    return any(hits)


def _hit(predicts: object) -> bool:
    """Read the verdicts of all models. Raises EngineDown where there is none, or one that is no verdict."""
    if not isinstance(predicts, list) or not predicts:
        raise EngineDown("douyin", "a check without verdicts")
    for predict in predicts:
        if not isinstance(predict, dict) or not isinstance(predict.get("hit"), bool):
            raise EngineDown("douyin", "a verdict that is none")
    return any(predict["hit"] for predict in predicts)
