"""Take the README's pictures from the running program: ``make pictures``.

Starts a house on a new data folder with the sample handbook, asks what a newcomer would, and photographs the page.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from yinlu_testing.house import RunningHouse  # noqa: E402 - found below tests/support only now

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
SHOTS = (
    # name, language tag, colour scheme, width, height, question
    ("page", "en-GB", "light", 1280, 900, "How long is a proposal voted on?"),
    ("page-zh-dark", "zh-CN", "dark", 1280, 900, "被禁言了怎么申诉？"),
    ("phone", "zh-CN", "light", 390, 844, "新人怎样加入社区？"),
    ("unknown", "en-GB", "light", 1280, 900, "Which restaurant near the harbour has the best ramen?"),
)

MORE = (
    "two hot air balloons over snowy mountains at dawn --ar 3:2 --seed 4",
    "三只猫在樱花树下 --ar 2:3 --seed 8",
    "a whale under the stars, watercolour --seed 15",
    "a castle on a hill in autumn --seed 16",
)


def shoot(browser: Browser, url: str, shot: tuple[str, str, str, int, int, str]) -> None:
    """Ask one question on a fresh page and photograph the answer."""
    name, locale, scheme, width, height, question = shot
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(url)
    asked(page, question, "zh" if locale.startswith("zh") else "en")
    page.screenshot(path=str(ROOT / "docs" / "pictures" / f"{name}.png"))
    context.close()


def asked(page: Page, question: str, language: str) -> None:
    """Type a question and wait for its whole answer."""
    box = page.get_by_role("textbox", name="你的问题" if language == "zh" else "Your question")
    box.fill(question)
    box.press("Enter")
    helpful = page.get_by_role("button", name="有帮助" if language == "zh" else "Helpful", exact=True)
    expect(helpful.last).to_be_visible(timeout=30_000)
    page.mouse.move(0, 0)
    page.wait_for_timeout(600)


def draw(browser: Browser, url: str) -> None:
    """Draw a grid and photograph it with its buttons."""
    context = browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 900}, device_scale_factor=1.5
    )
    page = context.new_page()
    page.goto(url)
    box = page.get_by_role("textbox", name="Your question")
    box.fill("/imagine a red fox and two balloons by a lake at sunset, watercolour --ar 3:2 --seed 12")
    box.press("Enter")
    expect(page.get_by_role("button", name="U1", exact=True)).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=str(ROOT / "docs" / "pictures" / "studio.png"))
    browse(page)
    context.close()


def browse(page: Page) -> None:
    """Draw some more, paint on one of them, and photograph the mask and the gallery."""
    box, first = (
        page.get_by_role("textbox", name="Your question"),
        page.get_by_role("button", name="U1", exact=True),
    )
    for number, prompt in enumerate(MORE, 2):
        box.fill(f"/imagine {prompt}")
        box.press("Enter")
        expect(first).to_have_count(number, timeout=60_000)
    first.last.click()
    page.get_by_role("button", name="Vary region").click(timeout=60_000)
    mask = page.get_by_role("application", name="What to draw anew").bounding_box()
    assert mask is not None
    page.wait_for_timeout(800)
    page.mouse.move(mask["x"] + mask["width"] * 0.2, mask["y"] + mask["height"] * 0.2)
    page.mouse.down()
    for across, down in ((0.45, 0.15), (0.5, 0.3), (0.25, 0.35)):
        page.mouse.move(mask["x"] + mask["width"] * across, mask["y"] + mask["height"] * down, steps=8)
    page.mouse.up()
    page.wait_for_timeout(400)
    page.screenshot(path=str(ROOT / "docs" / "pictures" / "region.png"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Gallery", exact=True).click()
    page.wait_for_timeout(1500)
    page.screenshot(path=str(ROOT / "docs" / "pictures" / "gallery.png"))


def improved(log: Path) -> None:
    """Wait until the better embedding is there."""
    deadline = time.monotonic() + 120
    while "knowledge.improved" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.5)


def main() -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with (
            RunningHouse(Path(folder) / "data", log, YINLU_WORKERS="1") as house,
            sync_playwright() as playwright,
        ):
            improved(log)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for shot in SHOTS:
                shoot(browser, house.url, shot)
            draw(browser, house.url)
            browser.close()


if __name__ == "__main__":
    main()
