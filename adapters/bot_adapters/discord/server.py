"""The adapter as a whole: made at once, connected while it is open."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot_adapters.discord.arrivals import Arrivals
from bot_adapters.discord.attachments import Attachments
from bot_adapters.discord.away import Away
from bot_adapters.discord.client import MISTAKES, Gateway, Takers
from bot_adapters.discord.commands import Sync
from bot_adapters.discord.desk import Accepts, Desk
from bot_adapters.discord.errors import TRANSPORT
from bot_adapters.discord.face import DiscordFace
from bot_adapters.discord.interactions import Doors, Interactions, Opens
from bot_adapters.discord.members import DiscordMembers, Helpers
from bot_adapters.discord.messages import Messages
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.people import Locales, People
from bot_adapters.discord.render import Renderer, Tame
from bot_adapters.discord.tickets import Tickets
from bot_adapters.discord.wire import Wire
from bot_core.commands import Command
from bot_core.dispatch import Places
from bot_core.errors import Broken, SettingWrong
from bot_core.ports.media import Files
from bot_core.ports.members import Speaking
from bot_core.ports.work import Locks, Notes
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

TOKEN_TAKES = "a bot's token (developer portal → the application → Bot → Reset Token)"  # noqa: S105 - what it is
INTENTS_OFF = (
    "privileged intents are off: developer portal → the application → Bot → Privileged Gateway Intents"
)


class DiscordParts:
    """What is needed before there is an intake: the client, the face and the members' port."""

    def __init__(
        self, *, notes: Notes, files: Files, signer: Signer, tame: Tame, options: DiscordOptions | None = None
    ) -> None:
        self.options = options or DiscordOptions()
        self.notes, self.files, self.signer = notes, files, signer
        self.client = Gateway(self.options, notes)
        self.wire = Wire(self.client, self.options)
        self.tickets = Tickets(notes, self.options)
        renderer = Renderer(tame, files, signer, self.options)
        helpers = Helpers(self.wire, self.options.helper_role)
        self.face = DiscordFace(self.wire, self.tickets, renderer, signer, self.options, helpers)
        self.members = DiscordMembers(self.wire)


class DiscordServer:
    """Connected to Discord while inside; see the package's docstring for the arguments.

    Entering raises SettingWrong for a token that is refused. Where Discord can't be reached it goes on trying.
    """

    def __init__(
        self,
        token: str,
        parts: DiscordParts,
        *,
        intake: Accepts,
        places: Places,
        speaking: Speaking,
        forms: Opens,
        commands: Sequence[Command],
        locks: Locks,
        locales: Locales | None = None,
    ) -> None:
        self._token, self._parts, self.client = token, parts, parts.client
        options, wire, tickets = parts.options, parts.wire, parts.tickets
        desk, people = Desk(wire, intake), People(options, locales)
        attachments = Attachments(lambda url: self.client.http.get_from_cdn(url), parts.files, options)
        doors = Doors(places, parts.signer, forms)
        messages = Messages(lambda: self.client.user, desk, tickets, people, attachments, speaking)
        self._away = Away(self.client, wire, parts.notes, messages, desk, people, options)
        self.client.attach(
            Takers(
                Interactions(wire, desk, tickets, people, attachments, doors, commands, options),
                messages,
                Arrivals(desk, people, places, options),
                self._away,
                Sync(wire, parts.notes, locks, commands),
            )
        )
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def ready(self) -> bool:
        """Tell whether all shards are connected."""
        return self.client.is_ready() and not self.client.is_closed()

    async def __aenter__(self) -> Self:
        Route.BASE = self._parts.options.api_url.rstrip("/")
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._parts.options.gateway_url)
        try:
            logged_in = await self._login()
        except BaseException:
            await self.client.http.close()
            raise
        self._tasks = [
            asyncio.create_task(self._run(logged_in), name="discord-gateway"),
            asyncio.create_task(self._watch(), name="discord-watch"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.face.drafts.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._away.note()
        except Broken as broken:
            log.warning("until when we listened is not noted", extra={"error": str(broken)})
        await self.client.close()

    async def _login(self) -> bool:
        """Log in; False where Discord can't be reached. Raises SettingWrong for a token that is refused."""
        try:
            await self.client.login(self._token)
        except discord.LoginFailure as error:
            raise SettingWrong("discord_token", TOKEN_TAKES) from error
        except (*TRANSPORT, discord.HTTPException) as error:
            log.warning("Discord can't be reached", extra={"error": type(error).__name__})
            return False
        await self.client.limits()
        return True

    async def _run(self, logged_in: bool) -> None:
        """Stay connected; the library reconnects by itself, this begins anew where it gives up."""
        pause = self._parts.options.retry
        while True:
            try:
                if logged_in or await self._login():
                    logged_in = True
                    await self.client.connect()
                    return
            except SettingWrong as error:
                log.error("Discord refuses the token", extra={"error": str(error)})
                return
            except discord.PrivilegedIntentsRequired:
                log.error(INTENTS_OFF)
                return
            except discord.ConnectionClosed as error:
                log.error("Discord closed the connection for good", extra={"code": error.code})
                return
            except (*TRANSPORT, discord.HTTPException, discord.GatewayNotFound) as error:
                log.warning("Discord can't be reached", extra={"error": type(error).__name__})
            except MISTAKES as error:
                log.exception("the connection ended unexpectedly", extra={"error": type(error).__name__})
            if self.client.is_closed():
                self.client.clear()
                logged_in = False
            await asyncio.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 - jitter
            pause = min(self._parts.options.longest_retry, pause * 2)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._parts.options.watch)
            try:
                await self._away.note()
            except Broken as error:
                log.warning("until when we listened is not noted", extra={"error": str(error)})
