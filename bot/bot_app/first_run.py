"""What the very first run on a data folder does: the sample community with its handbook."""

from __future__ import annotations

from collections.abc import Callable

from bot_app.operations import DEFAULT, SAMPLE, CurrentCommunity
from bot_core.dispatch import Places
from bot_core.identity import Origin
from bot_core.ports.knowledge import IngestProgress, IngestResult
from bot_core.ports.ledger import Community, Ledger
from bot_core.ports.safety import Clock
from bot_knowledge import Knowledge
from bot_knowledge.samples import Sample

Show = Callable[[IngestProgress], None]


async def settle_communities(ledger: Ledger, clock: Clock, sample: Sample) -> None:
    """Make sure that the communities ``default`` and ``sample`` exist."""
    known = {community.id for community in await ledger.communities()}
    if DEFAULT not in known:
        await ledger.add_community(Community(DEFAULT, "我们的社区", "Our community", clock.now()))
    if SAMPLE not in known:
        await ledger.add_community(Community(SAMPLE, sample.name_zh, sample.name_en, clock.now()))


async def load_handbook(
    knowledge: Knowledge, sample: Sample, show: Show | None = None
) -> IngestResult | None:
    """Ingest the sample handbook, unless there are documents of one's own; return what was done.

    It ends when the fast embedding is there: the better one follows in the background.
    """
    known = await knowledge.library.communities()
    if DEFAULT in known and SAMPLE not in known:
        return None
    result = None
    folders = [path.relative_to(sample.folder) for path in sample.paths]
    async for step in knowledge.library.ingest(SAMPLE, folders, base=sample.folder, finish=False):
        if isinstance(step, IngestResult):
            result = step
        elif show is not None:
            show(step)
    await knowledge.library.set_examples(SAMPLE, sample.examples)
    return result


class PagePlaces:
    """Places as the ledger binds them; the page, where nobody bound it, belongs to the current community."""

    def __init__(self, bound: Places, current: CurrentCommunity, is_page: Callable[[Origin], bool]) -> None:
        self._bound, self._current, self._is_page = bound, current, is_page

    async def community(self, origin: Origin) -> str | None:
        """Return the community's id, or None."""
        community = await self._bound.community(origin)
        if community is None and self._is_page(origin):
            return await self._current.name()
        return community
