"""A region is painted on the page: brush, eraser, undo, clear; by touch and by keyboard; sent as a picture."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Locator, Page, expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.visitor import Visitor, visiting

from bot_core.events import Submitted

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATIENCE = 30_000  # ms


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[StudioPage]:
    """A studio with its page, and what its members submitted."""
    made = StudioPage()
    made.submitted = []
    handle = made.studio.dispatcher.handle

    async def watched(incoming: Any) -> Any:
        if isinstance(incoming.content, Submitted):
            made.submitted.append(incoming)
        return await handle(incoming)

    made.studio.dispatcher.handle = watched
    async with made.open() as running:
        yield running


async def opened(visitor: Visitor, house: StudioPage) -> Page:
    """Draw, pick one, and open the form of its region."""
    page, zh = visitor.page, visitor.locale == "zh"
    await visitor.opens(house.url)
    await visitor.question.fill("/imagine a house")
    await visitor.question.press("Enter")
    grid = page.locator(".message").filter(has=page.get_by_role("button", name="U1", exact=True))
    await grid.get_by_role("button", name="U1", exact=True).click(timeout=PATIENCE)
    single = page.locator(".message").filter(has=page.get_by_role("button", name="4x"))
    await single.get_by_role("button", name="局部" if zh else "Vary region").click(timeout=PATIENCE)
    await expect(page.locator(".region img")).to_be_visible()
    return page


async def strokes(page: Page, canvas: Locator, *points: tuple[float, float]) -> None:
    """Drag through points, in shares of the picture's sides."""
    box = await canvas.bounding_box()
    spots = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    await page.mouse.move(*spots[0])
    await page.mouse.down()
    for spot in spots[1:]:
        await page.mouse.move(*spot, steps=5)
    await page.mouse.up()


async def sent(house: StudioPage, page: Page, button: str) -> tuple[Any, Image.Image]:
    """Submit the form; return the event and its mask."""
    before = len(house.submitted)
    await page.get_by_role("dialog").get_by_role("button", name=button).click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    for _ in range(200):
        if len(house.submitted) > before:
            break
        await page.wait_for_timeout(50)
    event = house.submitted[-1]
    (attachment,) = event.attachments
    data = await house.studio.files.read(attachment.file.key)
    return event, Image.open(io.BytesIO(data)).convert("L")


@pytest.mark.parametrize(("locale", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 360)])
async def test_a_mask_is_painted_erased_undone_and_sent(browser, house, locale, theme, width):  # noqa: F811
    """White where the brush was, black where the eraser was; its box is the form's area; the job is made."""
    zh = locale == "zh"
    view = {"width": width, "height": 800}
    async with visiting(
        browser, locale, color_scheme=theme, viewport=view, reduced_motion="reduce"
    ) as visitor:
        page = await opened(visitor, house)
        canvas = page.locator("canvas.mask")
        tool = lambda en, cn: page.get_by_role("button", name=cn if zh else en, exact=True)  # noqa: E731
        await canvas.scroll_into_view_if_needed()
        await strokes(page, canvas, (0.2, 0.2), (0.8, 0.2))
        await strokes(page, canvas, (0.2, 0.8), (0.8, 0.8))
        await tool("Undo", "撤销").click()
        await tool("Erase", "擦除").click()
        await expect(tool("Erase", "擦除")).to_have_attribute("aria-pressed", "true")
        await strokes(page, canvas, (0.8, 0.1), (0.8, 0.4))
        if shots := os.environ.get("STUDIO_SHOTS"):
            await page.screenshot(path=f"{shots}/mask-{locale}-{width}.png")
        assert await axe(page) == []
        assert await sideways(page) == 0
        area = await page.locator("select[name=area]").input_value()
        event, mask = await sent(house, page, "提交" if zh else "Submit")
        wide, high = mask.size
        assert mask.getpixel((wide * 4 // 10, high * 2 // 10)) == 255
        assert mask.getpixel((wide * 8 // 10, high * 2 // 10)) == 0
        assert mask.getpixel((wide * 4 // 10, high * 8 // 10)) == 0
        left, top, right, bottom = mask.getbbox()
        assert event.content.values["area"] == area
        assert [left / wide, top / high, right / wide, bottom / high] == pytest.approx(
            [float(side) for side in area.split(",")], abs=0.01
        )
        varied = page.locator(".message").filter(has=page.get_by_role("button", name="U2", exact=True))
        await expect(varied).to_have_count(2, timeout=PATIENCE)
        assert visitor.troubles == []


async def test_the_keyboard_paints_a_rectangle(browser, house):  # noqa: F811
    """Tab to the picture, move and size the rectangle with arrows, Enter paints it; clear empties it again."""
    async with visiting(browser, "en") as visitor:
        page = await opened(visitor, house)
        canvas = page.get_by_role("application", name="What to draw anew")
        await canvas.focus()
        for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowDown", "Shift+ArrowDown", "Enter"):
            await page.keyboard.press(key)
        area = await page.locator("select[name=area]").input_value()
        assert [float(side) for side in area.split(",")] == pytest.approx([0.2, 0.3, 0.6, 0.8], abs=0.01)
        await page.get_by_role("button", name="Clear", exact=True).click()
        await expect(page.get_by_text("Nothing is painted yet.")).to_be_visible()
        assert await page.locator("select[name=area] option", has_text="The region drawn").count() == 0
        assert visitor.troubles == []


async def test_a_finger_paints(browser, house):  # noqa: F811
    """On a touch screen a drag paints and does not scroll."""
    view = {"width": 390, "height": 844}
    async with visiting(browser, "en", viewport=view, has_touch=True, is_mobile=True) as visitor:
        page = await opened(visitor, house)
        canvas = page.locator("canvas.mask")
        box = await canvas.bounding_box()
        wire = await page.context.new_cdp_session(page)
        spots = [
            {"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] * 0.5} for x in (0.3, 0.5, 0.7)
        ]
        for kind, points in (
            ("touchStart", spots[:1]),
            ("touchMove", spots[1:2]),
            ("touchMove", spots[2:]),
            ("touchEnd", []),
        ):
            await wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        _, mask = await sent(house, page, "Submit")
        assert mask.getpixel((mask.width // 2, mask.height // 2)) == 255
        assert mask.getpixel((mask.width // 2, mask.height // 10)) == 0
        assert visitor.troubles == []
