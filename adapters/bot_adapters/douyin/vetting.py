"""What goes out is judged before anybody sees it: whole replies, and growing ones sentence by sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot_adapters.douyin.sentences import UNCHECKED, WITHHELD
from bot_core.errors import NotFound
from bot_core.identity import Words
from bot_core.ports.media import Files
from bot_core.ports.safety import Decision, Moderator, Verdict
from bot_core.replies import Document, Picture, Reply, Sound, Text

END = re.compile(r"[。！？!?\n]|\.(?=\s)")


@dataclass(frozen=True, slots=True)
class Vetting:
    """Judges replies through ``moderator``; pictures are read from ``files``."""

    moderator: Moderator
    files: Files

    async def trouble(self, community: str, reply: Reply) -> Words | None:
        """Return why a reply must not be shown, None where it may."""
        for text in _texts(reply):
            words = _why(await self.moderator.text(community, text, outgoing=True))
            if words is not None:
                return words
        for part in reply.parts:
            if isinstance(part, Picture) or (
                isinstance(part, Document) and part.file.media_type.startswith("image/")
            ):
                try:
                    data = await self.files.read(part.file.key)
                except NotFound:
                    return UNCHECKED
                words = _why(await self.moderator.picture(community, data, outgoing=True))
                if words is not None:
                    return words
        return None

    async def shown(self, community: str, text: str) -> str:
        """Return the beginning of a growing text that may be shown: whole sentences, each found good."""
        good = 0
        for match in END.finditer(text):
            verdict = await self.moderator.text(community, text[good : match.end()], outgoing=True)
            if verdict.decision is not Decision.ALLOW:
                break
            good = match.end()
        return text[:good]


def _texts(reply: Reply) -> list[str]:
    """Return all words of a reply that a member can read or hear, joined to few checks."""
    words = [reply.text, reply.heard]
    words += [part.alt for part in reply.parts if isinstance(part, Picture)]
    words += [part.transcript for part in reply.parts if isinstance(part, Sound)]
    words += [button.label for row in reply.rows for button in row]
    words += reply.follow_ups
    passages = [f"{source.title}\n{source.passage}" for source in reply.sources]
    return [
        text for text in ("\n".join(dict.fromkeys(filter(None, words))), *dict.fromkeys(passages)) if text
    ]


def _why(verdict: Verdict) -> Words | None:
    if verdict.decision is Decision.ALLOW:
        return None
    return UNCHECKED if verdict.category == "unavailable" else WITHHELD


def withheld(words: str, before: Reply) -> Reply:
    """Return what is shown in a reply's place; an answer keeps its id, so that its drafts go away."""
    return Reply((Text(words),), answer=before.answer, outcome=before.outcome, private=before.private)
