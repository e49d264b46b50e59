"""/status: is it up, how long is the line, what is slow; figures of the house, nobody's secrets."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.commands import Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import Broken
from bot_core.events import Incoming, Invoked
from bot_core.identity import Locale, Words
from bot_core.ports.work import JobQueue, Lane, LaneStatus
from bot_core.replies import say

COMMANDS = (Command("status", Words("我现在的状况", "How I am"), private=True),)
SLOW = 600.0  # seconds that the oldest job has waited from which a lane is told to be slow
UP = Words("我在线，可以提问。", "I am up; you can ask.")
AWAY = Words(
    "图片队列暂时看不到，提问不受影响。", "The picture queue can't be seen right now; questions are answered."
)
LANES = {Lane.FAST: Words("快速", "fast"), Lane.RELAX: Words("慢速", "relax")}
LINE = Words("{lane}：{waiting} 个在等，{running} 个进行中", "{lane}: {waiting} waiting, {running} running")
PAUSED = Words("，已暂停", ", paused")
LATE = Words("，有点慢：最久的等了 {minutes} 分钟", ", slow: the oldest has waited {minutes} min")


@dataclass(frozen=True, slots=True)
class StatusHandler:
    """Takes /status."""

    queue: JobQueue

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /status."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Tell how it is."""
        if not isinstance(incoming.content, Invoked) or incoming.content.command != "status":
            return None
        locale = incoming.locale
        try:
            lanes = await self.queue.status()
        except Broken:
            lines = [AWAY.of(locale)]
        else:
            lines = [f"- {line(lane, locale)}" for lane in lanes]
        await conversation.send(say("\n".join([UP.of(locale), "", *lines]), private=True))
        return Handled("status")


def line(lane: LaneStatus, locale: Locale) -> str:
    """Return a lane in a line."""
    text = LINE.of(locale).format(
        lane=LANES[lane.lane].of(locale), waiting=lane.waiting, running=lane.running
    )
    if lane.paused:
        return text + PAUSED.of(locale)
    if lane.waiting and lane.oldest > SLOW:
        text += LATE.of(locale).format(minutes=round(lane.oldest / 60))
    return text
