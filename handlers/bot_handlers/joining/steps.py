"""How each step looks, and the form behind the introduction."""

from __future__ import annotations

from collections.abc import Sequence

from bot_core.actions import Action
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Locale, Person, Words, short_id
from bot_core.replies import Button, Reply, Style, Text
from bot_handlers.joining.path_file import Step, StepKind
from bot_handlers.people.language import LOCALES, NAMES

GO, ACCEPT = Words("继续", "Continue"), Words("同意规则", "Accept the rules")
WRITE, SKIP, STOP = (
    Words("介绍自己", "Introduce yourself"),
    Words("跳过", "Skip"),
    Words("先停下", "Stop here"),
)
STOPPED = Words("好的，先停在这里。用 `/join` 可以接着走。", "All right, stopped. `/join` goes on from here.")
ADMITTED = Words("已经让你进来了，欢迎！", "You have been let in. Welcome!")
MANY = Words("欢迎新来的各位！用 `/join` 开始。", "Welcome, everybody who just came! `/join` leads you in.")
FINISHED = Words("你已经走完了，有问题直接问我。", "You have been through it all; just ask me anything.")
FORM = Form(
    Words("介绍自己", "Introduce yourself"),
    (
        Field("name", Words("怎么称呼你", "What to call you"), longest=60),
        Field("words", Words("说几句", "A few words"), FieldKind.TEXT, longest=1000),
    ),
)
SKIPPED = 200  # the index of a choice that skips the step
LABELS = {StepKind.RULES: ACCEPT, StepKind.INTRODUCE: WRITE}


def subject_of(community: str, person: str) -> str:
    """Return what a newcomer's buttons are about: their own path, nobody else's."""
    return short_id("path", community, person)


def step_reply(
    step: Step,
    number: int,
    subject: str,
    locale: Locale,
    greeted: Person,
    examples: Sequence[str],
    chosen: frozenset[int],
) -> Reply:
    """Return the message of a step with its buttons."""
    rows: list[tuple[Button, ...]] = []
    if step.kind is StepKind.LANGUAGE:
        rows.append(
            tuple(Button(NAMES[one], Action.PATH_CHOICE, subject, n) for n, one in enumerate(LOCALES))
        )
    for n, choice in enumerate(step.choices):
        style = Style.CHOSEN if n in chosen else Style.PLAIN
        rows.append((Button(choice.words.of(locale), Action.PATH_CHOICE, subject, n, style),))
    if step.kind is StepKind.QUESTIONS:
        rows += [(Button(text[:80], Action.EXAMPLE, index=n),) for n, text in enumerate(examples[:4])]
    if step.kind is not StepKind.DONE:
        rows.append(_ways_on(step, number, subject, locale))
    return Reply((Text(step.words.of(locale)),), rows=tuple(rows), greets=greeted)


def _ways_on(step: Step, number: int, subject: str, locale: Locale) -> tuple[Button, ...]:
    label = LABELS.get(step.kind, GO).of(locale)
    row = [Button(label, Action.PATH_STEP, subject, number, Style.PRIMARY)]
    if step.kind is StepKind.INTRODUCE and not step.required:
        row.append(Button(SKIP.of(locale), Action.PATH_CHOICE, subject, SKIPPED))
    return (*row, Button(STOP.of(locale), Action.PATH_STOP, subject))
