"""Records of what was generated, six months of them: one line of JSON each, a file a day, without the words themselves.

The deep synthesis provisions and the labelling measures (GB 45438-2025) ask for logs of at least six months: what kind
of content was made, when, for whom, under which number, and how it was labelled. The content is there as a hash alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from bot_adapters.douyin.face import generated
from bot_core.errors import StorageFull
from bot_core.ports.safety import Clock
from bot_core.ports.work import Outgoing
from bot_core.replies import Label, Picture, Reply, Sound

log = logging.getLogger(__name__)

DAILY = 86_400.0  # s


@dataclass(frozen=True, slots=True)
class Record:
    """One generated thing; ``number`` is the ProduceID of its label, ``content`` the SHA-256 of what was shown."""

    time: str
    kind: str  # text, picture or sound
    number: str
    person: str
    community: str
    content: str
    media_type: str
    label: str  # visible, or none


@dataclass(frozen=True, slots=True)
class Records:
    """Keeps records below ``folder`` for ``days``."""

    folder: Path
    clock: Clock
    days: int = 186

    async def after(self, outgoing: Outgoing, seen: bool) -> None:
        """Record what a delivery showed; a FaceParts ``after``. Raises StorageFull."""
        found = list(_records(outgoing, self.clock.now()))
        if found:
            await asyncio.to_thread(self._write, found)

    def since(self, day: date) -> Iterator[Record]:
        """Yield the records from a day on, oldest first; what was delivered twice comes once."""
        seen: set[tuple[str, str, str]] = set()
        for file in sorted(self.folder.glob("*.jsonl")):
            if file.stem < day.isoformat():
                continue
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    record = _read(line)
                    if record is None or (record.number, record.kind, record.content) in seen:
                        continue
                    seen.add((record.number, record.kind, record.content))
                    yield record

    def tidy(self) -> int:
        """Remove days that are past keeping; return how many."""
        last = (self.clock.now().date() - timedelta(days=self.days)).isoformat()
        old = [file for file in self.folder.glob("*.jsonl") if file.stem < last]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Tidy once a day while inside."""
        task = asyncio.create_task(self._daily(), name="douyin-records")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _daily(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.tidy)
            except OSError as error:
                log.warning("old records stay", extra={"error": type(error).__name__})
            await self.clock.sleep(DAILY)

    def _write(self, records: list[Record]) -> None:
        text = "".join(json.dumps(asdict(record), ensure_ascii=False) + "\n" for record in records)
        file = self.folder / f"{records[0].time[:10]}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(number, text.encode())
                os.fsync(number)
            finally:
                os.close(number)
        except OSError as error:
            raise StorageFull(str(self.folder)) from error


def _records(outgoing: Outgoing, now: datetime) -> Iterator[Record]:
    reply = outgoing.reply
    if not generated(reply):
        return
    label = "visible" if reply.label is Label.GENERATED else "none"
    for kind, number, content, media_type in _contents(outgoing.key, reply):
        yield Record(
            now.isoformat(timespec="seconds"),
            kind,
            number,
            outgoing.person,
            outgoing.community,
            content,
            media_type,
            label,
        )


def _contents(key: str, reply: Reply) -> Iterator[tuple[str, str, str, str]]:
    number = reply.answer or reply.made or key
    if reply.text:
        yield "text", number, hashlib.sha256(reply.text.encode()).hexdigest(), "text/markdown"
    for part in reply.parts:
        if isinstance(part, Picture | Sound):
            kind = "picture" if isinstance(part, Picture) else "sound"
            yield kind, number, part.file.key, part.file.media_type


def _read(line: str) -> Record | None:
    try:
        return Record(**json.loads(line))
    except (ValueError, TypeError):
        return None  # a line that a crash cut off
