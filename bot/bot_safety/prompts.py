"""Words for pictures: what is never drawn, whatever a community allows; the community's own list is the inner moderator's.

One thing alone is built in: sexual pictures of children. A prompt is refused where it names somebody young and something
sexual. Both lists hold words that mean it by themselves; what only sounds like it ("breast", "naked eye", 裸眼) is let
pass, and stronger taste is a community's own list.
"""

from __future__ import annotations

import re

from bot_core.ports.safety import Decision, Moderator, Verdict
from bot_safety.normal import normal
from bot_safety.rules import Rule

MINORS = "minors"
_ALONE = (
    *("loli hentai", "lolicon", "shotacon", "child porn", "kiddie porn", "preteen porn", "jailbait", "csam"),
    *("儿童色情", "幼女色情", "幼童色情", "未成年色情", "炼铜", "恋童"),
)
_YOUNG = (
    *(
        "child",
        "children",
        "kid",
        "kids",
        "toddler",
        "toddlers",
        "baby",
        "infant",
        "minor",
        "minors",
        "underage",
    ),
    *("preteen", "preteens", "tween", "teen", "teens", "teenage", "teenager", "teenagers", "loli", "shota"),
    *("schoolgirl", "schoolgirls", "schoolboy", "schoolboys", "little girl", "little girls", "little boy"),
    *(
        "little boys",
        "young girl",
        "young girls",
        "young boy",
        "young boys",
        "high school girl",
        "kindergartner",
    ),
    *(
        "儿童",
        "小孩",
        "孩子",
        "女童",
        "男童",
        "幼女",
        "幼童",
        "幼儿",
        "婴儿",
        "宝宝",
        "未成年",
        "小女孩",
        "小男孩",
    ),
    *("少女", "少年", "萝莉", "正太", "小学生", "初中生", "中学生", "高中生", "女学生", "小朋友"),
)
_SEXUAL = (
    *(
        "nude",
        "nudes",
        "nudity",
        "naked",
        "topless",
        "bottomless",
        "undressed",
        "sex",
        "sexy",
        "sexual",
        "sexually",
    ),
    *(
        "erotic",
        "erotica",
        "porn",
        "porno",
        "pornographic",
        "nsfw",
        "hentai",
        "ecchi",
        "xxx",
        "genitals",
        "penis",
    ),
    *("vagina", "nipple", "nipples", "lingerie", "orgasm", "masturbating", "blowjob", "bondage", "seductive"),
    *("without clothes", "no clothes", "wearing nothing"),
    *(
        "裸体",
        "全裸",
        "半裸",
        "裸露",
        "赤裸",
        "裸照",
        "裸女",
        "裸着",
        "光着身子",
        "脱光",
        "没穿衣服",
        "不穿衣服",
    ),
    *(
        "一丝不挂",
        "色情",
        "情色",
        "性感",
        "性爱",
        "性交",
        "做爱",
        "露点",
        "乳头",
        "阴部",
        "生殖器",
        "内衣诱惑",
    ),
    *("情趣", "诱惑", "成人内容", "十八禁"),
)
# Taken out before the lists are looked for: harmless sentences that hold their words.
_HARMLESS = (
    *(
        "naked eye",
        "naked eyes",
        "naked mole rat",
        "naked mole rats",
        "naked oats",
        "naked flame",
        "naked truth",
    ),
    *(
        "nude colour",
        "nude color",
        "nude lipstick",
        "nude tones",
        "sex education",
        "sex ed",
        "same sex",
        "sex pistols",
    ),
    *(
        "baby blue",
        "baby pink",
        "baby's breath",
        "baby grand",
        "teen titans",
        "minor key",
        "c minor",
        "ursa minor",
    ),
    *(
        "裸眼",
        "裸子植物",
        "裸机",
        "裸辞",
        "裸婚",
        "裸色",
        "裸妆",
        "赤裸裸的真相",
        "性感应",
        "中性感",
        "弹性感",
    ),
    *("情趣横生", "生活情趣", "富有情趣", "有情趣", "少年宫", "美食诱惑"),
)
_AGE = re.compile(
    r"(?<!\d)(?:1[0-7]|[1-9])\s{0,2}-?\s{0,2}(?:years?[\s-]{0,2}olds?|yrs?[\s-]{0,2}old|yo\b|y/o\b|岁)"
    r"|\bage[ds]?\s{1,2}(?:1[0-7]|[1-9])(?!\d)|十[一二三四五六七]?岁|(?<!十)[一二三四五六七八九]岁"
)
_THINGS = re.compile(r"\b(?:whisky|whiskey|wine|cheese|tree|building|house|car)\b")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s._*|-]{1,3}){2,20}[^\W\d_](?![^\W_])")
_DIGITS = re.compile(r"(?<![^\W_])(?=[a-z@$013457]*[a-z])[a-z@$013457]{3,20}(?![^\W_])")
_LETTERS = str.maketrans("013457@$", "oieastas")


class PicturePrompts:
    """The Moderator port for what is drawn: refuses sexual pictures of children, then asks ``inner``."""

    def __init__(self, inner: Moderator) -> None:
        self._inner = inner
        self._alone, self._young, self._sexual, self._harmless = (
            Rule(MINORS, Decision.REFUSE, words=words) for words in (_ALONE, _YOUNG, _SEXUAL, _HARMLESS)
        )

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a prompt."""
        if any(map(self._refused, spellings(text))):
            return Verdict(Decision.REFUSE, MINORS)
        return await self._inner.text(community, text, outgoing=outgoing)

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Judge a picture as ``inner`` does."""
        return await self._inner.picture(community, data, outgoing=outgoing)

    def _refused(self, text: str) -> bool:
        if self._alone.spans(text):
            return True
        for start, end in reversed(self._harmless.spans(text)):
            text = f"{text[:start]} , {text[end:]}"
        if not self._sexual.spans(text):
            return False
        return bool(self._young.spans(text)) or (_AGE.search(text) is not None and not _THINGS.search(text))


def spellings(text: str) -> set[str]:
    """Return the forms a prompt is looked at in: plain, with spaced-out words closed, with digits read as letters."""
    plain = normal(text).text
    closed = _SPACED.sub(lambda match: re.sub(r"[\s._*|-]", "", match[0]), plain)
    return {plain, closed, _DIGITS.sub(lambda match: match[0].translate(_LETTERS), closed)}
