"""Debian's chromium, started once for all browser tests, and the checks they share.

Tests that use it: ``pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]`` and
``from yinlu_testing.browser import browser  # noqa: F401``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the whole run; each test opens contexts of its own."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        await started.close()


async def axe(page: Page) -> list[str]:
    """Return what axe finds wrong in the page as it is now: rule, element, why."""
    await page.evaluate(f"() => {{ if (!window.axe) {{ {AXE.read_text()} }} }}")
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found: dict[str, Any] = await page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


async def sideways(page: Page) -> int:
    """Return by how many pixels the page can be scrolled sideways."""
    wide: int = await page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)")
    return wide
