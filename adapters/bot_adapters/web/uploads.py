"""Documents that admins send through the page: kept on disk until they are read, one after another."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from bot_adapters.web.envelope import Json
from bot_adapters.web.sentences import Busy
from bot_core.errors import BadInput, YinluError
from bot_core.identity import Locale, Words
from bot_core.ports.knowledge import Library

log = logging.getLogger(__name__)

FOLDER = "uploads/"  # where the library puts what was sent
MOST_WAITING = 200  # files
NAMELESS = Words("文件没有可用的名字。", "The file has no usable name.")


class State(StrEnum):
    """How far a file is; from EMBEDDING on it is found, though not yet by its better embedding."""

    WAITING = "waiting"
    READING = "reading"
    EMBEDDING = "embedding"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way into the index."""

    id: str
    community: str
    name: str
    size: int
    audience: tuple[str, ...] = ()
    state: State = State.WAITING

    @property
    def source(self) -> str:
        """Return the document's source."""
        return FOLDER + self.name


@dataclass(slots=True)
class Uploads:
    """Takes files into ``spool``, reads them in order while open, and tells how each is."""

    library: Library
    spool: Path
    _waiting: dict[str, Upload] = field(default_factory=dict)
    _stuck: dict[str, tuple[Upload, Words]] = field(
        default_factory=dict
    )  # by source; tried again at the next start
    _unwanted: set[tuple[str, str]] = field(default_factory=set)  # taken away while they were being read
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Read files while inside, those first that were left by the last run."""
        for upload in await asyncio.to_thread(self._left):
            self._waiting[upload.id] = upload
        self._news.set()
        task = asyncio.create_task(self._work(), name="uploads")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def take(self, community: str, name: str, data: bytes, audience: tuple[str, ...]) -> Upload:
        """Keep a file; it is on the disk when this returns. Raises BadInput, Busy, StorageFull."""
        if len(self._waiting) >= MOST_WAITING:
            raise Busy("too many uploads wait")
        upload = Upload(secrets.token_hex(12), community, clean_name(name), len(data), audience)
        await asyncio.to_thread(self._keep, upload, data)
        self._waiting[upload.id] = upload
        self._news.set()
        return upload

    async def shown(self, community: str, locale: Locale) -> list[Json]:
        """Return every upload of a community: on its way, in the index, or failed; by name."""
        rows: dict[str, Json] = {}
        for document in await self.library.documents(community):
            if document.source.startswith(FOLDER):
                state = State.DONE if document.state == "ready" else State.EMBEDDING
                about: Json = {"audience": list(document.audience), "passages": document.passages}
                rows[document.source] = {**_row(document.source, state), **about}
        for failure in await self.library.failures(community):
            if failure.source.startswith(FOLDER):
                old = rows.get(failure.source, {})
                failed = {**_row(failure.source, State.FAILED), "reason": failure.words.of(locale)}
                rows[failure.source] = {**old, **failed}
        for upload, words in self._stuck.values():
            if upload.community == community:
                failed = {**self.row(upload), "state": State.FAILED.value, "reason": words.of(locale)}
                rows[upload.source] = failed
        for upload in self._waiting.values():
            if upload.community == community:
                rows[upload.source] = self.row(upload)
        return [rows[source] for source in sorted(rows)]

    def row(self, upload: Upload) -> Json:
        """Return what is told of a file on its way."""
        return {
            **_row(upload.source, upload.state),
            "id": upload.id,
            "size": upload.size,
            "audience": list(upload.audience),
        }

    async def remove(self, community: str, source: str) -> int:
        """Remove an upload from the index and from the queue; return how many documents that were."""
        if not source.startswith(FOLDER):
            return 0
        found = 0
        for upload in list(self._waiting.values()):
            if (upload.community, upload.source) != (community, source):
                continue
            found += 1
            if upload.state is State.READING:
                self._unwanted.add((community, source))
            else:
                self._waiting.pop(upload.id, None)
                await asyncio.to_thread(self._drop, upload)
        stuck, _ = self._stuck.get(source, (None, None))
        if stuck is not None and stuck.community == community:
            found += 1
            del self._stuck[source]
            await asyncio.to_thread(self._drop, stuck)
        failed = {failure.source for failure in await self.library.failures(community)}
        return max(await self.library.forget(community, source), found, int(source in failed))

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                upload = next(iter(self._waiting.values()))
                self._waiting[upload.id] = replace(upload, state=State.READING)
                self._stuck.pop(upload.source, None)
                try:
                    await self._read(upload)
                    await asyncio.to_thread(self._drop, upload)
                except (
                    YinluError,
                    OSError,
                ) as error:  # of ours: the file stays, and is tried again at the next start
                    log.warning("an upload failed", extra={"error": type(error).__name__})
                    words = error.words if isinstance(error, YinluError) else YinluError.words
                    self._stuck[upload.source] = (upload, words)
                finally:
                    self._waiting.pop(upload.id, None)

    async def _read(self, upload: Upload) -> None:
        """Read one file into the index; what goes wrong with it stands among the library's failures."""
        data = await asyncio.to_thread((self.spool / f"{upload.id}.bin").read_bytes)
        roles = frozenset(upload.audience)
        await self.library.set_audience(upload.community, upload.source, roles)  # it was chosen: everyone too
        async for _ in self.library.add(upload.community, upload.source, data, finish=False):
            pass  # how it went is read from the library: what is there, what failed
        if (upload.community, upload.source) in self._unwanted:
            self._unwanted.discard((upload.community, upload.source))
            await self.library.forget(upload.community, upload.source)

    def _keep(self, upload: Upload, data: bytes) -> None:
        self.spool.mkdir(parents=True, exist_ok=True)
        (self.spool / f"{upload.id}.bin").write_bytes(data)
        about = self.spool / f"{upload.id}.part"
        about.write_text(json.dumps(asdict(upload)))
        about.rename(self.spool / f"{upload.id}.json")  # from here on it counts

    def _drop(self, upload: Upload) -> None:
        for ending in ("json", "bin"):
            (self.spool / f"{upload.id}.{ending}").unlink(missing_ok=True)

    def _left(self) -> list[Upload]:
        found = []
        for about in sorted(self.spool.glob("*.json"), key=lambda path: path.stat().st_mtime):
            try:
                values = json.loads(about.read_text())
                found.append(
                    Upload(**{**values, "audience": tuple(values["audience"]), "state": State.WAITING})
                )
            except (ValueError, TypeError, KeyError):
                about.unlink(missing_ok=True)
        return found


def clean_name(name: str) -> str:
    """Return a file's bare name. Raises BadInput where nothing is left of it."""
    bare = PurePosixPath(normalize("NFC", name).replace("\\", "/")).name
    kept = "".join(letter for letter in bare if letter.isprintable()).strip()
    if not kept.strip("."):
        raise BadInput("an upload without a name", NAMELESS)
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:120]}.{ending[:20]}" if dot else kept[:120]


def _row(source: str, state: State) -> Json:
    return {"source": source, "name": source.removeprefix(FOLDER), "state": state.value, "reason": ""}
