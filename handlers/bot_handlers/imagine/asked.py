"""What was asked for, read and checked; and what is asked back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot_core.actions import Action, Press
from bot_core.errors import BadInput
from bot_core.events import Attachment
from bot_core.files import FileRef
from bot_core.identity import Locale, Words
from bot_core.ports.work import JobState, JobView
from bot_core.replies import Button, Reply, Style, say
from bot_handlers.imagine import words
from bot_handlers.imagine.options import StudioOptions


def examples(options: StudioOptions, locale: Locale) -> Reply:
    """Return prompts to press, for who gave none."""
    rows = [
        (Button(example.of(locale)[:80], Action.PROMPT_EXAMPLE, index=number),)
        for number, example in enumerate(options.examples)
    ]
    return say(words.TRY.of(locale), *rows, private=True)


def remix(press: Press, locale: Locale) -> Reply:
    """Ask for other words before a variation: the form opens where its button is pressed."""
    said = words.REMIX_FIRST.of(locale).format(n=press.index + 1)
    button = Button(words.REMIX.of(locale), Action.REMIX, press.subject, press.index, Style.PRIMARY)
    strong = Button("🪄", Action.VARY_STRONG, press.subject, press.index)
    return say(said, (button, strong), private=True)


def made(view: JobView) -> tuple[FileRef, ...]:
    """Return a finished job's pictures without the grid."""
    if view.state is not JobState.DONE or view.result is None:
        return ()
    files = view.result.files
    return files[1:] if len(files) > 1 else files


def sent_pictures(attachments: Sequence[Attachment]) -> tuple[FileRef, ...]:
    for attachment in attachments:
        if not attachment.media_type.startswith("image/") or attachment.file is None:
            said = words.NOT_A_PICTURE
            name = attachment.name
            raise BadInput("no picture", Words(said.zh.format(name=name), said.en.format(name=name)))
    return tuple(attachment.file for attachment in attachments if attachment.file is not None)


def read_area(text: str) -> str:
    """Return a rectangle as it was given, checked."""
    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError:
        raise BadInput(f"area {text[:40]!r}", words.WRONG_AREA) from None
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInput(f"area {text[:40]!r}", words.WRONG_AREA)
    return f"{left:g},{top:g},{right:g},{bottom:g}"


def keys(files: Sequence[FileRef]) -> list[list[str | int]]:
    return [[file.key, file.media_type, file.size, file.name] for file in files]
