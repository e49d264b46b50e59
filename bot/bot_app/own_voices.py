"""Samples of members' own voices, in the folder that Coqui's server makes voices of; without consent none stays."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot_core.errors import BadInput, Broken
from bot_core.files import FileRef
from bot_core.ports.ledger import Facts
from bot_core.ports.media import Files, Transcriber
from bot_handlers.voice import words
from bot_handlers.voice.cloning import AGREED, KIND, OWN
from bot_media.audio import AudioReader, to_wav

log = logging.getLogger(__name__)
EVERY = 20.0  # s
MOST = 100_000  # records looked at


@dataclass(frozen=True, slots=True)
class OwnVoices:
    """``clones`` asks the synthesizer whether it clones. A sample whose record left the ledger is deleted while open."""

    folder: Path
    files: Files
    facts: Facts
    transcriber: Transcriber
    clones: Callable[[], Awaitable[bool]]
    settles: float = 30.0  # s

    async def offered(self) -> bool:
        """Tell whether the synthesizer says now that it clones voices."""
        return await self.clones()

    async def prepared(self, audio: FileRef) -> tuple[bytes, float]:
        """Return a recording as WAV, and its seconds. Raises BadInput for what is none or has no speech."""
        pcm = await AudioReader().read(await self.files.read(audio.key), audio.media_type)
        wav = to_wav(pcm).data
        heard = await self.transcriber.transcribe(wav, "audio/wav")
        if not heard.speech:
            raise BadInput("a sample without speech", words.NO_SPEECH)
        return wav, pcm.seconds

    async def keep(self, voice: str, wav: bytes, record: Mapping[str, object]) -> None:
        """Make a voice of a sample: the record first, so that no sample is ever without one."""
        await asyncio.to_thread(self._keep, voice, wav, json.dumps(record, ensure_ascii=False))

    async def remove(self, voice: str) -> bool:
        """Delete a voice's sample and record; tell whether there was one."""
        return await asyncio.to_thread(self._remove, voice)

    async def sweep(self) -> int:
        """Delete what nobody agrees to any more, for one who was forgotten; return how many samples went."""
        found = await asyncio.to_thread(self._settled)
        if not found:
            return 0
        facts = await self.facts.facts(KIND, state=AGREED, limit=MOST)
        gone = found - {str(fact.data.get("voice", "")) for fact in facts}
        for voice in gone:
            await self.remove(voice)
        return len(gone)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OwnVoices]:
        """Sweep for as long as this is open."""
        task = asyncio.create_task(self._run(), name="own-voices")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except (Broken, OSError) as error:
                log.warning("samples of voices are looked at later", extra={"error": str(error)})
            await asyncio.sleep(EVERY)

    def _settled(self) -> set[str]:
        """Return the samples that are not just being written, before their record stands in the ledger."""
        until = time.time() - self.settles
        return {path.stem for path in self.folder.glob(f"{OWN}*.wav") if path.stat().st_mtime <= until}

    def _keep(self, voice: str, wav: bytes, record: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / f"{voice}.consent.json").write_text(record, encoding="utf-8")
        new = self.folder / f"{voice}.new"
        new.write_bytes(wav)
        new.replace(self.folder / f"{voice}.wav")

    def _remove(self, voice: str) -> bool:
        sample = self.folder / f"{voice}.wav"
        there = sample.exists()
        sample.unlink(missing_ok=True)
        (self.folder / f"{voice}.consent.json").unlink(missing_ok=True)
        return there
