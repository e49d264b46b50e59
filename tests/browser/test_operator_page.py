"""The operator's page in Chromium: every screen, both languages and themes, on a phone and on a desk."""

from __future__ import annotations

import os

import pytest
import pytest_asyncio
from playwright.async_api import expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.operator import operating
from yinlu_testing.servers import VALKEY, Server
from yinlu_testing.visitor import Visitor, visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PAGES = {
    "en": ["Today", "Answers", "Gaps", "Documents", "Queue", "People", "Votes", "Audit"],
    "zh": ["今天", "回答", "缺口", "文档", "队列", "成员", "投票", "记录"],
}


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path):
    """A house with a day's questions."""
    server = Server(VALKEY)
    try:
        async with operating(server.url, tmp_path) as running:
            yield running
    finally:
        server.close()


async def log_in(visitor: Visitor, house) -> None:
    """Open a one-time link."""
    ticket = await house.operators.sessions.ticket("ann")
    await visitor.page.goto(f"{house.url}/operator#ticket={ticket}")
    await expect(visitor.page.get_by_role("navigation")).to_be_visible()
    assert "ticket" not in visitor.page.url


async def shoot(visitor: Visitor, name: str) -> None:
    """Keep a picture, for eyes, where the environment asks for it."""
    if shots := os.environ.get("OPERATOR_SHOTS"):
        await visitor.page.screenshot(path=f"{shots}/operator-{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [("en", "light", 1280), ("zh", "dark", 360), ("zh", "light", 360), ("en", "dark", 1280)],
)
async def test_every_screen_is_accessible(browser, house, locale, theme, width):  # noqa: F811
    """No fault that axe knows, nothing to scroll sideways, no script error, on every screen and a trace."""
    viewport = {"width": width, "height": 760}
    async with visiting(
        browser, locale, color_scheme=theme, viewport=viewport, reduced_motion="reduce"
    ) as visitor:
        await log_in(visitor, house)
        page = visitor.page
        for number, name in enumerate(PAGES[locale]):
            await page.get_by_role("link", name=name, exact=True).click()
            await expect(page.get_by_role("heading", name=name, level=2, exact=True)).to_be_visible()
            await expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
            assert await axe(page) == [], name
            assert await sideways(page) == 0, name
            await shoot(visitor, f"{number}-{locale}-{theme}-{width}")
        await page.get_by_role("link", name=PAGES[locale][1], exact=True).click()
        await page.get_by_role("link", name="When does the ferry leave?").click()
        await expect(page.get_by_text("bm25")).to_be_visible()
        assert await axe(page) == [] and await sideways(page) == 0
        await shoot(visitor, f"trace-{locale}-{theme}-{width}")
        assert visitor.troubles == []


async def test_a_gap_is_answered_by_keyboard(browser, house):  # noqa: F811
    """Without a mouse: the gap's form opens, the answer is saved, what is said now is read, the gap is gone."""
    async with visiting(browser, "en", reduced_motion="reduce") as visitor:
        await log_in(visitor, house)
        page = visitor.page
        await page.goto(f"{house.url}/operator#gaps")
        write = page.get_by_role("button", name="Write the answer: 请问怎么申请停船位")
        await write.focus()
        await page.keyboard.press("Enter")
        answer = page.get_by_role("textbox", name="Answer", exact=True)
        await expect(answer).to_be_focused()
        await page.keyboard.type("停船位在港务处窗口申请。")
        await page.get_by_role("button", name="Put into the documents").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("1 were told")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("link", name="Audit", exact=True).click()
        await expect(page.get_by_role("table", name="Audit")).to_contain_text("curate")
        assert [d.source for d in await house.needs.library.documents("harbour")] != ["ferry.md"]


async def test_who_has_no_session_reads_how_to_get_one(browser, house):  # noqa: F811
    """Without a link, with a used one, after logging out: a sentence, no data, and the way in."""
    async with visiting(browser, "en") as visitor:
        page = visitor.page
        await page.goto(f"{house.url}/operator#answers")
        await expect(page.get_by_role("heading", name="Please log in")).to_be_visible()
        assert await axe(page) == []
        await log_in(visitor, house)
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", name="Please log in")).to_be_visible()
        await page.goto(f"{house.url}/operator?again#ticket=used")
        await expect(page.get_by_role("alert")).to_contain_text("used before")
