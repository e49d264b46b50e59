"""The line under what a program made says what it made."""

import pytest
from yinlu_testing.discord_house import KeptFiles
from yinlu_testing.web import SIGNER

from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.render import Renderer as DiscordRenderer
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.render import Renderer as TelegramRenderer
from bot_core.identity import Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import Label, Picture, Reply, Text
from bot_safety import tame


async def shown(platform, reply):
    """Return all words that a platform shows for a reply."""
    files = KeptFiles()
    ref = await files.put(b"png", "image/png", "p.png")
    if reply.parts[1:]:
        reply = Reply((reply.parts[0], Picture(ref, "a fox")), label=reply.label)
    out = Outgoing("e", 0, Origin(platform, "1", "2"), "harbour", f"{platform}:4", reply)
    if platform == "discord":
        pages = await DiscordRenderer(tame, files, SIGNER, DiscordOptions()).pages(out)
        return "\n".join(page.data["content"] for page in pages)
    posts = await TelegramRenderer(SIGNER, files, tame, TelegramOptions()).posts(out)
    return "\n".join(str(post.data.get("caption") or post.data.get("text")) for post in posts)


@pytest.mark.parametrize("platform", ["discord", "telegram"])
async def test_pictures_are_drawn_and_answers_are_written(platform):
    """Pictures have no sources to be checked against."""
    answer = await shown(platform, Reply((Text("Seven days."),), label=Label.GENERATED))
    assert "check it against its sources" in answer or "请以来源原文为准" in answer
    picture = await shown(platform, Reply((Text("a fox"), Text("")), label=Label.GENERATED))
    assert "sources" not in picture
    assert "Drawn by a program." in picture or "图片由程序生成。" in picture
