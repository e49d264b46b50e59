"""A terminal as a place to talk: lines in, answers with their sources out. For local use, by one person.

``async with intake.open(): await Console(intake, face, clock, stdin_lines(), locale).run()``, with
``face = ConsoleFace(write, signer)`` among the dispatcher's faces under ``console``.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from bot_core.actions import Action, Press
from bot_core.conversation import DraftText
from bot_core.events import Content, Incoming, Invoked, Pressed, Said, Submitted
from bot_core.identity import Locale, Origin, Person, Words
from bot_core.ports.safety import Clock
from bot_core.ports.work import Outgoing, Receipt
from bot_core.replies import Reply
from bot_core.tokens import Signer

KEYS = {Action.VOTE_UP: "+", Action.VOTE_DOWN: "-", Action.REGENERATE: "r"}
HINT = Words(
    "输入问题。之后:+ 有帮助,- 没帮助(可加说明),r 重新回答，1-9 接着问，Ctrl-D 结束。",
    "Type a question. Then: + helpful, - not helpful (words may follow), r regenerate, 1-9 follow up, Ctrl-D ends.",
)
BUSY = Words(
    "现在排队的问题太多，请稍后再试。", "Too many questions are waiting just now. Please try again shortly."
)


class ConsoleFace:
    """A bot_core Face that writes to a terminal. ``write`` takes text as it is, line ends included."""

    platform = "console"
    draft_interval = 0.1
    speaks = False
    idempotent = False

    def __init__(self, write: Callable[[str], None], signer: Signer) -> None:
        self._write, self._signer = write, signer
        self._shown = ""
        self.keys: dict[str, str] = {}  # what can be typed now, with the token it presses
        self.settled: asyncio.Queue[str] = asyncio.Queue()  # events that were answered

    async def deliver(self, outgoing: Outgoing) -> str:
        """Write a reply under what of it was already written."""
        reply = outgoing.reply
        self._text(reply.text)
        for source in reply.sources:
            where = " › ".join((source.title, *source.heading))
            self._write(f'  [{source.n}] {where} ({source.source})\n      "{source.quote}"\n')
        if reply.answer is not None:
            self._offer(reply, reply.answer, outgoing.community)
        self.settled.put_nowait(outgoing.event)
        return outgoing.key

    async def edit(self, origin: Origin, message: str, reply: Reply) -> None:
        """Write it again: a terminal does not take words back."""
        self._text(reply.text)

    async def draft(self, origin: Origin, draft: DraftText) -> None:
        """Write what has been added; a rewritten draft waits for the whole reply."""
        if draft.text.startswith(self._shown):
            self._write(draft.text[len(self._shown) :])
            self._shown = draft.text

    def _text(self, text: str) -> None:
        if self._shown and text.startswith(self._shown):
            self._write(text[len(self._shown) :] + "\n")
        else:
            self._write(("\n" if self._shown else "") + text + "\n")
        self._shown = ""

    def _offer(self, reply: Reply, answer: str, community: str) -> None:
        buttons = [button for row in reply.rows for button in row if button.action in KEYS]
        self.keys = {KEYS[button.action]: button.token for button in buttons}
        self._write("  " + "  ".join(f"{KEYS[button.action]} {button.label}" for button in buttons) + "\n")
        for index, text in enumerate(reply.follow_ups[:9]):
            self.keys[str(index + 1)] = self._signer.sign(community, Press(Action.FOLLOW_UP, answer, index))
            self._write(f"  {index + 1} {text}\n")


class Accepts(Protocol):
    """The part of the intake that a terminal uses."""

    async def accept(self, incoming: Incoming) -> Receipt:
        """Store an event, then see that it is handled."""
        ...


class Console:
    """Reads lines, one event each, and waits for its reply before the next."""

    def __init__(
        self,
        intake: Accepts,
        face: ConsoleFace,
        clock: Clock,
        lines: AsyncIterator[str],
        locale: Locale,
        *,
        write: Callable[[str], None],
        place: str = "terminal",
        person: str = "local",
    ) -> None:
        self._intake, self._face, self._clock, self._lines = intake, face, clock, lines
        self._locale, self._write = locale, write
        self._origin = Origin(ConsoleFace.platform, place, secrets.token_hex(6))
        self._person = Person(f"{ConsoleFace.platform}:{person}")
        self._count = 0

    async def run(self) -> None:
        """Talk until the lines end."""
        self._write(HINT.of(self._locale) + "\n> ")
        async for line in self._lines:
            if line.strip():
                await self._turn(self._content(line.strip()))
            self._write("> ")

    async def _turn(self, content: Content) -> None:
        self._count += 1
        incoming = Incoming(
            id=f"{self._origin.channel}:{self._count}",
            origin=self._origin,
            person=self._person,
            locale=self._locale,
            time=self._clock.now(),
            content=content,
        )
        if await self._intake.accept(incoming) is Receipt.FULL:
            self._write(BUSY.of(self._locale) + "\n")
            return
        while await self._face.settled.get() != incoming.key:
            pass

    def _content(self, line: str) -> Content:
        token = self._face.keys.get(line)
        if token is not None:
            return Pressed(token)
        down = self._face.keys.get("-")
        if line.startswith("- ") and down is not None:
            return Submitted(down, {"words": line[2:].strip()})
        if line.startswith("/") and line[1:].isidentifier():
            return Invoked(line[1:])
        return Said(line)


async def stdin_lines() -> AsyncIterator[str]:
    """Yield standard input's lines until it ends; a thread waits for them, which ends with the process."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
