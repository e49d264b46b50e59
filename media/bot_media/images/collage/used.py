"""Which words of a prompt the collage maker uses: those that name something it can draw, or how."""

from __future__ import annotations

import asyncio
import re

from bot_media.images.collage import lexicon
from bot_media.images.collage.icons import Icon, IconPack
from bot_media.images.collage.splitting import known_words, meanings, modifiers, placed_tokens

TABLES = ("colour", "count", "size", "time", "weather", "place", "style")
ALWAYS = frozenset(["moon", "sun", "mountain", "mountains", "peaks"]) | frozenset(
    ["月亮", "明月", "圆月", "满月", "太阳", "烈日", "山", "雪山"]
)
PARTICLES = frozenset(
    "的了在里上下中着和与是有个只条张一座位匹头朵片"
)  # say nothing to a maker, cost nothing
HAN = re.compile(r"[\u4e00-\u9fff]")


class CollagePromptReader:
    """The PromptReader port over the collage's own reading; the pack is opened at the first use."""

    def __init__(self) -> None:
        self._pack = IconPack()

    async def spans(self, text: str) -> list[tuple[str, bool]]:
        """Return the words and phrases, each with whether something is drawn for it."""
        return await asyncio.to_thread(self._spans, text.lower())

    def _spans(self, text: str) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        placed = list(placed_tokens(text, self._pack.words))
        dropped = modifiers(text, placed, self._named)
        for number, (word, _, _) in enumerate(placed):
            if word in PARTICLES or (word in lexicon.LITTLE and len(word) < 4):
                continue
            used = number not in dropped and self._used(word)
            run = bool(found) and not used and not found[-1][1]
            if run and HAN.fullmatch(word) and HAN.match(found[-1][0][-1]):
                found[-1] = (found[-1][0] + word, False)  # letters of one Chinese word that is not known
            else:
                found.append((word, used))
        return found

    def _named(self, word: str) -> Icon | None:
        return None if word in known_words() or word.isdigit() else self._pack.words.get(word)

    def _used(self, word: str) -> bool:
        if word in lexicon.LITTLE:
            return False
        known = word.isdigit() or word in ALWAYS or any(word in meanings(name) for name in TABLES)
        return known or word in self._pack.words
