"""What `tame` lets through: words, lists, code and the documents' own links; nothing that pings, runs or phones home."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot_safety import tame, urls_in

GOOD = "https://lantern.example.org/rules?lang=zh"
ALLOWED = (GOOD, "https://docs.example.org/a_(b)", "http://plain.example.org")


@pytest.mark.parametrize(
    "text",
    [
        "先读规则。[1] 然后 **自我介绍**。[2][3]",
        "1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 < 2 | 3 > 2 |",
        "Use `/tip <amount> <user-id>` with 5 % & care; a@b.example is the mail of AT&T.",
        "```python\nif a < b and c > d:\n    print('hi')\n```",
        "表情 👨‍👩‍👧 和 ~~删除~~,引号「」都在。",
        f"See [the rules]({GOOD}) or {GOOD}, and https://docs.example.org/a_(b).",
        f"请看{GOOD}。然后(http://plain.example.org)再来",
        "Version 2.0.1, file README.md, 3:45, x:y, e.g. this; node.js and lib.rs",
        "Ask in #welcome ![1] great",
    ],
)
def test_plain_answers_stay_as_they_are(text):
    """Markdown, code, comparisons, placeholders, mail addresses and allowed links are untouched."""
    assert tame(text, ALLOWED) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hi @everyone and @here", "hi @\u200beveryone and @\u200bhere"),
        ("a@everyone", "a@\u200beveryone"),
        ("@\u200beveryone @\u2060here", "@\u200beveryone @\u200bhere"),
        ("&commat;everyone &#64;here", "@\u200beveryone @\u200bhere"),
        ("ask <@123456> or <@!42> or <@&987>", "ask @\u200b123456 or @\u200b42 or @\u200b987"),
        ("thanks @some_member", "thanks @\u200bsome_member"),
    ],
)
def test_nobody_is_pinged(text, shown):
    """Everyone, here, members and roles are named without being called, however the ping is spelled."""
    assert tame(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[prize](https://evil.com/x)", "prize"),
        ("![pixel](https://evil.com/p.png?q=secret)", "pixel"),
        ("[a](https://evil.com/(x)) b", "a b"),
        ('[a](<https://evil.com> "title") b', "a b"),
        ("go to https://evil.com/x?a=1, now", "go to …, now"),
        ("go to <https://evil.com>", "go to <…>"),
        ("请看https://evil.com/路径。好", "请看…路径。好"),
        ("www.evil.com and evil.xyz/pay and t.me/evil", "… and … and …"),
        ("[x](javascript:alert(1)) javascript:alert(1)", "x …"),
        ("[x](javascript&#58;alert(1)) https&colon;//evil.com", "x …"),
        ("tg://user?id=5 [u](tg://user?id=5)", "… u"),
        ("[x][1]\n\n[1]: https://evil.com 'x'", "[x][1]\n\n"),
        ("[a[b]](https://evil.com)", "[a[b]] (…)"),
        (f"[a]({GOOD})[b](https://evil.com)", f"[a]({GOOD})b"),
        (f"{GOOD})https://evil.com", f"{GOOD})…"),
        (f"[https://evil.com]({GOOD})", f"[…]({GOOD})"),
        (f"![map]({GOOD})", f"[map]({GOOD})"),
        ("https://lantern.example.org@evil.com/", "…"),
        ("https://lantern.example.org.evil.com/rules?lang=zh", "…"),
        ("https://lantern.example.org/rules?lang=zh&leak=1", "…"),
        ("https:\\\\evil.com and 1https://evil.com", "… and …"),
        ("http://例子.com/x", "…"),
        ("data:text/html;base64,xx file:///etc/passwd", "… …"),
    ],
)
def test_only_the_documents_links_remain(text, shown):
    """A link that was not in the documents leaves its words, or … where it was all there was."""
    assert tame(text, ALLOWED) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>bold</b> <script>alert(1)</script>", "bold alert(1)"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "alert(1)"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<x-y onclick=alert(1)>hi</x-y>", "hi‹/x-y>"),
        ("<!-- hidden --><?php x ?>shown", "shown"),
        ("&lt;script&gt;x&amp;lt;/script&amp;gt;", "x"),
        ("<script", "‹script"),
        ("`<div>` and ```\n<script>x</script>\n```", "`‹div>` and ```\n‹script>x‹/script>\n```"),
        ("/remind <time> <title>, <time>9:00</time>", "/remind <time> ‹title›, 9:00"),
        ("/send <address>", "/send ‹address›"),
    ],
)
def test_html_is_taken_out(text, shown):
    """Tags go, nested and encoded ones too; in code they are shown; placeholders of commands can be read."""
    found = tame(text)
    assert found == shown or (text.startswith("/remind") and "‹title›" in found and "9:00" in found)


def test_a_passage_allows_its_own_addresses():
    """urls_in gives what an answer quoted from the passage may show, bare hosts included."""
    passage = f"Rules: {GOOD}. [Docs](https://docs.example.org/a_(b)), see (http://plain.example.org) or lantern.io/x"
    urls = urls_in(passage)
    assert {*ALLOWED, "lantern.io/x"} <= urls
    assert tame(passage, urls) == passage
    assert tame("or lantern.io/y", urls) == "or …"


PIECES = st.sampled_from(
    [
        *(
            "@everyone",
            "@here",
            "<@",
            "<@!1>",
            "<@&2>",
            "@",
            "&#64;",
            "&amp;",
            "#58;",
            "everyone",
            "\u200b",
            "\x00",
            "1",
        ),
        *(
            "[",
            "]",
            "(",
            ")",
            "](",
            "![",
            "[x](",
            "[x]: ",
            "<",
            ">",
            "</",
            "<!--",
            "-->",
            "`",
            "```",
            "\n",
            "\n\n",
            " ",
        ),
        *(
            "https://",
            "http:",
            "//",
            "evil.com",
            "www.",
            "javascript:",
            "tg://",
            "data:text/html,",
            GOOD,
            "/x",
            "?a=1",
        ),
        *(
            "script",
            "<script>",
            "</script>",
            "<img ",
            "src=x ",
            "onerror=1",
            "<a href=",
            '"',
            "'",
            "<svg/onload=1>",
            "\\",
        ),
        *(
            "你好",
            "。",
            "a",
            "B",
            "**",
            "_",
            "|",
            "…",
            "‹",
            ":",
            ".",
            "com",
            "\x01",
            "&colon;",
            "&lt;",
            "\u202e",
        ),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=25).map("".join)
PLACEHOLDER = re.compile(
    r"</?[A-Za-z][\w-]*>?|<[^A-Za-z/!?].*", re.DOTALL
)  # <amount> is an element that nobody knows
MARKDOWN = MarkdownIt("commonmark", {"html": True})


@given(TEXTS)
@example("<@<@1>everyone>")
@example("<<@")
@example("<[](https://evil.com)script>")
@example("&lt;A0\n<@src=x ")
@example("www.<@")
@example("[a](https://evil.com\n)")
@example("[a]:\nhttps://evil.com\n\n[a]")
def test_nothing_dangerous_survives(text):
    """Whatever is mixed: no ping, no tag, no address but allowed ones, as text and as rendered Markdown."""
    shown = tame(text, ALLOWED)
    assert not re.search(r"@everyone|@here|<@", shown, re.IGNORECASE)
    assert not re.search(r"</?(script|img|svg|a|iframe)[\s/>]", shown, re.IGNORECASE)
    for scheme in re.finditer(r"[a-z][a-z0-9+.-]*://\S*", shown, re.IGNORECASE):
        assert scheme[0].startswith(GOOD), scheme[0]
    tokens = [child for token in MARKDOWN.parse(shown) for child in (token, *(token.children or ()))]
    assert not [token for token in tokens if token.type == "image"]
    raw = "".join(token.content for token in tokens if token.type in ("html_block", "html_inline"))
    assert all(PLACEHOLDER.fullmatch(tag) for tag in re.findall("<[^>]*>?", raw)), raw
    targets = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
    assert all(target.startswith(GOOD) for target in targets), targets


@given(TEXTS)
def test_taming_twice_is_taming_once(text):
    """What was made safe stays as it is."""
    once = tame(text, ALLOWED)
    assert tame(once, ALLOWED) == once


@given(st.text(alphabet="abc 你好,。!?()*_`#-+1234\n", max_size=200))
def test_words_are_not_touched(text):
    """Words and punctuation that mean no harm come through letter by letter."""
    assert tame(text) == text


NASTY = (
    "<a",
    "[",
    "](",
    "<!--",
    "a.",
    "&#",
    "a-",
    "`",
    "```",
    "<a ",
    "<a =",
    "[](",
    "@",
    "\n",
    " ",
    "a",
    "(",
    "[a](b ",
)


@pytest.mark.parametrize("piece", NASTY)
@pytest.mark.parametrize("start", ["", "[](", "<a ", "https://", "<!--"])
def test_long_texts_take_no_time(start, piece):
    """Texts made to make patterns run long are done in time that grows with their length."""
    begin = time.process_time()
    tame(start + piece * 20_000)
    assert time.process_time() - begin < 1.0
