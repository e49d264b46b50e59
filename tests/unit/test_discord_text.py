"""Discord's texts: small Markdown in, pages that Discord takes out."""

from __future__ import annotations

import base64
import re

from hypothesis import given
from hypothesis import strategies as st

from bot_adapters.discord.markdown import columns, to_discord
from bot_adapters.discord.split import FENCE, shortened, size, split
from bot_adapters.discord.waveform import waveform

PIECES = st.sampled_from(
    ["word ", "一句话。", "A sentence. ", "\n", "\n\n", "```py\nx = 1\ny = 2\n```\n", "😀", "e\u0301", "👩\u200d👩\u200d👧",
     "```", "`code`", "**bold** ", "- item\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "x" * 70, "~~~\nraw\n~~~\n"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=60).map("".join)


@given(TEXTS, st.integers(60, 300))
def test_pages_fit_and_close_their_fences(text, limit):
    """Every page is within the limit, not blank, with all of its fences closed."""
    for page in split(to_discord(text), limit):
        assert size(page) <= limit
        assert page.strip()
        assert page.count(FENCE) % 2 == 0
        opened = False
        for line in page.split("\n"):
            if line.startswith(FENCE):
                opened = not opened
        assert not opened


@given(TEXTS, st.integers(60, 300))
def test_no_letter_is_lost(text, limit):
    """The pages together hold every letter, in order; only blanks, and fences at the cuts, differ."""

    def letters(words):
        return re.sub(r"^```[\w+#.-]*$|[\s`']", "", words, flags=re.MULTILINE)

    shown = to_discord(text)
    assert letters("\n".join(split(shown, limit))) == letters(shown)


def test_cuts_are_where_readers_expect_them():
    """Paragraphs before lines, lines before sentences, sentences before words; never within an emoji."""
    assert split("One. Two.\n\nThree. Four.", 15) == ["One. Two.", "Three. Four."]
    assert split("第一句。第二句。第三句。", 9) == ["第一句。第二句。", "第三句。"]
    assert split("alpha beta gamma", 11) == ["alpha beta", "gamma"]
    assert split("👩\u200d👩\u200d👧" * 3, 10) == ["👩\u200d👩\u200d👧"] * 3


def test_a_fence_is_opened_again_with_its_language():
    """Each part of a long code block is a block of the same language."""
    pages = split("```rust\n" + "\n".join(f"let x{n} = {n};" for n in range(20)) + "\n```", 120)
    assert len(pages) > 2
    assert all(page.startswith("```rust\n") and page.endswith("\n```") for page in pages)


def test_shortened():
    """A text that does not fit ends in an ellipsis."""
    assert shortened("short") == "short"
    cut = shortened("word " * 1000)
    assert size(cut) <= 2000 and cut.endswith("…")


def test_markdown_becomes_discords():
    """Tables are aligned or listed, small headings bold, rules drawn, pictures links, spoilers escaped."""
    assert to_discord("#### Times **now**") == "**Times now**"
    assert to_discord("### Stays") == "### Stays"
    assert to_discord("a || b `c || d`") == "a \\|\\| b `c || d`"
    assert to_discord("![map](https://x.org/m.png)") == "[map](https://x.org/m.png)"
    assert to_discord("[a](https://x.org/b(c)) d") == "[a](https://x.org/b%28c%29) d"
    assert to_discord("---") == "───"
    assert to_discord(">>> all of it") == "\\>>> all of it"
    assert to_discord("```\nopen") == "```\nopen\n```"
    table = to_discord("| 时间 | Ferry |\n|---|---|\n| 早 | `A` |")
    assert table == "```\n时间  Ferry\n────  ─────\n早    A\n```"
    wide = to_discord(f"| Name | Says |\n|---|---|\n| A | {'long ' * 20}|")
    assert wide.startswith("- **A**\n  Says: long")


def test_columns_of_wide_letters():
    """Chinese letters take two columns, combining ones none."""
    assert columns("船e\u0301") == 3


def test_a_voice_messages_wave():
    """The wave follows the sizes of the packets, at most 256 points; no Ogg gives a flat one."""
    sizes = [10] * 300 + [200] * 300
    table = b"".join(b"\xff" * (n // 255) + bytes([n % 255]) for n in (19, 40, *sizes))
    ogg = b""
    for at in range(0, len(table), 255):
        part = table[at : at + 255]
        ogg += b"OggS" + bytes(22) + bytes([len(part)]) + part + bytes(sum(part))
    wave = base64.b64decode(waveform(ogg))
    assert len(wave) == 256
    assert wave[0] == 0 and wave[-1] == 255
    assert set(base64.b64decode(waveform(b"RIFF"))) == {0}
