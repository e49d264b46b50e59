"""The grammar of picture prompts: pure, the same on every platform.

``read(text, rules)`` returns one ``Prompt`` per variant of a permutation, or raises ``PromptWrong`` with the place
and what is allowed, before anything is queued. The manner is Midjourney's: parameters after the words, ``::weight``
between parts, ``{a, b}`` for variants, picture links first.
"""

from bot_core.prompt.model import Part, Prompt, Ratio
from bot_core.prompt.reading import Rules, count, read
from bot_core.prompt.wrong import PromptWrong

__all__ = ["Part", "Prompt", "PromptWrong", "Ratio", "Rules", "count", "read"]
