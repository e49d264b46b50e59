"""Files of members: fetched from Telegram within the limits, kept behind the Files port."""

from __future__ import annotations

import logging

from bot_adapters.telegram.api import Api
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.sentences import FILE_EMPTY, FILE_GONE, FILE_TOO_BIG, VOICE_TOO_LONG, fill
from bot_adapters.telegram.wire import RemoteFile
from bot_core.errors import BadInput, EngineDown, Refused
from bot_core.events import Attachment
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock

log = logging.getLogger(__name__)

TRIES = 3
PAUSE = 0.5  # seconds


class Attachments:
    """Fetches and keeps; every refusal is a BadInput with its sentence."""

    def __init__(self, api: Api, files: Files, clock: Clock, options: TelegramOptions) -> None:
        self._api, self._files, self._clock, self._options = api, files, clock, options

    async def voice(self, file: RemoteFile) -> FileRef:
        """Return a voice message that was fetched. Raises BadInput, StorageFull."""
        most = self._options.voice_seconds
        if file.seconds is not None and file.seconds > most:
            words = fill(VOICE_TOO_LONG, have=round(file.seconds), most=round(most))
            raise BadInput("a voice message is too long", words)
        return await self._kept(file, self._options.download)

    async def attachment(self, file: RemoteFile) -> Attachment:
        """Return a file that rides along, fetched. Raises BadInput, StorageFull."""
        kept = await self._kept(file, min(self._options.attachments, self._options.download))
        return Attachment(file.name, file.media_type, kept.size, kept)

    async def _kept(self, file: RemoteFile, most: int) -> FileRef:
        if file.size > most:
            raise _refused(file, "too large", fill(FILE_TOO_BIG, name=file.name, most=most // 1_000_000))
        data = await self._fetched(file, most)
        if len(data) > most:
            raise _refused(file, "too large", fill(FILE_TOO_BIG, name=file.name, most=most // 1_000_000))
        if not data:
            raise _refused(file, "empty", fill(FILE_EMPTY, name=file.name))
        return await self._files.put(data, file.media_type, file.name)

    async def _fetched(self, file: RemoteFile, most: int) -> bytes:
        for left in range(TRIES - 1, -1, -1):
            try:
                return await self._api.download(file.id, most)
            except EngineDown as error:
                log.warning("a file can't be fetched", extra={"left": left, "error": str(error)})
                await self._clock.sleep(PAUSE)
            except Refused as error:
                log.warning("a file is not to be had", extra={"error": str(error)})
                break
        raise _refused(file, "not fetched", fill(FILE_GONE, name=file.name))


def _refused(file: RemoteFile, why: str, words: Words) -> BadInput:
    return BadInput(f"a {file.kind} is {why}", words)
