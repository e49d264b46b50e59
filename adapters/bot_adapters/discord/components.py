"""Buttons as Discord's component rows: five of five, labels of 80, no custom_id twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot_adapters.discord.split import clipped
from bot_core.actions import Action
from bot_core.answers import VoteValue
from bot_core.errors import ForgedButton
from bot_core.replies import Button, Reply, Style, VoteShown
from bot_core.tokens import Signer

Json = dict[str, Any]

ROW, BUTTON = 1, 2
ROWS, ACROSS = 5, 5
LABEL = 80
SECONDARY, SUCCESS = 2, 3
STYLES = {Style.PRIMARY: 1, Style.PLAIN: SECONDARY, Style.CHOSEN: SUCCESS, Style.DANGER: 4}
VOTES = {Action.VOTE_UP: VoteValue.UP, Action.VOTE_DOWN: VoteValue.DOWN}


def keyboards(reply: Reply, follow_up: Callable[[int], str]) -> list[list[Json]]:
    """Return the component rows of a reply, at most five to a message; ``follow_up`` signs the nth question's button."""
    rows = [list(row) for row in reply.rows if row]
    asked = [
        Button(text, Action.FOLLOW_UP, reply.answer or "", n, token=follow_up(n))
        for n, text in enumerate(reply.follow_ups[:ACROSS] if reply.answer else ())
    ]
    rows += [asked] if asked else []
    seen: set[str] = set()
    made = [made for row in rows for made in _rows(row, seen)]
    return [made[at : at + ROWS] for at in range(0, len(made), ROWS)]


def _rows(buttons: Sequence[Button], seen: set[str]) -> list[Json]:
    shown: list[Json] = []
    for button in buttons:
        if not button.token or button.token in seen:
            continue
        seen.add(button.token)
        label = clipped(" ".join(button.label.split()), LABEL)
        shown.append(
            {"type": BUTTON, "style": STYLES[button.style], "label": label or "·", "custom_id": button.token}
        )
    return [{"type": ROW, "components": shown[at : at + ACROSS]} for at in range(0, len(shown), ACROSS)]


def voted(components: Sequence[Json], vote: VoteShown, signer: Signer, community: str) -> list[Json] | None:
    """Return a message's components with this vote shown, None where they don't carry its buttons."""
    found = False
    rows: list[Json] = []
    for row in components:
        buttons = []
        for button in row.get("components", ()):
            value = _value(button.get("custom_id", ""), vote.answer, signer, community)
            if value is not None:
                found = True
                button = {**button, "style": SUCCESS if value is vote.value else SECONDARY}
            buttons.append(button)
        rows.append({**row, "components": buttons})
    return rows if found else None


def _value(token: str, answer: str, signer: Signer, community: str) -> VoteValue | None:
    try:
        press = signer.read(community, token)
    except ForgedButton:
        return None
    return VOTES.get(press.action) if press.subject == answer else None
