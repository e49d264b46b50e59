"""Subscription messages: a member who allowed one is told, once, that pictures are ready or a question was answered.

``POST /api/notification/v2/subscription/notify_user/`` (``msg_id`` is the template). A member's consent is good for one
message of that template; it is taken before the message is sent, so that none is ever sent twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from bot_adapters.douyin.face import generated
from bot_adapters.douyin.logins import Logins, Member
from bot_adapters.douyin.options import DAY, DouyinOptions
from bot_adapters.douyin.sentences import ANSWERED, PICTURES_READY
from bot_adapters.douyin.tokens import AppTokens, Kind
from bot_core.errors import BadInput, Broken
from bot_core.ports.work import Notes, Outgoing
from bot_core.replies import Picture

log = logging.getLogger(__name__)

MOST = 20  # consents that one member can have for one template
CONSENT_DAYS = 30.0


class Subject(StrEnum):
    """What a message is about."""

    PICTURES = "pictures"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Keeps consents and sends messages."""

    tokens: AppTokens
    logins: Logins
    notes: Notes
    options: DouyinOptions

    @property
    def templates(self) -> dict[str, str]:
        """Return the templates that are set up, by subject, as the client asks for consent."""
        both = {
            Subject.PICTURES: self.options.pictures_template,
            Subject.ANSWERS: self.options.answers_template,
        }
        return {subject.value: template for subject, template in both.items() if template}

    async def allow(self, member: Member, subject: str) -> None:
        """Keep one consent. Raises BadInput for what has no template."""
        if subject not in self.templates:
            raise BadInput("no such template")
        for n in range(MOST):
            if await self.notes.add(_consent(member.person.id, subject, n), "1", CONSENT_DAYS * DAY):
                return

    async def after(self, outgoing: Outgoing, seen: bool) -> None:
        """Tell a member who is away of what was just delivered; a FaceParts ``after``."""
        subject = _subject(outgoing)
        if seen or subject is None or subject.value not in self.templates or not outgoing.person:
            return
        if not await self.notes.add(f"douyin:told:{outgoing.key}", "1", 7 * DAY):
            return
        try:
            await self._tell(outgoing.person, subject)
        except Broken as error:
            log.warning("a subscription message was not sent", extra={"error": str(error)})

    async def _tell(self, person: str, subject: Subject) -> None:
        openid = await self.logins.openid(person)
        if openid is None or not await self._consented(person, subject):
            return
        words = (PICTURES_READY if subject is Subject.PICTURES else ANSWERED).of(self.options.locale)
        await self.tokens.post(
            Kind.CLIENT,
            f"{self.options.open_url}/api/notification/v2/subscription/notify_user/",
            "access-token",
            {
                "msg_id": self.templates[subject.value],
                "open_id": openid,
                "data": {self.options.template_field: words},
                "page": self.options.page,
            },
        )

    async def _consented(self, person: str, subject: Subject) -> bool:
        """Take one consent; False where there is none. Two processes can't take the same one."""
        for n in range(MOST):
            key = _consent(person, subject.value, n)
            if await self.notes.get(key) is None:
                continue
            if await self.notes.add(f"{key}:taken", "1", 60.0):
                await self.notes.drop(key)
                return True
        return False


def _consent(person: str, subject: str, n: int) -> str:
    return f"douyin:consent:{subject}:{n}:{person}"


def _subject(outgoing: Outgoing) -> Subject | None:
    reply = outgoing.reply
    if reply.made is not None or any(isinstance(part, Picture) for part in reply.parts):
        return Subject.PICTURES
    return Subject.ANSWERS if reply.error is None and (generated(reply) or reply.greets is not None) else None
