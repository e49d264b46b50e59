"""Inline keyboards: the reply's buttons, what may be asked next, and the marks of a vote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot_adapters.telegram.sentences import IN_MY_WORDS, REASONS
from bot_adapters.telegram.wire import Json
from bot_core.actions import Action, Press
from bot_core.answers import VoteReason, VoteValue
from bot_core.errors import ForgedButton
from bot_core.identity import Locale
from bot_core.replies import Button, Reply, Style
from bot_core.tokens import Signer

LABEL = 60  # characters; Telegram shows 64 at most
WIDEST = 8  # buttons in a row
MOST = 100  # buttons in all
MARK = "✓ "
WORDS = "w:"  # before a token: say in your own words what was wrong
STYLES = {Style.PRIMARY: "primary", Style.DANGER: "danger"}
VOTES = {Action.VOTE_UP: VoteValue.UP, Action.VOTE_DOWN: VoteValue.DOWN}

Rows = list[list[Json]]


def button(label: str, data: str, style: str = "") -> Json:
    """Return a button that comes back to us as ``data``."""
    made: Json = {"text": shortened(label, LABEL) or "·", "callback_data": data}
    if style:
        made["style"] = style
    return made


def link(label: str, url: str) -> Json:
    """Return a button that opens an address."""
    return {"text": shortened(label, LABEL), "url": url}


def markup(rows: Sequence[Sequence[Json]]) -> Json:
    """Return the keyboard, with rows that are too wide broken and no more buttons than there may be."""
    broken = [list(row[n : n + WIDEST]) for row in rows for n in range(0, len(row), WIDEST)]
    kept: Rows = []
    count = 0
    for row in broken:
        count += len(row)
        if count > MOST:
            break
        kept.append(row)
    return {"inline_keyboard": kept}


def rows_of(reply: Reply, signer: Signer, community: str) -> Rows:
    """Return a reply's rows, its follow-up questions first."""
    follow = [
        [button(text, signer.sign(community, Press(Action.FOLLOW_UP, reply.answer, index)))]
        for index, text in enumerate(reply.follow_ups[:8])
        if reply.answer
    ]
    return [*follow, *([_button(one) for one in row if one.token] for row in reply.rows)]


def _button(one: Button) -> Json:
    label = MARK + one.label if one.style is Style.CHOSEN else one.label
    return button(label, one.token, STYLES.get(one.style, ""))


def voted(
    rows: Iterable[Sequence[Json]], signer: Signer, community: str, vote: VoteValue, reason: VoteReason | None
) -> Rows:
    """Return a keyboard with what was pressed marked, and without the reasons of before."""
    out: Rows = []
    for row in rows:
        read = [(one, _press(one, signer, community)) for one in row]
        asked = about_reasons(row) or any(press and press.action is Action.REASON for _, press in read)
        if not asked or reason is not None:
            out.append([_marked(one, press, vote, reason) for one, press in read])
    return out


def about_reasons(row: Sequence[Json]) -> bool:
    """Tell whether a row ends the question what was wrong."""
    return any(str(one.get("callback_data", "")).startswith(WORDS) for one in row)


def _marked(one: Json, press: Press | None, vote: VoteValue, reason: VoteReason | None) -> Json:
    label = str(one["text"]).removeprefix(MARK)
    chosen = press is not None and (
        VOTES.get(press.action) is vote
        or (press.action is Action.REASON and reason is not None and press.index == _index(reason))
    )
    return {**one, "text": (MARK if chosen else "") + label}


def _press(one: Json, signer: Signer, community: str) -> Press | None:
    data = str(one.get("callback_data") or "")
    try:
        return signer.read(community, data)
    except ForgedButton:
        return None


def reasons(signer: Signer, community: str, answer: str, locale: Locale) -> Rows:
    """Return the rows that ask why an answer was voted down."""
    made = [
        button(
            REASONS[reason].of(locale), signer.sign(community, Press(Action.REASON, answer, _index(reason)))
        )
        for reason in VoteReason
    ]
    token = signer.sign(community, Press(Action.VOTE_DOWN, answer))
    return [made[:3], [*made[3:], button(IN_MY_WORDS.of(locale), WORDS + token)]]


def _index(reason: VoteReason) -> int:
    return tuple(VoteReason).index(reason)


def shortened(text: str, most: int) -> str:
    """Return a text on one line, at most ``most`` characters long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
