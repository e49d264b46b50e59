"""What the studio asks before it draws and before it shows: one moderator, in sentences for the member."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot_core.errors import Moderated
from bot_core.identity import Words
from bot_core.pictures import PictureJob
from bot_core.ports.media import Files
from bot_core.ports.safety import Decision, Moderator, Verdict
from bot_media.labels import clean

PROMPT = Words(
    "这段描述不符合社区规则，所以没有画。换个说法就可以再试。",
    "These words go against the community's rules, so nothing was drawn. Other words are welcome.",
)
SENT = Words(
    "附带的图片没有通过检查，所以没有用它来画。请换一张图片，或只用文字描述。",
    "The picture that came along did not pass the check, so it was not used. Send another one, or words alone.",
)
MADE = Words(
    "画出来的图片没有通过检查，所以谁都看不到它。点 🔄 重画，或换个说法再试。",
    "What came out did not pass the check, so it is shown to nobody. Try again with 🔄, or with other words.",
)
REFUSED = (Decision.REFUSE, Decision.REVIEW)  # nobody is there to review before it is shown


class PictureRefused(Moderated):
    """Words or pictures of a job were refused; ``words`` say which and what can be done."""

    def __init__(self, category: str, words: Words) -> None:
        super().__init__(category)
        if category != "unavailable":
            self.words = words


class Gate:
    """Without a moderator pictures are decoded within bounds and pass."""

    def __init__(self, moderator: Moderator | None, files: Files) -> None:
        self._moderator, self._files = moderator, files

    async def before(self, community: str, wish: PictureJob) -> None:
        """Check the words and the pictures of a job. Raises PictureRefused, BadInput, NotFound."""
        for ref in wish.inputs:
            data = await asyncio.to_thread(clean, await self._files.read(ref.key))
            if self._moderator is not None:
                _raise(await self._moderator.picture(community, data), SENT)
        if self._moderator is not None:
            for prompt in dict.fromkeys(step.prompt for step in wish.steps if step.prompt):
                _raise(await self._moderator.text(community, prompt), PROMPT)

    async def after(self, community: str, pictures: Sequence[bytes]) -> None:
        """Check what was made. Raises PictureRefused."""
        if self._moderator is None:
            return
        for data in pictures:
            _raise(await self._moderator.picture(community, data, outgoing=True), MADE)

    async def preview(self, community: str, key: str) -> bool:
        """Tell whether a preview may be shown; one that may not is removed."""
        if self._moderator is None:
            return True
        data = await self._files.read(key)
        verdict = await self._moderator.picture(community, data, outgoing=True)
        if verdict.decision in REFUSED:
            await self._files.delete(key)
            return False
        return True


def _raise(verdict: Verdict, words: Words) -> None:
    if verdict.decision in REFUSED:
        raise PictureRefused(verdict.category, words)
