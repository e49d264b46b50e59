"""What the settings say of the studio: bounds by role, how jobs are batched, what a maker is told, what cards say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot_app import rehearsal
from bot_app.settings import Settings
from bot_core.errors import SettingWrong, YinluError
from bot_core.identity import Words
from bot_core.pictures import picture_job
from bot_core.ports.media import ImageModel
from bot_core.ports.work import BatchRule, JobResult
from bot_handlers.imagine.options import Limits
from bot_media.images.choose import how
from bot_media.images.profile import rules_of
from bot_queue.worker import Batch, Maker


def limits_by_role(settings: Settings) -> tuple[Limits, Limits, Limits]:
    """Return the bounds of a member, a helper and an admin."""
    fast = [lane == "fast" for lane in settings.studio_lanes]
    bounds = (
        settings.studio_waiting,
        settings.studio_open,
        settings.studio_pictures_a_day,
        settings.fast_budget,
    )
    member, helper, admin = (Limits(*each) for each in zip(*bounds, fast, strict=True))
    return member, helper, admin


def batch_rules(settings: Settings) -> dict[str, BatchRule]:
    """Return how a worker batches: by the measured profile where one is set. Raises SettingWrong, StartRefused."""
    rules = {rehearsal.KIND: BatchRule(largest=1)}
    if not settings.studio_profile:
        return rules
    try:
        text = Path(settings.studio_profile).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        takes = "a file that `make bench-studio` wrote"
        raise SettingWrong("studio_profile", takes, str(error)) from None
    return rules | rules_of(text)


def maker_options(settings: Settings) -> Mapping[str, Any]:
    """Return the maker's own options. Raises SettingWrong."""
    if not settings.picture_options:
        return {}
    try:
        found = json.loads(settings.picture_options)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SettingWrong("picture_options", 'a JSON object like {"steps": 8}', settings.picture_options)
    return found


@dataclass(frozen=True, slots=True)
class Saying:
    """A studio whose results say what drew them, and how where the operation's name does not tell."""

    studio: Maker
    maker: ImageModel
    shown: Words

    async def __call__(self, batch: Batch) -> Sequence[JobResult | YinluError]:
        """Have the batch made; see the studio."""
        results = await self.studio(batch)
        return [
            self._said(result, lease.job.payload) if isinstance(result, JobResult) else result
            for lease, result in zip(batch.leases, results, strict=True)
        ]

    def _said(self, result: JobResult, payload: Mapping[str, object]) -> JobResult:
        by = how(self.maker, picture_job(payload).last.action.value)
        said: dict[str, object] = {"drawn_by": _both(self.shown)}
        if by is not None:
            said["how"] = _both(by)
        return replace(result, data={**result.data, **said})


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}
