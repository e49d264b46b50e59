"""From replies to the frames of docs/protocol.md."""

from __future__ import annotations

from bot_adapters.web.envelope import Json
from bot_core.actions import Action, Press
from bot_core.answers import Answer, AnswerRecord, Citation, Outcome, Reason, Vote
from bot_core.conversation import VOTE_LABELS
from bot_core.files import FileRef
from bot_core.identity import Locale, short_id
from bot_core.ports.work import Outgoing
from bot_core.replies import Button, Document, Label, Picture, Reply, Sound, Text
from bot_core.tokens import Signer

PASSAGES = 15_000  # characters of passages in one frame, so that it stays below 64 KiB in Chinese too
PASSAGE_LEAST = 400


class Renderer:
    """Writes replies as frames; signs what the core leaves unsigned: follow-up questions."""

    def __init__(self, signer: Signer, speaks: bool) -> None:
        self._signer, self._speaks = signer, speaks

    def delivery(self, outgoing: Outgoing) -> list[tuple[str, Json]]:
        """Return the frames (type, data) that show a delivery, in order."""
        reply = outgoing.reply
        if reply.vote is not None:
            return [("vote", vote_data(reply))]
        if reply.error is not None:
            wait = None if reply.retry_after is None else round(reply.retry_after, 1)
            return [("error", {"code": reply.error, "text": reply.text, "retry_after": wait})]
        if reply.heard:
            return [("transcript", {"text": reply.heard, "final": True})]
        if reply.answer is None:
            return [("message", message_data(message_id(outgoing.key), reply))]
        return self.answer(reply, outgoing.community, outgoing.record)

    def answer(self, reply: Reply, community: str, record: AnswerRecord | None) -> list[tuple[str, Json]]:
        """Return the frames of an answer: its sources, where it has any, and the whole of it."""
        answer = reply.answer or ""
        frames: list[tuple[str, Json]] = []
        if reply.sources:
            frames.append(("sources", {"answer": answer, "items": sources_data(reply.sources)}))
        reason = record.answer.reason if record else Reason.NONE
        frames.append(
            (
                "done",
                {
                    "answer": answer,
                    "outcome": (reply.outcome or Outcome.ANSWERED).value,
                    "text": reply.text,
                    "reason": reason.value,
                    "label": reply.label.value,
                    "buttons": rows_data(reply.rows),
                    "follow_ups": self.follow_ups(reply.follow_ups, answer, community),
                },
            )
        )
        return frames

    def follow_ups(self, texts: tuple[str, ...], answer: str, community: str) -> list[Json]:
        """Return the questions that can be pressed next."""
        return [
            {"text": text, "token": self._signer.sign(community, Press(Action.FOLLOW_UP, answer, index))}
            for index, text in enumerate(texts[:256])
        ]

    def turn(self, record: AnswerRecord, vote: Vote | None, locale: Locale) -> Json:
        """Return one question and answer as ``history`` shows them, its buttons signed anew."""
        answer = record.answer
        shown = None
        if vote is not None:
            shown = {"value": vote.value.value, "reason": vote.reason.value if vote.reason else None}
        return {
            "id": answer.id,
            "question": record.question.text,
            "answer": answer.text,
            "outcome": answer.outcome.value,
            "reason": answer.reason.value,
            "label": Label.GENERATED.value,
            "time": record.time.isoformat(),
            "sources": sources_data(answer.citations),
            "buttons": rows_data((self.vote_row(answer, record.question.community, locale),)),
            "follow_ups": self.follow_ups(answer.follow_ups, answer.id, record.question.community),
            "vote": shown,
        }

    def vote_row(self, answer: Answer, community: str, locale: Locale) -> tuple[Button, ...]:
        """Return the buttons that the core puts under an answer."""
        return tuple(
            Button(
                words.of(locale),
                action,
                answer.id,
                token=self._signer.sign(community, Press(action, answer.id)),
            )
            for action, words in VOTE_LABELS
            if action is not Action.SPEAK or self._speaks
        )


def message_id(key: str) -> str:
    """Return the id of the message that was sent under an outbox key: the same whenever it is sent again."""
    return "m_" + short_id(key)


def message_data(message: str, reply: Reply) -> Json:
    """Return a ``message``."""
    return {
        "message": message,
        "text": reply.text,
        "parts": [part for part in map(part_data, reply.parts) if part is not None],
        "buttons": rows_data(reply.rows),
        "private": reply.private,
        "made": reply.made or "",
        "keep": not reply.parts,  # only the buttons change
    }


def vote_data(reply: Reply) -> Json:
    """Return a ``vote``."""
    assert reply.vote is not None
    shown = reply.vote
    return {
        "answer": shown.answer,
        "value": shown.value.value,
        "reason": shown.reason.value if shown.reason else None,
        "text": reply.text,
    }


def rows_data(rows: tuple[tuple[Button, ...], ...]) -> list[list[Json]]:
    """Return rows of buttons."""
    return [
        [
            {
                "label": button.label,
                "token": button.token,
                "action": button.action.name.lower(),
                "style": button.style.value,
            }
            for button in row
        ]
        for row in rows
    ]


def part_data(part: Text | Picture | Sound | Document) -> Json | None:
    """Return a part that is not words."""
    match part:
        case Picture(file=file, alt=alt):
            return _file("picture", file, alt)
        case Sound(file=file, seconds=seconds, transcript=transcript):
            return {**_file("sound", file, transcript), "seconds": seconds}
        case Document(file=file):
            return _file("file", file, file.name)
        case _:
            return None


def _file(kind: str, file: FileRef, alt: str) -> Json:
    return {"kind": kind, "url": f"/files/{file.key}", "alt": alt, "media_type": file.media_type}


def sources_data(citations: tuple[Citation, ...]) -> list[Json]:
    """Return sources with their passages, long passages cut down to the surroundings of the quote."""
    room = max(PASSAGE_LEAST, PASSAGES // max(1, len(citations)))
    return [_source(citation, room) for citation in citations]


def _source(citation: Citation, room: int) -> Json:
    passage, start, end = _window(citation.passage, citation.start, citation.end, room)
    return {
        "n": citation.n,
        "source": citation.source,
        "title": citation.title,
        "heading": list(citation.heading),
        "quote": citation.quote,
        "passage": passage,
        "start": start,
        "end": end,
        "url": citation.url if citation.url.startswith(("https://", "http://")) else "",
        "date": citation.date,
    }


def _window(passage: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    if len(passage) <= room:
        return passage, start, end
    begin = max(0, min(start - max(0, room - (end - start)) // 2, len(passage) - room))
    return passage[begin : begin + max(room, end - begin)], start - begin, end - begin
