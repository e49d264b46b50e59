"""The documents sheet: admins send files from the page and see how each is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.visitor import Visitor, visiting
from yinlu_testing.web import SECRET, WebHouse

from bot_adapters.web import Uploads
from bot_adapters.web.tickets import Tickets
from bot_core.clock import SystemClock
from bot_knowledge import Knowledge, KnowledgeOptions, open_knowledge

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORDS = {
    "en": {
        "documents": "Documents",
        "choose": "Choose files",
        "some": "Only these roles",
        "everyone": "Everyone",
        "roles": "Roles, separated by commas",
        "list": "Uploaded documents",
        "done": "Ready",
        "failed": "Not read",
        "remove": "Remove: {}",
        "close": "Close",
    },
    "zh": {
        "documents": "文档",
        "choose": "选择文件",
        "some": "只有这些角色",
        "everyone": "所有人",
        "roles": "角色，用逗号分隔",
        "list": "已上传的文档",
        "done": "就绪",
        "failed": "没有读成",
        "remove": "移除：{}",
        "close": "关闭",
    },
}
FERRY = {"name": "ferry.md", "mimeType": "text/markdown", "buffer": b"# Ferry\n\nThe ferry leaves at nine."}
LONG = {
    "name": "a-very-long-name-without-any-space-" * 3 + ".md",
    "mimeType": "text/markdown",
    "buffer": b"# Rota\n\nRota.",
}
BAD = {"name": "bad.md", "mimeType": "text/markdown", "buffer": b"\x00\x01\x00"}
LARGE = {"name": "large.md", "mimeType": "text/markdown", "buffer": b"x" * 1_200_000}


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[WebHouse, Knowledge]]:
    """A real server with a real library."""
    async with open_knowledge(folder / "data", KnowledgeOptions(embedding="hash")) as knowledge:
        house = WebHouse(upload_bytes=1_000_000)
        house.uploads = Uploads(knowledge.library, folder / "spool")
        async with house.up():
            yield house, knowledge


def link(house: WebHouse) -> str:
    """Return the admin's link, as the command line prints it."""
    return f"{house.url}/#admin={Tickets(SECRET, SystemClock()).make()}"


async def shoot(visitor: Visitor, name: str) -> None:
    """Keep a picture, for eyes, where the environment asks for it."""
    if shots := os.environ.get("UPLOAD_SHOTS"):
        await visitor.page.screenshot(path=f"{shots}/{name}.png")


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [("en", "light", 1280), ("zh", "dark", 360), ("zh", "light", 1280), ("en", "dark", 360)],
)
async def test_an_admin_sends_documents(browser, tmp_path, locale, theme, width):  # noqa: F811
    """Files are sent, each with its state and reason; roles are kept; one is taken away; all of it accessible."""
    words = WORDS[locale]
    viewport = {"width": width, "height": 760}
    async with (
        serving(tmp_path) as (house, knowledge),
        visiting(browser, locale, color_scheme=theme, viewport=viewport, reduced_motion="reduce") as visitor,
    ):
        page = visitor.page
        await visitor.opens(link(house))
        assert "admin" not in page.url
        await page.get_by_role("button", name=words["documents"], exact=True).click()
        dialog = page.get_by_role("dialog", name=words["documents"], exact=True)
        choose = dialog.get_by_label(words["choose"], exact=True)
        await expect(choose).to_be_focused()
        assert await axe(page) == [] and await sideways(page) == 0
        await shoot(visitor, f"empty-{locale}-{theme}-{width}")
        await choose.set_input_files([FERRY, BAD, LARGE, LONG])
        rows = dialog.get_by_role("list", name=words["list"]).get_by_role("listitem")
        await expect(rows).to_have_count(4)
        await expect(rows.filter(has_text="ferry.md").get_by_text(words["done"])).to_be_visible()
        await expect(rows.filter(has_text="bad.md").get_by_text(words["failed"])).to_be_visible()
        await expect(rows.filter(has_text="large.md")).to_contain_text("1 MB")
        await dialog.get_by_label(words["some"], exact=True).check()
        await dialog.get_by_label(words["roles"], exact=True).fill("keeper，crew")
        await choose.set_input_files([{**FERRY, "name": "safe.md", "buffer": b"The safe opens at noon."}])
        await expect(rows.filter(has_text="safe.md")).to_contain_text("crew, keeper")
        await expect(rows.filter(has_text="safe.md").get_by_text(words["done"])).to_be_visible()
        assert await axe(page) == [] and await sideways(page) == 0
        await shoot(visitor, f"filled-{locale}-{theme}-{width}")
        page.on("dialog", lambda question: question.accept())
        await dialog.get_by_role("button", name=words["remove"].format("ferry.md"), exact=True).click()
        await expect(rows.filter(has_text="ferry.md")).to_have_count(0)
        await expect(choose).to_be_focused()
        sources = {
            document.source: document.audience for document in await knowledge.library.documents("harbour")
        }
        assert sources["uploads/safe.md"] == ("crew", "keeper") and "uploads/ferry.md" not in sources
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await page.reload()
        await expect(page.get_by_role("button", name=words["documents"], exact=True)).to_be_visible()
        assert visitor.troubles == []


