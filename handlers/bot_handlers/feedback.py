"""Votes: every press is recorded, the last one wins, thanks are quiet."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.actions import Action, Press
from bot_core.answers import Vote, VoteReason, VoteValue
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import BadInput
from bot_core.events import Incoming, Pressed, Submitted
from bot_core.identity import Words
from bot_core.ports.ledger import Ledger
from bot_core.replies import Reply, Text, VoteShown
from bot_handlers.human.words import human_rows

THANKS = Words("已记下，谢谢。", "Noted, thank you.")
TOO_LONG = Words("说明请控制在 {n} 字以内。", "Please keep the note under {n} characters.")
VALUES = {Action.VOTE_UP: VoteValue.UP, Action.VOTE_DOWN: VoteValue.DOWN, Action.REASON: VoteValue.DOWN}
REASONS = tuple(VoteReason)


@dataclass(frozen=True, slots=True)
class FeedbackHandler:
    """Takes 👍, 👎, a reason's button, and the form behind 👎."""

    ledger: Ledger
    longest: int = 1000  # characters of a note

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Record a vote; None for everything else."""
        content = incoming.content
        if not isinstance(content, Pressed | Submitted) or content.press is None:
            return None
        if content.press.action not in VALUES:
            return None
        values = content.values if isinstance(content, Submitted) else {}
        vote = self._vote(
            incoming, conversation, content.press, values.get("reason"), values.get("words", "")
        )
        await self.ledger.vote(vote)
        shown = VoteShown(vote.answer, vote.value, vote.reason)
        rows = human_rows(vote.answer, incoming.locale) if vote.value is VoteValue.DOWN else ()
        thanks = Text(THANKS.of(incoming.locale))
        await conversation.send(Reply((thanks,), rows=rows, private=True, vote=shown))
        return Handled("feedback")

    def _vote(
        self, incoming: Incoming, conversation: Conversation, press: Press, reason: str | None, words: str
    ) -> Vote:
        words = words.strip()
        if len(words) > self.longest:
            limit = str(self.longest)
            said = Words(TOO_LONG.zh.replace("{n}", limit), TOO_LONG.en.replace("{n}", limit))
            raise BadInput("the note is too long", said)
        return Vote(
            answer=press.subject,
            community=conversation.community,
            person=incoming.person.id,
            value=VALUES[press.action],
            time=incoming.time,
            reason=_reason(press, reason),
            words=words,
        )


def _reason(press: Press, given: str | None) -> VoteReason | None:
    if press.action is Action.REASON:
        if press.index >= len(REASONS):
            raise BadInput(f"reason {press.index}")
        return REASONS[press.index]
    if not given or press.action is Action.VOTE_UP:
        return None
    try:
        return VoteReason(given)
    except ValueError:
        raise BadInput(f"reason {given[:20]!r}") from None
