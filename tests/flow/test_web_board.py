"""The queue's board over real sockets."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from yinlu_testing.web import Tab, WebHouse

from bot_adapters.web import BoardShown
from bot_adapters.web.sessions import person_of
from bot_core.identity import Origin, Words
from bot_core.ports.work import Job, JobState, JobView, Lane, LaneStatus, Place


class FakeBoards:
    """A board that tests change."""

    def __init__(self) -> None:
        self.waiting, self.reads = 2, 0
        self.owner = ""
        self.followers: set[asyncio.Event] = set()

    async def board(self, person):
        """Return the lanes; the owner has a job."""
        self.reads += 1
        lane = LaneStatus(Lane.FAST, self.waiting, 1, 5, 0, False, 3.0, 12.4)
        origin, now = Origin("web", "p", "c"), datetime(2026, 1, 1, tzinfo=UTC)
        job = Job("a" * 24, "k", "picture", "p", Lane.FAST, person, "harbour", origin, 1.0, {}, now)
        view = JobView(job, JobState.WAITING, 0, 1)
        place = Place(job.id, JobState.WAITING, 1, 30.2)
        mine = (view, place, Words("下一个就是你。", "You are next."))
        return BoardShown((lane,), (mine,) if person == self.owner else (), 0.2)

    @asynccontextmanager
    async def changes(self):
        """Give an event."""
        event = asyncio.Event()
        self.followers.add(event)
        try:
            yield event
        finally:
            self.followers.discard(event)

    def change(self):
        """Tell all."""
        self.waiting += 1
        for event in self.followers:
            event.set()


@pytest.fixture
async def house():
    """A server with a queue."""
    made = WebHouse()
    made.boards = FakeBoards()
    async with made.up() as running:
        yield running


async def nobody_follows(boards):
    """Wait until every follower is gone."""
    async with asyncio.timeout(3):
        while boards.followers:
            await asyncio.sleep(0.01)


async def test_a_board_is_followed_until_told_otherwise(house):
    """It comes at once, again when it changed, at most every 0.5 s, never numbered; ``false`` ends it."""
    tab, boards = Tab(house), house.boards
    async with tab.open():
        assert tab.hello["data"]["features"]["queue"] is True
        boards.owner = person_of(tab.visitor).id
        sent = await tab.send("board", {"follow": True})
        first = await tab.until("board", sent)
        assert "seq" not in first and first["data"]["lanes"][0]["oldest"] == 12
        assert first["data"]["yours"][0]["why"] == "You are next."
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            boards.change()
        assert (await tab.until("board"))["data"]["lanes"][0]["waiting"] == 7
        assert asyncio.get_running_loop().time() - began > 0.4
        await tab.send("board", {"follow": True})
        await tab.until("board")
        assert len(boards.followers) == 1
        await tab.until("board", await tab.send("board", {"follow": False}))
        assert not boards.followers
        boards.change()
        assert await tab.quiet()


async def test_following_ends_with_the_connection(house):
    """A connection that goes away leaves no follower, and its job is nobody else's."""
    tab = Tab(house)
    async with tab.open():
        await tab.send("board", {"follow": True})
        assert (await tab.until("board"))["data"]["yours"] == []
        assert len(house.boards.followers) == 1
    await nobody_follows(house.boards)


async def test_without_a_queue_there_is_a_sentence():
    """No queue: the feature is off, and asking is answered by NotYet."""
    async with WebHouse().up() as house:
        tab = Tab(house)
        async with tab.open():
            assert tab.hello["data"]["features"]["queue"] is False
            error = await tab.until("error", await tab.send("board", {"follow": True}))
            assert error["data"]["code"] == "NotYet" and error["data"]["text"] and "seq" not in error
