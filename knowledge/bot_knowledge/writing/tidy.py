"""What a model may not bring along: links, pictures, HTML and mentions that do not stand in the passages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_core.ports.knowledge import Passage
from bot_knowledge.writing.prompts import harmless

_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")
_LINK = re.compile(r"\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_REFERENCE = re.compile(r"\[([^\]\d][^\]]*)\]\[[^\]]*\]")
_AUTO = re.compile(r"<((?:https?|ftp|tg|mailto|data|javascript):[^>\s]*)>", re.IGNORECASE)
_BARE = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,11}://|www\.|data:|javascript:|mailto:)[^\s<>()\[\]（）【】，。；！？、」』\"']+",
    re.IGNORECASE,
)
_HTML = re.compile(r"<!--.*?(?:-->|$)|</?[a-zA-Z][^<>]*>?", re.DOTALL)
_EVERYONE = re.compile(r"@(?:everyone|here|channel|all|所有人|全体成员|全体)(?![\w])", re.IGNORECASE)
_MENTION = re.compile(r"<@[!&]?\d+>|<#\d+>|(?<![\w.])@[\w\u4e00-\u9fff-]+")


class Tidy:
    """Knows what stands in the passages and takes out of a sentence what does not."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._known = "\n".join(f"{passage.text}\n{passage.url}" for passage in passages).lower()

    def clean(self, sentence: str) -> str:
        """Return the sentence without pictures, HTML, and links and mentions that are not the documents' own."""
        text = harmless(sentence)
        text = _IMAGE.sub("", text)
        text = _LINK.sub(lambda match: match[0] if self._stands(match[2]) else match[1], text)
        text = _REFERENCE.sub(r"\1", text)
        text = _AUTO.sub(lambda match: match[1] if self._stands(match[1]) else "", text)
        text = _MENTION.sub(
            lambda match: match[0] if self._mentioned(match[0]) else "", _EVERYONE.sub("", text)
        )
        text = _HTML.sub("", text)
        text = _BARE.sub(lambda match: match[0] if self._stands(match[0]) else "", text)
        return re.sub(r"[ \t]{2,}", " ", text).strip()

    def _mentioned(self, name: str) -> bool:
        return not name.startswith("<") and name.lower() in self._known

    def _stands(self, address: str) -> bool:
        address = address.lower().rstrip(".,:;!?/")
        return len(address) > 3 and self._whole(address)

    def _whole(self, address: str) -> bool:
        """Say whether an address stands in the passages as a whole, not as the beginning of another."""
        end = r"(?![\w%=&?#-])(?!\.\w)(?!/[\w?#])"
        return re.search(rf"(?<![\w.-]){re.escape(address)}/?{end}", self._known) is not None
