"""What is wrong with a prompt, where, and what would be right."""

from __future__ import annotations

from bot_core.errors import BadInput
from bot_core.identity import Words

SHOWN = 40  # characters of the member's own words that an error repeats


class PromptWrong(BadInput):
    """A prompt that can't be drawn as it stands; ``position`` counts characters from 1, 0 where no place is to blame."""

    def __init__(self, position: int, found: str, takes: Words) -> None:
        self.position, self.found, self.takes = position, found, takes
        shown = found if len(found) <= SHOWN else found[: SHOWN - 1] + "…"
        at = (
            Words(f"第 {position} 个字符", f"Character {position}")
            if position
            else Words("提示词", "The prompt")
        )
        quoted = Words(f"「{shown}」", f" “{shown}”") if shown else Words("", "")
        words = Words(f"{at.zh}{quoted.zh}：{takes.zh}", f"{at.en}{quoted.en}: {takes.en}")
        super().__init__(f"prompt wrong at {position}: {takes.en}", words)
