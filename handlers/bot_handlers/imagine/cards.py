"""How a job looks to members: the message that follows it, and its pictures with their buttons. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot_core.actions import Action
from bot_core.identity import Locale, Words
from bot_core.pictures import PictureAction, PictureJob, picture_job
from bot_core.ports.work import JobState, JobView
from bot_core.prompt.model import number
from bot_core.replies import Button, Label, Part, Picture, Reply, Style, Text
from bot_handlers.imagine import words

ROW = tuple[Button, ...]


def title(picture: PictureJob, lane: str, locale: Locale) -> str:
    """Return the heading of a job: the prompt in bold, what was done, and for whom."""
    step = picture.last
    side = words.SIDES[int(step.amount) % 4] if step.action is PictureAction.PAN else Words("", "")
    return (
        words.TITLES[step.action]
        .of(locale)
        .format(
            prompt=f"**{_bold(step.prompt)}**",
            member=_bold(picture.member) or words.SOMEBODY.of(locale),
            lane=words.LANES[lane].of(locale),
            picture=step.pick + 1,
            amount=number(step.amount),
            side=side.of(locale),
        )
    )


def status(view: JobView, seconds: float, locale: Locale) -> Reply:
    """Return the message that follows a job."""
    picture = picture_job(view.job.payload)
    parts: list[Part] = [
        Text(title(picture, view.job.lane.value, locale) + "\n\n" + _state(view, seconds, locale))
    ]
    if view.state is JobState.RUNNING and view.progress is not None and view.progress.preview is not None:
        parts.append(Picture(view.progress.preview, picture.prompt.words))
    rows: tuple[ROW, ...] = ()
    if view.state in (JobState.WAITING, JobState.RUNNING):
        rows = ((Button(words.STOP.of(locale), Action.STOP, view.job.id, style=Style.DANGER),),)
    elif view.state is JobState.FAILED:
        rows = ((Button("🔄", Action.REROLL, view.job.id),),)
    return Reply(tuple(parts), rows=rows, about=view.job.id)


def pictures(
    view: JobView, maker: Words, locale: Locale, pressed: frozenset[tuple[Action, int]] = frozenset()
) -> Reply:
    """Return the new message with a finished job's pictures. ``pressed`` buttons look chosen."""
    assert view.result is not None
    picture = picture_job(view.job.payload)
    prompt = picture.prompt.words
    alt = words.ALT.of(locale).format(n=picture.last.action.pictures, prompt=prompt)
    said = words.CUT_BY if picture.last.action is PictureAction.CUTOUT else words.MADE_BY
    foot = said.of(locale).format(
        maker=_said(view, "drawn_by", maker).of(locale), seed=picture.last.seed, job=view.job.id[:8]
    )
    how = _said(view, "how", Words("", "")).of(locale)
    text = title(picture, view.job.lane.value, locale) + f"\n\n{foot}" + (f"\n{how}" if how else "")
    return Reply(
        (Text(text), Picture(view.result.files[0], alt)),
        rows=_rows(view.job.id, picture.last.action, locale, pressed),
        label=Label.GENERATED,
        made=view.job.id,
        about=view.job.id,
    )


def _rows(
    job: str, action: PictureAction, locale: Locale, pressed: frozenset[tuple[Action, int]]
) -> tuple[ROW, ...]:
    """Return the buttons under pictures; what was cut out of a member's own is no picture that a maker could go on from."""
    if action is PictureAction.CUTOUT:
        return ()
    if action is PictureAction.BACKDROP:
        return ((Button("🔄", Action.REROLL, job),),)
    return buttons(job, action.pictures, locale, pressed)


def buttons(
    job: str, count: int, locale: Locale, pressed: frozenset[tuple[Action, int]] = frozenset()
) -> tuple[ROW, ...]:
    """Return the rows under a grid (U, reroll, V) or under a single picture."""

    def make(label: str, action: Action, index: int = 0) -> Button:
        style = Style.CHOSEN if (action, index) in pressed else Style.PLAIN
        return Button(label, action, job, index, style)

    if count > 1:
        first = (*(make(f"U{n + 1}", Action.UPSCALE, n) for n in range(count)), make("🔄", Action.REROLL))
        return first, tuple(make(f"V{n + 1}", Action.VARY, n) for n in range(count))
    say = {
        "subtle": Words("🪄 微调", "🪄 Vary (subtle)"),
        "strong": Words("🪄 大改", "🪄 Vary (strong)"),
        "region": Words("🖌 局部", "🖌 Vary region"),
        "remix": Words("✏️ 改写", "✏️ Remix"),
    }
    return (
        (
            make(say["subtle"].of(locale), Action.VARY_SUBTLE),
            make(say["strong"].of(locale), Action.VARY_STRONG),
            make(say["region"].of(locale), Action.REGION),
            make(say["remix"].of(locale), Action.REMIX),
            make("⭐", Action.FAVOURITE),
        ),
        (
            make("🔍 2x", Action.ENLARGE, 2),
            make("🔍 4x", Action.ENLARGE, 4),
            make("🔎 1.5x", Action.ZOOM, 15),
            make("🔎 2x", Action.ZOOM, 20),
        ),
        tuple(make(sign, Action.PAN, n) for n, sign in enumerate(["⬅️", "➡️", "⬆️", "⬇️"])),
    )


def _state(view: JobView, seconds: float, locale: Locale) -> str:
    match view.state:
        case JobState.WAITING:
            shown = words.duration(seconds, locale)
            return words.WAITING.of(locale).format(position=view.position, seconds=shown)
        case JobState.RUNNING:
            fraction = view.progress.fraction if view.progress else 0.0
            return (
                words.RUNNING.of(locale).format(percent=int(fraction * 100))
                if fraction
                else words.NEXT.of(locale)
            )
        case JobState.DONE:
            return words.DONE.of(locale)
        case JobState.CANCELLED:
            return words.STOPPED.of(locale)
        case _:
            return words.FAILED.of(locale).format(reason=_reason(view.reason))


def _said(view: JobView, name: str, usual: Words) -> Words:
    """Return a sentence that the maker left with its result; old results have none."""
    found = view.result.data.get(name) if view.result is not None else None
    return Words(str(found["zh"]), str(found["en"])) if isinstance(found, Mapping) else usual


def _reason(reason: str) -> str:
    """Return a reason without the class name that logs carry."""
    name, _, rest = reason.partition(": ")
    return rest if rest and name.isidentifier() else reason


def _bold(text: str) -> str:
    return text.replace("*", "\\*").replace("\n", " ")
