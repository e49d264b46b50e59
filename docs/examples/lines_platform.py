"""A platform: plain lines over TCP (``nc 127.0.0.1 7000``). YINLU_EXTENSIONS=lines_platform.

The first line is the member's name; nobody proves it, so this is for one's own machine. ``/imagine a fox`` is a
command, anything else a question; buttons are numbered, and ``#2`` presses the second. Who is named in YINLU_ADMINS
(``lines:ann``) binds the place once with ``/bind CODE`` (``yinlu admin code`` prints one).
"""

import asyncio
import itertools
import os
import re
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot_core.errors import Broken
from bot_core.events import Incoming, Invoked, Pressed, Said
from bot_core.identity import Locale, Origin, Person
from bot_core.replies import Document, Picture, Sound

NAME, PORT, MOST = "lines", int(os.environ.get("LINES_PORT", "7000")), 2_000
CJK = re.compile("[\u4e00-\u9fff]")


class Face:
    """Shows replies to whoever is connected; ``ways`` has each channel's writer, ``buttons`` what its numbers press."""

    platform, draft_interval, speaks, idempotent = NAME, 3600.0, False, False

    def __init__(self):
        self.ways, self.buttons = {}, {}

    async def deliver(self, outgoing):
        """Show a reply; what can't be shown now is tried again, by the outbox."""
        await self._write(outgoing.origin, outgoing.reply)
        return outgoing.key

    async def edit(self, origin, message, reply):
        """A line that was written stays; the new words come below it."""
        if reply.parts:
            await self._write(origin, reply)

    async def draft(self, origin, draft):
        """Growing text is not shown in a place of lines."""

    async def _write(self, origin, reply):
        way = self.ways.get(origin.channel)
        if way is None or way.is_closing():
            raise Broken(f"{NAME}: nobody is connected")
        lines = [reply.text]
        lines += [
            f"[{part.alt}: {part.file.name or part.file.key}]"
            for part in reply.parts
            if isinstance(part, Picture)
        ]
        lines += [
            f"[{part.file.name or part.file.key}]"
            for part in reply.parts
            if isinstance(part, Document | Sound)
        ]
        lines += [f"[{n}] {citation.title or citation.source}" for n, citation in enumerate(reply.sources, 1)]
        pressed = [button for row in reply.rows for button in row]
        if pressed:
            self.buttons[origin.channel] = pressed
            lines.append("  ".join(f"#{n} {button.label}" for n, button in enumerate(pressed, 1)))
        way.write(("\n".join(line for line in lines if line) + "\n").encode())
        await way.drain()


class Lines:
    """Listens, and turns lines into events."""

    def __init__(self, needs, accept):
        self.face, self._accept, self._needs = Face(), accept, needs
        self._numbers, self._begun = itertools.count(), time.time_ns()

    @asynccontextmanager
    async def open(self):
        """Take connections for as long as the context lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", PORT, limit=MOST)
        async with server:
            yield self

    async def _serve(self, reader, writer):
        writer.write("你的名字 / your name?\n".encode())
        try:
            name = (await reader.readline()).decode("utf-8", "replace").strip()[:40]
            if not name:
                return
            self.face.ways[name] = writer
            while line := await reader.readline():
                text = line.decode("utf-8", "replace").strip()
                if text:
                    await self._accept(self._event(name, text))
        except (ConnectionError, ValueError):  # gone, or a line that is far too long
            pass
        finally:
            if self.face.ways.get(name) is writer:
                del self.face.ways[name]
            writer.close()

    def _event(self, name, text):
        """Return the event of a line; its id is never used twice, also after a restart."""
        return Incoming(
            id=f"{self._begun}-{next(self._numbers)}",
            origin=Origin(NAME, "terminal", name),
            person=Person(f"{NAME}:{name}", name),
            locale=Locale.ZH if CJK.search(text) else Locale.EN,
            time=datetime.now(UTC),
            content=self._content(name, text),
        )

    def _content(self, name, text):
        pressed = self.face.buttons.get(name, [])
        if text.startswith("#") and text[1:].isdigit() and 0 < int(text[1:]) <= len(pressed):
            return Pressed(pressed[int(text[1:]) - 1].token)
        command, _, rest = text.removeprefix("/").partition(" ")
        declared = next(
            (one for one in self._needs.commands if text.startswith("/") and one.name == command), None
        )
        if declared is None:
            return Said(text)
        first = declared.arguments[0].name if declared.arguments and rest.strip() else ""
        return Invoked(command, {first: rest.strip()} if first else {})


def platform(needs, accept):
    from bot_app.extensions import Platform

    lines = Lines(needs, accept)
    return Platform(lines.face, lines.open)
