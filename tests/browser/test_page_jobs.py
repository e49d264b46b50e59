"""A job's card while it is made: place, percent, bar, preview; two members at once; a restart in the middle."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Locator, Page, expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.visitor import Visitor, visiting

from bot_core.ports.work import Progress
from bot_media.images.twin import flat_png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATIENCE = 30_000  # ms


class HalfWay:
    """Tells of 40 percent with a preview, and goes on when it is let."""

    name = "half way"

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.files = None

    async def make(self, requests, tell):
        """Wait in the middle; one that is stopped comes empty."""
        out = io.BytesIO()
        Image.new("RGB", (256, 256), (90, 120, 160)).save(out, "PNG")
        preview = await self.files.put(out.getvalue(), "image/png", "preview.png")
        running, turn = set(range(len(requests))), 0
        while running:
            for index in sorted(running):
                part = min(0.4, 0.1 + 0.1 * turn)
                if not await tell(index, Progress("drawing", part, preview)):
                    running.discard(index)
            turn += 1
            if self.go.is_set():
                break
            await asyncio.sleep(0.2)
        return [flat_png(one) if at in running else b"" for at, one in enumerate(requests)]


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[StudioPage]:
    """A studio with one worker that stops half way."""
    maker = HalfWay()
    made = StudioPage(maker)
    maker.files = made.studio.files
    made.maker = maker
    async with made.open() as running:
        yield running
        maker.go.set()


async def begins(visitor: Visitor, prompt: str) -> Locator:
    """Ask for a picture; return the card of its job."""
    await visitor.question.fill(f"/imagine {prompt}")
    await visitor.question.press("Enter")
    card = visitor.page.locator(".message").filter(has=bar(visitor.page))
    await expect(card).to_have_count(1, timeout=PATIENCE)
    return card


def bar(page: Page) -> Locator:
    """Find the progress bars."""
    return page.get_by_role("progressbar")


def grids(visitor: Visitor) -> Locator:
    """Find the messages with a grid."""
    return visitor.page.locator(".message").filter(
        has=visitor.page.get_by_role("button", name="U1", exact=True)
    )


@pytest.mark.parametrize(("locale", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 360)])
async def test_two_members_each_see_their_own_through_a_restart(browser, house, locale, theme, width):  # noqa: F811
    """One is drawn, the other waits with its place; the server restarts; both cards go on to their own grids."""
    view = {"width": width, "height": 800}
    zh = locale == "zh"
    async with (
        visiting(browser, locale, color_scheme=theme, viewport=view, reduced_motion="reduce") as alice,
        visiting(browser, locale, color_scheme=theme, viewport=view, reduced_motion="reduce") as bob,
    ):
        await alice.opens(house.url)
        card = await begins(alice, "a fox")
        await expect(bar(alice.page)).to_have_attribute("value", "40", timeout=PATIENCE)
        await expect(card).to_contain_text("40%")
        await expect(card.locator("img")).to_be_visible()
        await bob.opens(house.url)
        waits = await begins(bob, "a boat --ar 3:2")
        await expect(waits).to_contain_text("第 1 位" if zh else "place 1")
        await expect(bar(bob.page)).not_to_have_attribute("value", "40")
        await expect(bob.page.get_by_text("a fox")).to_have_count(0)
        assert await axe(alice.page) == []
        assert await sideways(bob.page) == 0
        if shots := os.environ.get("STUDIO_SHOTS"):
            await alice.page.screenshot(path=f"{shots}/job-{locale}-{width}.png")
            await bob.page.screenshot(path=f"{shots}/job-waits-{locale}-{width}.png")
        await house.stop()
        await alice.is_connected("reconnecting")
        await house.start()
        await alice.is_connected()
        await bob.is_connected()
        await expect(bar(alice.page)).to_have_attribute("value", "40")
        house.maker.go.set()
        for visitor, own in ((alice, "a fox"), (bob, "a boat")):
            await expect(grids(visitor)).to_have_count(1, timeout=PATIENCE)
            await expect(grids(visitor)).to_contain_text(own)
            await expect(bar(visitor.page)).to_have_count(0, timeout=PATIENCE)
        await expect(alice.page.get_by_text("a boat")).to_have_count(0)
        assert [one for one in alice.troubles if "ERR_CONNECTION" not in one] == []


async def test_stop_ends_it_and_the_bar(browser, house):  # noqa: F811
    """The owner's button under the card; the card says so and the bar is gone."""
    async with visiting(browser, "en") as visitor:
        await visitor.opens(house.url)
        card = await begins(visitor, "a house")
        await card.get_by_role("button", name="Stop").click()
        await expect(bar(visitor.page)).to_have_count(0, timeout=PATIENCE)
        await expect(visitor.page.get_by_text("Stopped").first).to_be_visible()
        await expect(grids(visitor)).to_have_count(0)
