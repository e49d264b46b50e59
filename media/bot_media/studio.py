"""The studio: picture jobs of many members made in one batch, stored, and given back as references."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot_core.errors import BadInput, Broken, ModelFailed, Refused, StorageFull, YinluError
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_core.pictures import PictureJob, picture_job
from bot_core.ports.media import Files, ImageModel
from bot_core.ports.safety import Moderator
from bot_core.ports.work import JobResult, Lease, Progress
from bot_media.checks.gate import Gate
from bot_media.checks.told import told
from bot_media.images.grid import grid, opened, png
from bot_media.labels import Aigc, hidden, marked, with_aigc
from bot_media.labels.provenance import COMPOSED, TRAINED, Provenance

log = logging.getLogger(__name__)

UNREADABLE = Words("这个任务的内容读不出来。", "This job can't be read.")
HIDDEN_UP_TO = 6_000_000  # pixels
COLLAGE = "collage"  # the maker that composes by rules of its own
STOPPED = Words("已停止。", "Stopped.")


class Making(Protocol):
    """What the studio needs of a batch: its leases, which of them still count, and where to tell progress."""

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Return the jobs."""
        ...

    @property
    def active(self) -> list[Lease]:
        """Return those that were not stopped."""
        ...

    async def progress(self, lease: Lease, progress: Progress) -> None:
        """Tell how far a job is."""
        ...


@dataclass(frozen=True, slots=True)
class Labelling:
    """``producer`` stands in the metadata; the visible mark is put on what goes to the ``visible`` platforms.

    With ``provenance`` pictures are signed, last of all.
    """

    producer: str = "Yinlu"
    visible: frozenset[str] = frozenset({"douyin"})
    provenance: Provenance | None = None


