"""The documentation as a site: it builds without a warning, and nothing written is left out of it."""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built strictly: a broken link or anchor is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fetched = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in ("script", "img") or (tag == "link" and named.get("rel") == "stylesheet"):
            self.fetched.append(named.get("src") or named.get("href") or "")


def test_every_page_of_docs_is_in_the_site(site):
    """Each Markdown file has its page, and the navigation names it."""
    named = (ROOT / "mkdocs.yml").read_text()
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name in named, f"{name} is not in mkdocs.yml"
        place = name.removesuffix("index.md") if name.endswith("index.md") else name.removesuffix(".md")
        assert (site / place / "index.html").is_file(), name


def test_a_reader_fetches_nothing_from_elsewhere(site):
    """Scripts, styles and pictures come from the site itself."""
    for page in site.rglob("*.html"):
        links = _Links()
        links.feed(page.read_text())
        assert not [link for link in links.fetched if link.startswith(("http:", "https:", "//"))], page


def test_the_reference_says_what_a_port_promises(site):
    """Docstrings of ports stand on the page of ports, with those of their methods."""
    text = (site / "reference" / "index.html").read_text()
    for words in ("Return one PNG per request", "Raises BadInput", "HandlerNeeds", "JobQueue"):
        assert words in text
