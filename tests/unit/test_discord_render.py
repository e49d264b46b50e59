"""Whatever a reply holds, Discord takes what is made of it."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from yinlu_testing.discord_house import KeptFiles
from yinlu_testing.discord_rules import message_faults, pinged
from yinlu_testing.web import SIGNER

from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.render import Renderer
from bot_core.actions import Action, Press
from bot_core.answers import Citation
from bot_core.identity import Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import Button, Label, Reply, Style, Text
from bot_safety import tame

PIECES = [
    *"ab 船。\n`*|_#>-<@!&[]()😀:/.\u200b",
    "@everyone",
    "```",
    "https://evil.example/x",
    "<@5>",
    "<@&6>",
    "\n```py\n",
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
LONG = st.builds(lambda word, times: word * times, WORDS, st.integers(1, 120))
CITATIONS = st.builds(
    lambda n, title, quote, url: Citation(n, "a.md", title, (title,), quote, quote, "p", "v", url=url),
    st.integers(1, 40), LONG, LONG, st.sampled_from(["", "https://ok.example/a(b)", "https://ok.example/" + "x" * 2000]),
)  # fmt: skip
RENDERER = Renderer(tame, KeptFiles(), SIGNER, DiscordOptions())


def _button(label: str, index: int) -> Button:
    token = SIGNER.sign("harbour", Press(Action.PATH_CHOICE, "0" * 24, index))
    return Button(label, Action.PATH_CHOICE, index=index, style=Style.PRIMARY, token=token)


BUTTONS = st.lists(st.lists(st.builds(_button, LONG, st.integers(0, 255)), max_size=7).map(tuple), max_size=9)


@settings(max_examples=150)
@given(LONG, st.lists(CITATIONS, max_size=28), BUTTONS, st.lists(LONG, max_size=7))
def test_every_page_is_taken_and_nobody_rings(text, sources, rows, follow_ups):
    """Pages keep every limit of Discord's, hold at least something, and make nobody's device ring."""
    reply = Reply(
        (Text(text),),
        tuple(sources),
        tuple(rows),
        label=Label.GENERATED,
        answer="a" * 24,
        follow_ups=tuple(follow_ups),
    )
    origin = Origin("discord", "1", "2")
    pages = asyncio.run(RENDERER.pages(Outgoing("discord:2-3", 0, origin, "harbour", "discord:4", reply)))
    assert pages
    for page in pages:
        assert message_faults(page.data, [], editing=False) == []
        assert pinged(page.data) == []
        if not any("evil.example" in source.passage for source in sources):
            assert "evil.example" not in page.data["content"]
