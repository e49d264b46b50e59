"""Files that members send: within the limits they are stored, beyond them a sentence says so."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
import discord

from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.sentences import (
    FILE_EMPTY,
    FILE_GONE,
    FILE_TOO_BIG,
    TOO_MANY_FILES,
    VOICE_TOO_LONG,
    fill,
)
from bot_core.errors import BadInput
from bot_core.events import Attachment, Spoke
from bot_core.ports.media import Files

log = logging.getLogger(__name__)

Fetch = Callable[[str], Awaitable[bytes]]
NAME = 100


class Attachments:
    """Fetches from Discord's own store and keeps in ours."""

    def __init__(self, fetch: Fetch, files: Files, options: DiscordOptions) -> None:
        self._fetch, self._files, self._options = fetch, files, options

    async def take(
        self, given: Sequence[discord.Attachment]
    ) -> tuple[tuple[Attachment, ...], list[BadInput]]:
        """Return the files of a message, and what is wrong with those that were not stored."""
        taken: list[Attachment] = []
        wrong: list[BadInput] = []
        for one in given[: self._options.attachment_count]:
            kind = (one.content_type or "application/octet-stream").partition(";")[0]
            attachment = Attachment(one.filename[:NAME], kind, one.size)
            try:
                data = await self._bytes(one, self._options.attachments)
            except BadInput as error:
                wrong.append(error)
                taken.append(attachment)
                continue
            stored = await self._files.put(data, kind, attachment.name)
            taken.append(Attachment(attachment.name, kind, len(data), stored))
        if len(given) > self._options.attachment_count:
            wrong.append(
                BadInput("too many files", fill(TOO_MANY_FILES, most=self._options.attachment_count))
            )
        return tuple(taken), wrong

    async def voice(self, one: discord.Attachment) -> Spoke:
        """Return a voice message; raises BadInput where it is too long."""
        seconds = one.duration
        if seconds is not None and seconds > self._options.voice_seconds:
            most = f"{self._options.voice_seconds:g}"
            raise BadInput(f"{seconds:.0f} s of voice", fill(VOICE_TOO_LONG, most=most))
        data = await self._bytes(one, self._options.voice_bytes)
        kind = (one.content_type or "audio/ogg").partition(";")[0]
        return Spoke(await self._files.put(data, kind, one.filename[:NAME]), seconds)

    async def _bytes(self, one: discord.Attachment, most: int) -> bytes:
        name = one.filename[:NAME]
        if one.size > most:
            megabytes = f"{most / 1e6:g}"
            raise BadInput(f"{one.size} bytes", fill(FILE_TOO_BIG, name=name, most=megabytes))
        if one.size == 0:
            raise BadInput("an empty file", fill(FILE_EMPTY, name=name))
        try:
            data = await self._fetch(one.url)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("a file could not be fetched", extra={"error": type(error).__name__})
            raise BadInput("a file that is gone", fill(FILE_GONE, name=name)) from error
        if not data or len(data) > most:
            raise BadInput(f"{len(data)} bytes of {one.size}", fill(FILE_GONE, name=name))
        return data