async def test_files_are_dropped_and_roles_are_asked_for(browser, tmp_path):  # noqa: F811
    """What is dropped on the zone is sent; "only these roles" without a role sends nothing."""
    drop = """(zone) => {
        const data = new DataTransfer();
        data.items.add(new File(["The oars are in shed seven."], "oars.txt", {type: "text/plain"}));
        for (const kind of ["dragenter", "dragover", "drop"])
            zone.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    async with serving(tmp_path) as (house, knowledge), visiting(browser, "en") as visitor:
        await visitor.opens(link(house))
        await visitor.page.get_by_role("button", name="Documents", exact=True).click()
        dialog = visitor.page.get_by_role("dialog", name="Documents", exact=True)
        await dialog.get_by_label("Only these roles", exact=True).check()
        await dialog.locator(".upload-drop").evaluate(drop)
        await expect(dialog.get_by_role("alert")).to_have_text("Name at least one role.")
        assert await knowledge.library.documents("harbour") == []
        await dialog.get_by_label("Everyone", exact=True).check()
        await dialog.locator(".upload-drop").evaluate(drop)
        row = dialog.get_by_role("listitem").filter(has_text="oars.txt")
        await expect(row.get_by_text("Ready")).to_be_visible()
        assert visitor.troubles == []


async def test_members_see_nothing_of_it_and_old_links_end(browser, tmp_path):  # noqa: F811
    """Without a ticket there is no button; a forged one is told and then forgotten; a link opened later works at once."""
    async with serving(tmp_path) as (house, _), visiting(browser, "en") as visitor:
        button = visitor.page.get_by_role("button", name="Documents", exact=True)
        await visitor.opens(house.url)
        await expect(button).to_be_hidden()
        await visitor.page.goto(f"{house.url}/#admin=ffffffff.{'0' * 40}")
        await button.click()
        dialog = visitor.page.get_by_role("dialog", name="Documents", exact=True)
        await expect(dialog.get_by_role("alert")).to_contain_text("no longer good")
        await visitor.page.keyboard.press("Escape")
        await expect(button).to_be_hidden()
        await visitor.page.goto(link(house))
        await expect(button).to_be_visible()


async def test_it_is_used_by_keyboard_alone(browser, tmp_path):  # noqa: F811
    """Tab reaches readers, files and each remove button; space and arrows choose."""
    async with serving(tmp_path) as (house, _), visiting(browser, "en") as visitor:
        page = visitor.page
        await visitor.opens(link(house))
        await page.get_by_role("button", name="Documents", exact=True).press("Enter")
        dialog = page.get_by_role("dialog", name="Documents", exact=True)
        await dialog.get_by_label("Choose files", exact=True).set_input_files([FERRY])
        await expect(dialog.get_by_text("Ready", exact=True)).to_be_visible()
        await page.keyboard.press("Shift+Tab")
        await expect(dialog.get_by_label("Everyone", exact=True)).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await expect(dialog.get_by_label("Roles, separated by commas", exact=True)).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(dialog.get_by_label("Choose files", exact=True)).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(dialog.get_by_role("button", name="Remove: ferry.md", exact=True)).to_be_focused()
        assert visitor.troubles == []
