"""Forms, asked field by field: choices as buttons, words as replies. Where a form stands lies in the notes."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from bot_adapters.telegram import keyboard
from bot_adapters.telegram.api import Api
from bot_adapters.telegram.commands import WrongValue, convert, form_of
from bot_adapters.telegram.errors import Gone
from bot_adapters.telegram.keys import origin_of
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.render import joined, mention, text_data
from bot_adapters.telegram.rich import Rich, bold
from bot_adapters.telegram.sentences import (
    CANCEL,
    CANCELLED,
    FIELD_TOO_LONG,
    FIELD_WRONG,
    HOW_TO_STOP,
    IN_MY_WORDS,
    MAY_SKIP,
    REPLY_HERE,
    SKIP,
    STANDS,
    STEP,
    WHAT_WAS_WRONG,
    fill,
)
from bot_adapters.telegram.wire import Json
from bot_core.commands import Argument, Command
from bot_core.errors import ForgedButton
from bot_core.events import ArgumentValue, Content, Invoked, Submitted
from bot_core.forms import Field, FieldKind, Form, Forms
from bot_core.identity import Locale, Origin, Words
from bot_core.ports.work import Notes
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

CHOICE = "f:"  # before a choice's number; what follows says which field of which form
SKIPPED, STOPPED = "s", "x"
KEPT_BYTES = 12_000  # of all fields together: what notes can hold
LONGEST = 1000  # characters of words about an answer
NOTE = Form(WHAT_WAS_WRONG, (Field("words", IN_MY_WORDS, FieldKind.TEXT, longest=LONGEST),))


@dataclass(frozen=True, slots=True)
class Open:
    """A form that is being filled in. One of ``token`` (a button's) and ``command`` says what for."""

    token: str = ""
    command: str = ""
    note: bool = False  # words about an answer, whose 👎 the token is
    community: str = ""
    place: str = ""
    values: dict[str, str] = field(default_factory=dict)
    given: dict[str, ArgumentValue] = field(default_factory=dict)
    at: int = 0
    prompt: int = 0
    last: str = ""  # the event that brought us here: a redelivery changes nothing


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom a form asks, where."""

    chat: int
    user: int
    name: str
    thread: str | None
    locale: Locale


class FormWalk:
    """Leads a member through a form; what was filled in comes back as the content of one event."""

    def __init__(
        self,
        api: Api,
        notes: Notes,
        forms: Forms,
        signer: Signer,
        commands: Mapping[str, Command],
        options: TelegramOptions,
    ) -> None:
        self._api, self._notes, self._forms, self._signer = api, notes, forms, signer
        self._commands, self._options = commands, options

    async def begin(self, asker: Asker, open_: Open) -> bool:
        """Ask the first question, in the private chat where there is one; True where it was asked there instead."""
        if asker.chat < 0:
            aside = replace(asker, chat=asker.user, thread=None)
            try:
                await self._ask(aside, open_)
                return True
            except Gone as error:
                log.info("the form is asked in the group", extra={"error": str(error)})
        await self._ask(asker, open_)
        return False

    async def opened(self, chat: int, user: int) -> Open | None:
        """Return the form that is open for a member in a chat."""
        kept = await self._notes.get(_key(chat, user))
        return Open(**json.loads(kept)) if kept else None

    async def cancel(self, asker: Asker) -> None:
        """Close the form."""
        await self.close(asker)
        await self._tell(asker, CANCELLED)

    async def close(self, asker: Asker) -> None:
        """Forget the form; what was filled in is in the journal, or not wanted."""
        await self._notes.drop(_key(asker.chat, asker.user))

    async def said(self, asker: Asker, open_: Open, text: str, event: str) -> Content | None:
        """Take words for the field that is asked; return the content where the form is complete."""
        form = await self._form(open_, asker.locale)
        if form is None or open_.last == event:
            return None
        asked = form.fields[open_.at]
        words = text.strip()
        if words == "-" and not asked.required:
            words = ""
        elif (problem := self._problem(open_, asked, words)) is not None:
            await self._tell(asker, problem)
            return None
        return await self._next(asker, replace(open_, last=event), form, {asked.name: words} if words else {})

    async def chosen(self, asker: Asker, open_: Open, data: str, event: str) -> Content | None:
        """Take a choice's button; return the content where the form is complete."""
        form = await self._form(open_, asker.locale)
        number, _, which = data.removeprefix(CHOICE).partition(":")
        if form is None or open_.last == event or number != str(open_.at):
            return None
        if which == STOPPED:
            await self.cancel(asker)
            return None
        asked = form.fields[open_.at]
        given = {}
        if which != SKIPPED:
            if not which.isdigit() or int(which) >= len(asked.choices):
                raise ForgedButton()
            given = {asked.name: asked.choices[int(which)][0]}
        return await self._next(asker, replace(open_, last=event), form, given)

    def origin(self, asker: Asker, open_: Open) -> Origin:
        """Return where the filled form comes from: the chat it was asked in, on behalf of the place it is for."""
        place = int(open_.place) if open_.place.lstrip("-").isdigit() else None
        thread = int(asker.thread) if asker.thread else None
        return origin_of(asker.chat, thread, place)

    # --- inside --------------------------------------------------------------------------------------------
    async def _next(self, asker: Asker, open_: Open, form: Form, given: dict[str, str]) -> Content | None:
        open_ = replace(open_, values={**open_.values, **given}, at=open_.at + 1)
        if sum(len(value.encode()) for value in open_.values.values()) > KEPT_BYTES:
            await self._tell(asker, fill(FIELD_TOO_LONG, most=KEPT_BYTES // 3 // len(form.fields)))
            return None
        if open_.at < len(form.fields):
            await self._ask(asker, open_)
            return None
        if open_.command:
            command = self._commands[open_.command]
            typed = {
                a.name: convert(a, open_.values[a.name]) for a in command.arguments if a.name in open_.values
            }
            return Invoked(open_.command, {**open_.given, **typed})
        values = {"reason": "other", **open_.values} if open_.note else open_.values
        return Submitted(open_.token, values)

    async def _form(self, open_: Open, locale: Locale) -> Form | None:
        if open_.note:
            return NOTE
        if open_.command:
            command = self._commands.get(open_.command)
            return form_of(command, self._missing(command, open_)) if command else None
        try:
            press = self._signer.read(open_.community, open_.token)
        except ForgedButton:
            return None
        return await self._forms.form(open_.community, press, locale)

    def _missing(self, command: Command, open_: Open) -> Sequence[Argument]:
        return [a for a in command.arguments if a.required and a.name not in open_.given]

    def _problem(self, open_: Open, asked: Field, words: str) -> Words | None:
        if len(words) > asked.longest:
            return fill(FIELD_TOO_LONG, most=asked.longest)
        if asked.kind is FieldKind.CHOICE and words.lower() not in _spellings(asked):
            shown = Words(
                "、".join(w.zh for _, w in asked.choices), ", ".join(w.en for _, w in asked.choices)
            )
            return fill(FIELD_WRONG, what=shown)
        if not words:
            return fill(FIELD_WRONG, what=asked.label)
        command = self._commands.get(open_.command)
        for argument in command.arguments if command else ():
            if argument.name == asked.name:
                try:
                    convert(argument, words)
                except WrongValue as wrong:
                    return fill(FIELD_WRONG, what=wrong.what)
        return None

    async def _ask(self, asker: Asker, open_: Open) -> None:
        form = await self._form(open_, asker.locale)
        if form is None:
            return
        asked = form.fields[open_.at]
        data: Json = {**text_data(self._question(asker, form, open_, asked)), **_thread(asker)}
        data["reply_markup"] = _choices(asked, open_.at, asker.locale) or {
            "force_reply": True,
            "selective": True,
            "input_field_placeholder": keyboard.shortened(
                (asked.hint if asked.hint.en else asked.label).of(asker.locale), 64
            ),
        }
        sent = await self._api.send("sendMessage", asker.chat, data)
        open_ = replace(open_, prompt=int(sent["message_id"]))
        body = json.dumps(asdict(open_), ensure_ascii=False)
        await self._notes.put(_key(asker.chat, asker.user), body, self._options.form_seconds)

    def _question(self, asker: Asker, form: Form, open_: Open, asked: Field) -> Rich:
        title, locale = form.title, asker.locale
        if len(form.fields) > 1:
            title = fill(STEP, title=title, n=open_.at + 1, all=len(form.fields))
        lines = [asked.label.of(locale)]
        if asked.hint.of(locale):
            lines.append(asked.hint.of(locale))
        if asked.value:
            lines.append(fill(STANDS, value=asked.value).of(locale))
        if asked.kind is not FieldKind.CHOICE:
            lines.append(REPLY_HERE.of(locale) + ("" if asked.required else MAY_SKIP.of(locale)))
            lines.append(HOW_TO_STOP.of(locale))
        rich = joined(bold(title.of(locale)), Rich("\n".join(lines)))
        return joined(mention(str(asker.user), asker.name), rich) if asker.chat < 0 else rich

    async def _tell(self, asker: Asker, words: Words) -> None:
        data = {**text_data(Rich(words.of(asker.locale))), **_thread(asker)}
        await self._api.send("sendMessage", asker.chat, data)


def _choices(asked: Field, at: int, locale: Locale) -> Json:
    """Return the buttons of a choice; nothing for words."""
    if asked.kind is not FieldKind.CHOICE:
        return {}
    made = [
        keyboard.button(words.of(locale), f"{CHOICE}{at}:{n}")
        for n, (_, words) in enumerate(asked.choices[: keyboard.MOST - 2])
    ]
    wide = max((len(words.of(locale)) for _, words in asked.choices), default=0)
    per_row = 1 if wide > 24 else 2 if wide > 10 else 3
    rows = [made[n : n + per_row] for n in range(0, len(made), per_row)]
    last = [] if asked.required else [keyboard.button(SKIP.of(locale), f"{CHOICE}{at}:{SKIPPED}")]
    rows.append([*last, keyboard.button(CANCEL.of(locale), f"{CHOICE}{at}:{STOPPED}")])
    return keyboard.markup(rows)


def _spellings(asked: Field) -> set[str]:
    return {value.lower() for value, _ in asked.choices}


def _thread(asker: Asker) -> Json:
    return {"message_thread_id": int(asker.thread)} if asker.thread else {}


def _key(chat: int, user: int) -> str:
    return f"telegram:form:{chat}:{user}"
