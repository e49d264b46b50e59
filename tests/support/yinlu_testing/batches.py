"""A batch of picture jobs as the studio sees it, without a queue."""

from __future__ import annotations

from datetime import UTC, datetime

from bot_core.identity import Locale, Origin
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.work import Job, Lane, Lease


class Batch:
    """A batch of leases, as the studio sees it."""

    def __init__(self, *jobs):
        self.leases = tuple(jobs)
        self.active = list(jobs)
        self.told = []

    async def progress(self, lease, progress):
        """Note it."""
        self.told.append(progress)


def lease(prompt="a red fox", inputs=(), locale=Locale.EN, number=1, side=64, action=PictureAction.IMAGINE):
    """Return a lease on a picture job."""
    steps = (Step(action, prompt, 7),)
    payload = PictureJob(steps, side, side, locale, "alice", tuple(inputs)).payload()
    name = f"{number:024x}"
    now = datetime.now(UTC)
    origin = Origin("test", "place", "channel")
    job = Job(name, name, "picture", "p", Lane.FAST, "alice", "harbour", origin, 1.0, payload, now)
    return Lease(job, 1, "w", now)
