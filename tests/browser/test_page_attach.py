"""Pictures attached on the page: chosen, dropped, pasted; shown as chips; drawn from."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import expect
from yinlu_testing.browser import axe, browser, sideways  # noqa: F401
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.visitor import visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
PATIENCE = 30_000  # ms
DROP = """async ([kind, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  const event = kind === "paste" ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


def picture(colour: str, size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def chosen(name: str, colour: str) -> dict[str, object]:
    """Return a file for a file chooser."""
    return {"name": name, "mimeType": "image/png", "buffer": picture(colour)}


@pytest_asyncio.fixture(loop_scope="session")
async def house() -> AsyncIterator[StudioPage]:
    """A studio with its page."""
    async with StudioPage().open() as running:
        yield running


@pytest.mark.parametrize(("locale", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 360)])
async def test_pictures_are_chosen_dropped_pasted_removed_and_blended(
    browser,  # noqa: F811
    house,
    locale,
    theme,
    width,
):
    """Three ways in, one out with the keyboard, the command by its button; what was sent shows with the question."""
    zh = locale == "zh"
    view = {"width": width, "height": 800}
    async with visiting(
        browser, locale, color_scheme=theme, viewport=view, reduced_motion="reduce"
    ) as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        attach = page.get_by_role("button", name="添加图片" if zh else "Attach pictures", exact=True)
        async with page.expect_file_chooser() as chooser:
            await attach.click()
        await (await chooser.value).set_files([chosen("rot.png", "#b03020"), chosen("gelb.png", "#e0b040")])
        chips = page.get_by_role("list", name="附上的图片" if zh else "Attached pictures").get_by_role(
            "listitem"
        )
        await expect(chips).to_have_count(2)
        for kind, name, colour in (("drop", "blau.png", "#2040a0"), ("paste", "gruen.png", "#308040")):
            coded = base64.b64encode(picture(colour)).decode()
            await page.evaluate(DROP, [kind, name, "image/png", coded])
        await expect(chips).to_have_count(4)
        await expect(chips.locator("progress")).to_have_count(0, timeout=PATIENCE)
        await page.evaluate(DROP, ["drop", "notes.pdf", "application/pdf", "JVBERg=="])
        await expect(page.locator(".trouble")).to_contain_text("notes.pdf")
        await page.get_by_role(
            "button", name="移除：rot.png" if zh else "Remove: rot.png", exact=True
        ).focus()
        await page.keyboard.press("Enter")
        await expect(chips).to_have_count(3)
        assert await axe(page) == []
        assert await sideways(page) == 0
        if shots := os.environ.get("STUDIO_SHOTS"):
            await page.screenshot(path=f"{shots}/attach-{locale}-{width}.png")
        await page.get_by_role("button", name="/blend", exact=True).click()
        await visitor.question.press("Enter")
        grid = page.locator(".message").filter(has=page.get_by_role("button", name="U2", exact=True))
        await expect(grid.locator("img")).to_be_visible(timeout=PATIENCE)
        sent = page.locator(".sent-with img")
        await expect(sent).to_have_count(3)
        assert await sent.last.get_attribute("alt") == "gruen.png"
        await expect(chips).to_have_count(0)
        (job,) = await house.studio.ledger.jobs("harbour", "picture")
        assert len(job.job.payload["inputs"]) == 3
        if shots:
            await page.screenshot(path=f"{shots}/attached-{locale}-{width}.png")
        await page.reload()
        await expect(sent).to_have_count(3)
        assert visitor.troubles == []


async def test_a_picture_prompt_starts_from_the_picture(browser, house):  # noqa: F811
    """/imagine with words and a picture: the job carries it."""
    async with visiting(browser, "en") as visitor:
        await visitor.opens(house.url)
        await visitor.page.locator("input[type=file]").first.set_input_files([chosen("a.png", "#b03020")])
        await expect(visitor.page.locator(".chip progress")).to_have_count(0, timeout=PATIENCE)
        await visitor.question.fill("/imagine a fox")
        await visitor.question.press("Enter")
        await expect(visitor.page.locator(".message img").first).to_be_visible(timeout=PATIENCE)
        (job,) = await house.studio.ledger.jobs("harbour", "picture")
        assert len(job.job.payload["inputs"]) == 1
        assert visitor.troubles == []


async def test_the_servers_refusal_is_told_in_the_members_words(browser, house):  # noqa: F811
    """Rubbish that calls itself a picture: the chip goes, the sentence stays for a while; six are too many."""
    async with visiting(browser, "zh") as visitor:
        page = visitor.page
        await visitor.opens(house.url)
        field = page.locator("input[type=file]").first
        await field.set_input_files([{"name": "x.png", "mimeType": "image/png", "buffer": b"rubbish"}])
        await expect(page.locator(".trouble")).to_contain_text("这不是我能读的图片", timeout=PATIENCE)
        await expect(page.locator(".chip")).to_have_count(0)
        await field.set_input_files([chosen(f"{n}.png", "#203040") for n in range(6)])
        await expect(page.locator(".chip")).to_have_count(5)
        await expect(page.locator(".trouble")).to_contain_text("一次最多附 5 张图片")
        assert [one for one in visitor.troubles if "400" not in one] == []
