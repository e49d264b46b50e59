"""What holds for the files of the page, without a browser."""

from __future__ import annotations

import re

from yinlu_testing.page_fake import STATIC


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No file of the page names another host as a source, holds an inline handler or style, or grows past 250 lines."""
    for path in STATIC.rglob("*"):
        if path.suffix not in {".html", ".js", ".css"}:
            continue
        text = path.read_text()
        assert not re.search(r"""(src|href|url\()\s*=?\s*["']?(https?:)?//""", text), path
        assert not re.search(r"<[^>]+\s(on\w+|style)=", text), path
        assert "innerHTML" not in text, path
        assert len(text.splitlines()) <= 250, path


def test_all_modules_are_fetched_at_once() -> None:
    """Every module is named in the page's head, so that none waits for the one that imports it."""
    named = set(re.findall(r'href="static/js/([\w-]+\.js)"', (STATIC / "index.html").read_text()))
    assert named == {path.name for path in (STATIC / "js").glob("*.js")} - {"app.js", "boot.js"}
