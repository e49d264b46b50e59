"""The queue's board on the page."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.async_api import expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_fake import FakeHouse, serving
from yinlu_testing.visitor import visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def board(position: int) -> dict[str, Any]:
    """Return a board with one job of the visitor."""
    counts = {"running": 1, "done": 12, "failed": 1, "oldest": 95}
    mine = {"job": "a" * 24, "kind": "picture", "lane": "fast", "state": "waiting"}
    return {
        "lanes": [
            {"lane": "fast", "waiting": position, "paused": False, **counts},
            {"lane": "relax", "waiting": 2, "paused": True, **counts},
        ],
        "yours": [{**mine, "position": position, "seconds": 40, "why": "Members take turns."}],
        "error": 0.2,
    }


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360), ("light", 360), ("dark", 1280)])
async def test_the_board_is_live_and_accessible(browser, theme, width):  # noqa: F811
    """It opens, follows changes, is sound, is followed again after a reconnect, and closes with Esc."""
    house = FakeHouse()
    house.board = board(3)
    async with (
        serving(house) as address,
        visiting(
            browser,
            "en",
            color_scheme=theme,
            viewport={"width": width, "height": 740},
            reduced_motion="reduce",
        ) as visitor,
    ):
        await visitor.opens(address)
        await visitor.button("queue").click()
        dialog = visitor.page.get_by_role("dialog", name=visitor.name("board"), exact=True)
        await expect(dialog.get_by_text("3rd in line")).to_be_visible()
        if shots := os.environ.get("BOARD_SHOTS"):
            await visitor.page.screenshot(path=f"{shots}/{theme}-{width}.png")
        assert await axe(visitor.page) == [] and await sideways(visitor.page) == 0
        await house.change_board(board(2))
        await expect(dialog.locator("strong").get_by_text("2nd in line")).to_be_visible()
        await house.cut()
        house.board = board(1)
        await expect(dialog.locator("strong").get_by_text("1st in line")).to_be_visible(timeout=15_000)
        await visitor.page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        assert visitor.troubles == []
