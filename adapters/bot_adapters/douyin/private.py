"""Answers to private messages: words alone, sent through the platform's IM.

``POST open.douyin.com/im/send/msg/?open_id=`` with the conversation and message that is answered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from bot_adapters.douyin.options import DouyinOptions
from bot_adapters.douyin.tokens import AppTokens, Kind
from bot_adapters.douyin.wire import part
from bot_core.errors import EngineDown
from bot_core.ports.work import Notes
from bot_core.replies import Reply

LONGEST = 1000  # characters of one message


@dataclass(frozen=True, slots=True)
class Private:
    """Sends replies into private conversations that a member began."""

    tokens: AppTokens
    notes: Notes
    options: DouyinOptions

    async def send(self, channel: str, reply: Reply) -> None:
        """Send a reply's words. Raises EngineDown; a conversation that is over gets nothing."""
        kept = await self.notes.get(f"douyin:im:{channel}")
        words = reply.text.strip()
        if kept is None or not words:
            return
        route = json.loads(kept)
        answer = await self.tokens.post(
            Kind.CLIENT,
            f"{self.options.open_url}/im/send/msg/?open_id={quote(route['openid'], safe='')}",
            "access-token",
            {
                "msg_id": route["message"],
                "conversation_id": route["conversation"],
                "to_user_id": route["openid"],
                "scene": "im_reply_msg",
                "content": [{"msg_type": 1, "text": {"text": words[:LONGEST]}}],
            },
        )
        error = part(answer, "extra").get("error_code", answer.get("err_no", 0))
        if error != 0:
            raise EngineDown("douyin", f"im/send/msg error {error!r}"[:80])
