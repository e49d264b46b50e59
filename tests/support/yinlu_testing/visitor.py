"""Somebody at the page, who finds things by their accessible names (docs/protocol.md) as assistive programs do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

NAMES: dict[str, dict[str, str]] = {
    "zh": {
        "question": "你的问题",
        "send": "发送",
        "stop": "停止",
        "conversation": "对话",
        "answer": "回答",
        "sources": "来源",
        "source": "来源 {n}:",
        "passage": "来源原文",
        "up": "有帮助",
        "down": "没帮助",
        "reasons": "哪里不好?",
        "copy": "复制",
        "regenerate": "重新回答",
        "examples": "可以这样问",
        "follow_ups": "接着问",
        "language": "切换语言",
        "theme": "切换深浅色",
        "new": "新对话",
        "history": "历史",
        "queue": "队列",
        "board": "队列看板",
        "notice": "回答由程序生成",
        "connected": "已连接",
        "reconnecting": "正在重连",
    },
    "en": {
        "question": "Your question",
        "send": "Send",
        "stop": "Stop",
        "conversation": "Conversation",
        "answer": "Answer",
        "sources": "Sources",
        "source": "Source {n}:",
        "passage": "Source passage",
        "up": "Helpful",
        "down": "Not helpful",
        "reasons": "What was wrong?",
        "copy": "Copy",
        "regenerate": "Regenerate",
        "examples": "Try asking",
        "follow_ups": "Follow up",
        "language": "Switch language",
        "theme": "Switch theme",
        "new": "New conversation",
        "history": "History",
        "queue": "Queue",
        "board": "Queue board",
        "notice": "Answers are generated",
        "connected": "Connected",
        "reconnecting": "Reconnecting",
    },
}
PATIENCE = 15_000  # ms; a busy machine


@dataclass
class Visitor:
    """One tab of one person; ``troubles`` collects script errors and refusals by the content policy."""

    page: Page
    locale: str = "en"
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("console", lambda said: self._console(said.type, said.text))

    def _console(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or (kind == "error" and "WebSocket" not in text):
            self.troubles.append(text)

    def name(self, what: str, **values: object) -> str:
        """Return the accessible name of something in the visitor's language."""
        return NAMES[self.locale][what].format(**values)

    def button(self, what: str, **values: object) -> Locator:
        """Find a button by what it is."""
        return self.page.get_by_role("button", name=self.name(what, **values), exact=True)

    @property
    def question(self) -> Locator:
        """The box where questions are written."""
        return self.page.get_by_role("textbox", name=self.name("question"), exact=True)

    @property
    def log(self) -> Locator:
        """The conversation."""
        return self.page.get_by_role("log", name=self.name("conversation"), exact=True)

    @property
    def answers(self) -> Locator:
        """All answers, oldest first."""
        return self.page.get_by_role("article", name=self.name("answer"), exact=True)

    @property
    def answer(self) -> Locator:
        """The newest answer."""
        return self.answers.last

    @property
    def dialog(self) -> Locator:
        """The passage that is open."""
        return self.page.get_by_role("dialog", name=self.name("passage"), exact=True)

    def group(self, what: str) -> Locator:
        """Find a group by what it is."""
        return self.page.get_by_role("group", name=self.name(what), exact=True)

    def source(self, n: int) -> Locator:
        """Find a source of the newest answer."""
        name = re.compile("^" + re.escape(self.name("source", n=n)))
        return self.answer.get_by_role("button", name=name)

    async def opens(self, address: str) -> None:
        """Open the page and wait until it is connected."""
        await self.page.goto(address)
        await self.is_connected()

    async def is_connected(self, word: str = "connected") -> None:
        """Wait until the page says so."""
        status = self.page.get_by_role("status", name=self.name(word), exact=True)
        await expect(status).to_be_visible(timeout=PATIENCE)

    async def asks(self, words: str, wait: bool = True) -> None:
        """Type a question and send it; wait for the answer unless told not to."""
        before = await self.answers.count()
        await self.question.fill(words)
        await self.question.press("Enter")
        await expect(self.answers).to_have_count(before + 1)
        if wait:
            await self.is_answered()

    async def is_answered(self) -> None:
        """Wait until the newest answer is finished."""
        await expect(self.answer).to_have_attribute("aria-busy", "false", timeout=PATIENCE)


@asynccontextmanager
async def visiting(browser: Browser, locale: str = "en", **options: Any) -> AsyncIterator[Visitor]:
    """Somebody opens a browser of their own; ``options`` are those of ``Browser.new_context``."""
    language = {"zh": "zh-CN", "en": "en-US"}[locale]
    context = await browser.new_context(locale=language, **options)
    try:
        yield Visitor(await context.new_page(), locale)
    finally:
        await context.close()


async def another_tab(context: BrowserContext, locale: str = "en") -> Visitor:
    """Open a second tab of the same person."""
    return Visitor(await context.new_page(), locale)
