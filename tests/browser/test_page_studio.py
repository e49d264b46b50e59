"""Pictures on the page, against a real `yinlu run` with its worker: typed, drawn, pressed, varied by a region."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.house import RunningHouse
from yinlu_testing.visitor import visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATIENCE = 30_000  # ms: other tests' processes share the cores


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningHouse]:
    """A house with one worker beside it; what it answers does not matter here."""
    folder = tmp_path_factory.mktemp("studio")
    quick = {"YINLU_WORKERS": "1", "YINLU_EMBEDDING": "hash"}
    with RunningHouse(folder / "data", folder / "log", **quick) as running:
        yield running


@pytest.mark.parametrize(("locale", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 360)])
async def test_a_picture_is_drawn_picked_and_varied(browser, house, locale, theme, width):  # noqa: F811
    """/imagine from the slash list, the grid's buttons, U2, a region by its form, a vote that shows, after a reload too."""
    zh = locale == "zh"
    view = {"width": width, "height": 800}
    async with visiting(
        browser, locale, color_scheme=theme, viewport=view, reduced_motion="reduce"
    ) as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        await visitor.question.fill("/im")
        await expect(page.get_by_role("option")).to_have_count(1)
        await visitor.question.press("Enter")
        await expect(visitor.question).to_have_value("/imagine ")
        await visitor.question.press_sequentially(
            "一只红狐狸和两只气球 --ar 3:2" if zh else "a red fox and two balloons --ar 3:2"
        )
        await visitor.question.press("Enter")
        grid = page.locator(".message").filter(has=page.get_by_role("button", name="U2", exact=True))
        await expect(grid.locator("img")).to_be_visible(timeout=PATIENCE)
        assert await grid.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 1000
        await grid.get_by_role("button", name="U2", exact=True).click()
        single = page.locator(".message").filter(has=page.get_by_role("button", name="4x"))
        await expect(single.locator("img")).to_be_visible(timeout=PATIENCE)
        await expect(grid.get_by_role("button", name="U2", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        await expect(grid.locator("img")).to_be_visible()
        assert await axe(page) == []
        assert await sideways(page) == 0
        if shots := os.environ.get("STUDIO_SHOTS"):
            await page.screenshot(path=f"{shots}/{locale}-{width}.png", full_page=True)
        await single.get_by_role("button", name="局部" if zh else "Vary region").click()
        form = page.get_by_role("dialog")
        await expect(form.locator("select")).to_be_visible()
        await form.locator("select").select_option("0,0,0.5,1")
        await form.locator("textarea").fill("一座城堡" if zh else "a castle")
        assert await axe(page) == []
        await form.get_by_role("button", name="提交" if zh else "Submit").click()
        varied = page.locator(".message").filter(has_text="一座城堡" if zh else "a castle")
        await expect(varied.locator("img")).to_be_visible(timeout=PATIENCE)
        up = grid.first.get_by_role("button", name=visitor.name("up"), exact=True)
        await up.click()
        await expect(up).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
        assert "另一个" not in await page.inner_text("body")
        assert "another window" not in await page.inner_text("body")
        await page.reload()
        await expect(grid.first.locator("img")).to_be_visible()
        await expect(up).to_have_attribute("aria-pressed", "true")
        assert visitor.troubles == []


async def test_the_region_is_drawn_with_the_pointer(browser, house):  # noqa: F811
    """Painting over the picture in the form becomes the box that is sent."""
    async with visiting(browser, "en") as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        await visitor.asks("/imagine a house", wait=False)
        grid = page.locator(".message").filter(has=page.get_by_role("button", name="U1", exact=True))
        await grid.get_by_role("button", name="U1", exact=True).click(timeout=PATIENCE)
        single = page.locator(".message").filter(has=page.get_by_role("button", name="4x"))
        await single.get_by_role("button", name="Vary region").click(timeout=PATIENCE)
        region = page.locator(".region")
        await expect(region.locator("img")).to_be_visible()
        box = await region.bounding_box()
        await page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5, steps=4)
        await page.mouse.up()
        await expect(page.get_by_text(re.compile(r"[0-9]+% of the picture is painted"))).to_be_visible()
        drawn = await page.locator("select[name=area]").input_value()
        assert [round(float(side), 1) for side in drawn.split(",")] == pytest.approx(
            [0.2, 0.2, 0.8, 0.5], abs=0.11
        )
        assert visitor.troubles == []


async def test_what_can_not_be_drawn_is_told_in_place(browser, house):  # noqa: F811
    """A wrong parameter: the place and what is allowed; no picture and no job."""
    async with visiting(browser, "zh") as visitor:
        await visitor.opens(house.url)
        await visitor.asks("/imagine 狐狸 --ar 9:1", wait=False)
        await expect(visitor.page.get_by_text("可以是 1:3 到 3:1 的宽高比")).to_be_visible(timeout=PATIENCE)


async def test_the_empty_page_offers_prompts_to_press(browser, house):  # noqa: F811
    """A newcomer draws with one press; the picture opens at full size and closes with Esc."""
    async with visiting(browser, "en") as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        prompts = page.get_by_role("group", name="Or draw something")
        await prompts.get_by_role("button").first.click()
        picture = page.locator(".message .picture").first
        await picture.click(timeout=PATIENCE)
        await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
        assert await axe(page) == []
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog", name="Picture")).to_be_hidden()
        assert visitor.troubles == []