class Studio:
    """Makes the pictures of a batch: every member's own request with its own seed, side by side in one call.

    A job's files are what is shown, then, where that is something else (a grid, a visibly marked picture), the
    pictures themselves. With a ``moderator`` words, pictures sent along, previews and results pass it first.
    """

    def __init__(
        self,
        maker: ImageModel,
        files: Files,
        labelling: Labelling | None = None,
        moderator: Moderator | None = None,
    ) -> None:
        self._maker, self._files = maker, files
        self._labelling = labelling or Labelling()
        self._gate = Gate(moderator, files)

    async def __call__(self, batch: Making) -> Sequence[JobResult | YinluError]:
        """Return one result, or that job's own error, per lease, in order. Raises ModelFailed for all."""
        wishes = [await self._checked(lease) for lease in batch.leases]
        good = [
            (lease, wish)
            for lease, wish in zip(batch.leases, wishes, strict=True)
            if isinstance(wish, PictureJob)
        ]
        made = await self._pictures(batch, good) if good else {}
        return [
            made[lease.job.id] if isinstance(wish, PictureJob) else wish
            for lease, wish in zip(batch.leases, wishes, strict=True)
        ]

    async def _checked(self, lease: Lease) -> PictureJob | Refused | Broken:
        """Return what is wished, or why it is not made: one bad wish spoils no other of its batch."""
        try:
            wish = picture_job(lease.job.payload)
        except ValueError as error:
            log.error("a picture job can't be read", extra={"job": lease.job.id, "error": str(error)})
            return BadInput("a picture job that can't be read", UNREADABLE)
        try:
            await self._gate.before(lease.job.community, wish)
        except Refused as error:
            return told(error, wish.locale, lease.job.id)
        return wish

    async def _pictures(
        self, batch: Making, good: Sequence[tuple[Lease, PictureJob]]
    ) -> dict[str, JobResult | YinluError]:
        requests, owners = [], []
        for number, (_, wish) in enumerate(good):
            for request in wish.requests():
                requests.append(request)
                owners.append(number)
        telling = _Telling(batch, [lease for lease, _ in good], owners, self._gate)
        try:
            pictures = await self._maker.make(requests, telling)
        except (Refused, ModelFailed, StorageFull) as error:
            if len(good) > 1:
                raise  # whose fault it is shows when they are made one by one
            ((lease, wish),) = good
            return {lease.job.id: told(error, wish.locale, lease.job.id)}
        results: dict[str, JobResult | YinluError] = {}
        for number, (lease, wish) in enumerate(good):
            own = [picture for picture, owner in zip(pictures, owners, strict=True) if owner == number]
            results[lease.job.id] = await self._stored(own, wish, lease)
        return results

    async def _stored(
        self, pictures: Sequence[bytes], wish: PictureJob, lease: Lease
    ) -> JobResult | YinluError:
        if not all(pictures):
            return told(BadInput("stopped while it was made", STOPPED), wish.locale, lease.job.id)
        visibly = lease.job.origin.platform in self._labelling.visible
        try:
            await self._gate.after(lease.job.community, pictures)
            labelled = await asyncio.to_thread(self._labelled, pictures, lease.job.id, visibly)
            refs = await self._kept(labelled, wish.last.seed)
        except (Refused, StorageFull) as error:
            return told(error, wish.locale, lease.job.id)
        return JobResult(refs, {"seed": wish.last.seed, "maker": self._maker.name})

    async def _kept(self, pictures: Sequence[bytes], seed: int) -> tuple[FileRef, ...]:
        """Store all or none. Raises StorageFull."""
        refs: list[FileRef] = []
        try:
            for number, data in enumerate(pictures):
                name = f"yinlu-{seed}{f'-{number}' if number else ''}.png"
                refs.append(await self._files.put(data, "image/png", name))
        except StorageFull:
            for ref in refs:
                await self._files.delete(ref.key)
            raise
        return tuple(refs)

    def _labelled(self, pictures: Sequence[bytes], job: str, visibly: bool) -> list[bytes]:
        """Return what is shown and what is kept, each with its labels; ``job`` (12 bytes in hex) is the hidden one."""
        record = Aigc(self._labelling.producer, job)
        kept = [_carrying(data, bytes.fromhex(job)) for data in pictures]
        shown = grid(kept) if len(kept) > 1 else kept[0]
        if visibly:
            shown = png(marked(opened(shown)))
        whole = [shown, *kept] if visibly or len(kept) > 1 else kept
        labelled = [with_aigc(data, record) for data in whole]
        signs = self._labelling.provenance
        if signs is None:
            return labelled
        source = COMPOSED if self._maker.name == COLLAGE else TRAINED
        return [signs.signed(data, job, source) for data in labelled]


def _carrying(data: bytes, payload: bytes) -> bytes:
    """Return a picture with the hidden mark; very large ones go without, since it costs memory."""
    picture = opened(data)
    if picture.width * picture.height > HIDDEN_UP_TO:
        return data
    carrier = hidden(picture, payload)
    if picture.mode == "RGBA":  # a subject cut out: its ground stays transparent
        carrier.putalpha(picture.getchannel("A"))
    return png(carrier)


class _Telling:
    """Progress of single pictures, told as progress of their jobs."""

    def __init__(self, batch: Making, leases: Sequence[Lease], owners: Sequence[int], gate: Gate) -> None:
        self._batch, self._leases, self._owners, self._gate = batch, leases, owners, gate
        self._fractions = [0.0] * len(owners)
        self._told = [-1.0] * len(leases)

    async def __call__(self, index: int, progress: Progress) -> bool:
        """Note one picture's progress; answer whether to go on with it."""
        owner = self._owners[index]
        lease = self._leases[owner]
        if lease not in self._batch.active:
            return False
        self._fractions[index] = progress.fraction
        own = [
            fraction for fraction, whose in zip(self._fractions, self._owners, strict=True) if whose == owner
        ]
        fraction = sum(own) / len(own)
        if fraction - self._told[owner] >= 0.02 or progress.preview is not None:
            self._told[owner] = fraction
            preview = progress.preview
            if preview is not None and not await self._gate.preview(lease.job.community, preview.key):
                preview = None
            await self._batch.progress(lease, Progress(progress.stage, fraction, preview))
        return lease in self._batch.active
