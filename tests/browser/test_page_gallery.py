"""The gallery on the page: found, filtered, opened, copied, reused, kept, deleted; by its address; empty."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.visitor import Visitor, visiting

from bot_adapters.web.gallery import LedgerGallery

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATIENCE = 30_000  # ms
NAMES = {
    "en": {
        "gallery": "Gallery", "words": "Words of the prompt", "shape": "Shape", "whose": "Whose pictures",
        "open": "Open: {}", "star": "Favourite", "starred": "A favourite", "copy": "Copy prompt", "copied": "Copied",
        "back": "Back to the gallery", "reuse": "Use as image prompt", "delete": "Delete", "chips": "Attached pictures",
        "none": "There are no pictures here yet.", "begin": "Draw the first one", "close": "Close",
    },
    "zh": {
        "gallery": "画廊", "words": "提示词里的字", "shape": "画幅", "whose": "谁的图",
        "open": "打开：{}", "star": "收藏", "starred": "已收藏", "copy": "复制提示词", "copied": "已复制",
        "back": "返回画廊", "reuse": "用作参考图", "delete": "删除", "chips": "附上的图片",
        "none": "这里还没有图。", "begin": "画第一张", "close": "关闭",
    },
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[StudioPage]:
    """A studio whose pictures are shared."""
    made = StudioPage()
    made.more["gallery"] = LedgerGallery(made.studio.ledger, made.studio.files, True)
    async with made.open() as running:
        yield running


async def draws(visitor: Visitor, *prompts: str) -> None:
    """Draw, one after another."""
    grids = visitor.page.locator(".message").filter(
        has=visitor.page.get_by_role("button", name="U1", exact=True)
    )
    for number, prompt in enumerate(prompts, 1):
        await visitor.question.fill(f"/imagine {prompt}")
        await visitor.question.press("Enter")
        await expect(grids).to_have_count(number, timeout=PATIENCE)


def button(page: Page, name: str):
    """Find a button of the gallery's sheet."""
    return page.get_by_role("dialog").get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(("locale", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 360)])
async def test_a_picture_is_found_kept_copied_reused_and_deleted(browser, house, locale, theme, width):  # noqa: F811
    """Words and shape narrow the shelf; the one opened tells its parameters; every button does what it says."""
    name = NAMES[locale]
    view = {"width": width, "height": 800}
    async with visiting(
        browser,
        locale,
        color_scheme=theme,
        viewport=view,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    ) as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        await draws(visitor, "a fox --ar 3:2 --seed 7", "一座灯塔 --ar 2:3", "a boat")
        assert await sideways(page) == 0
        await page.get_by_role("button", name=name["gallery"], exact=True).click()
        assert page.url.endswith("#gallery")
        shelf = page.get_by_role("dialog").get_by_role("list", name=name["gallery"]).get_by_role("listitem")
        await expect(shelf).to_have_count(3)
        assert await axe(page) == []
        if shots := os.environ.get("STUDIO_SHOTS"):
            await page.screenshot(path=f"{shots}/gallery-{locale}-{width}.png")
        await page.get_by_role("combobox", name=name["shape"]).select_option("wide")
        await expect(shelf).to_have_count(1)
        await page.get_by_role("combobox", name=name["shape"]).select_option("")
        await page.get_by_role("searchbox", name=name["words"]).fill("fox")
        await expect(shelf).to_have_count(1)
        await button(page, name["open"].format("a fox")).click()
        await expect(button(page, name["back"])).to_be_focused()
        about = page.locator(".parameters")
        await expect(about).to_contain_text("a fox --ar 3:2 --seed 7")
        await button(page, name["star"]).click()
        await expect(button(page, name["starred"])).to_have_attribute("aria-pressed", "true")
        await button(page, name["copy"]).click()
        await expect(page.get_by_text(name["copied"], exact=True)).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == "a fox --ar 3:2 --seed 7"
        assert await axe(page) == []
        if shots:
            await page.screenshot(path=f"{shots}/gallery-one-{locale}-{width}.png")
        await button(page, name["back"]).click()
        await expect(button(page, name["open"].format("a fox"))).to_be_focused()
        await page.get_by_role("searchbox", name=name["words"]).fill("")
        await page.get_by_role("combobox", name=name["whose"]).select_option("favourites")
        await expect(shelf).to_have_count(1)
        page.once("dialog", lambda asked: asked.accept())
        await shelf.get_by_role("button").click()
        await button(page, name["delete"]).click()
        await expect(shelf).to_have_count(0)
        await page.get_by_role("combobox", name=name["whose"]).select_option("mine")
        await expect(shelf).to_have_count(2)
        await button(page, name["open"].format("a boat")).click()
        await button(page, name["reuse"]).click()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(page.get_by_role("list", name=name["chips"]).get_by_role("listitem")).to_have_count(1)
        await expect(visitor.question).to_have_value("/imagine ")
        assert not page.url.endswith("#gallery")
        assert visitor.troubles == []


async def test_the_address_opens_it_and_the_way_back_closes_it(browser, house):  # noqa: F811
    """#gallery opens an empty shelf that says what to do; Back and Esc close it."""
    name = NAMES["en"]
    async with visiting(browser, "en") as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        await page.get_by_role("button", name=name["gallery"], exact=True).click()
        await expect(page.get_by_text(name["none"])).to_be_visible()
        await page.go_back()
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.goto(house.url + "/#gallery")
        await page.reload()
        await expect(page.get_by_text(name["none"])).to_be_visible()
        assert await axe(page) == []
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.get_by_role("button", name=name["gallery"], exact=True).click()
        await button(page, name["begin"]).click()
        await expect(visitor.question).to_have_value("/imagine ")
        await expect(visitor.question).to_be_focused()
        assert visitor.troubles == []


async def test_members_see_each_others_only_where_it_is_shared(browser, house):  # noqa: F811
    """Everybody's: seen without a way to delete; a house that does not share does not offer it."""
    name = NAMES["en"]
    async with visiting(browser, "en") as alice, visiting(browser, "en") as bob:
        await alice.opens(house.url)
        await draws(alice, "a lighthouse")
        await bob.opens(house.url + "/#gallery")
        whose = bob.page.get_by_role("combobox", name=name["whose"])
        await whose.select_option("all")
        await button(bob.page, name["open"].format("a lighthouse")).click()
        await expect(button(bob.page, name["star"])).to_be_visible()
        await expect(button(bob.page, name["delete"])).to_have_count(0)
    house.more["gallery"] = LedgerGallery(house.studio.ledger, house.studio.files, False)
    await house.stop()
    await house.start()
    async with visiting(browser, "en") as carol:
        await carol.opens(house.url + "/#gallery")
        await expect(carol.page.get_by_text(name["none"])).to_be_visible()
        whose = carol.page.get_by_role("combobox", name=name["whose"])
        await expect(whose.locator("option[value=all]")).to_have_count(0)
