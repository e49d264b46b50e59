"""What a community's studio allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot_core.identity import ADMIN, HELPER, Locale, Words
from bot_core.prompt import Rules

STYLES: Mapping[str, str] = {
    "ink": "ink wash painting",
    "watercolour": "watercolour",
    "papercut": "paper cut-out",
    "night": "at night, deep blue",
    "poster": "flat poster, bold colours",
    "pastel": "soft pastel colours",
}

COLLAGE = Words("内置拼贴", "built-in collage")
EXAMPLES = (
    Words("雨夜小巷里的一只狐狸，水彩", "a red fox at night, watercolour"),
    Words("两座雪山和一轮大大的月亮，墨色", "two snowy mountains under a huge moon, ink wash"),
    Words("海边的 {猫，狗}，夕阳 --ar 3:2", "a {cat, dog} by the sea at sunset --ar 3:2"),
    Words("三只气球飞过春天的花田", "three balloons over a field of spring flowers"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one member may have: jobs that wait, jobs that wait or run, pictures of one day, cost units a month in fast.

    0 is no bound of ours; without ``fast`` all their jobs are relaxed.
    """

    waiting: int = 0
    open: int = 0
    a_day: int = 0
    budget: float = 0.0
    fast: bool = True


@dataclass(frozen=True, slots=True)
class StudioOptions:
    """``profile`` names the maker; ``grid`` and ``full`` are the side, in pixels, of one picture of 1:1.

    ``jobs`` bounds the permutations and repeats of one prompt; ``ask_from`` asks for a confirmation from so many.
    """

    profile: str = "collage"
    maker: Words = COLLAGE
    grid: int = 512
    full: int = 1024
    jobs: int = 10
    admin_jobs: int = 40
    ask_from: int = 2
    styles: Mapping[str, str] = field(default_factory=lambda: STYLES)
    examples: tuple[Words, ...] = EXAMPLES
    members: Limits = Limits()
    helpers: Limits = Limits()
    admins: Limits = Limits()

    def rules(self, *, admin: bool, more: Mapping[str, str] | None = None) -> Rules:
        """Return what a prompt may ask for; ``more`` are a community's own styles."""
        styles = {**self.styles, **(more or {})}
        return Rules(jobs=self.admin_jobs if admin else self.jobs, styles=styles)

    def limits(self, roles: Collection[str]) -> Limits:
        """Return the bounds of somebody with these roles."""
        if ADMIN in roles:
            return self.admins
        return self.helpers if HELPER in roles else self.members

    def example(self, index: int, locale: Locale) -> str | None:
        """Return an example prompt."""
        return self.examples[index].of(locale) if index < len(self.examples) else None
