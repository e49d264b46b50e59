"""Exports of chats: what was asked and answered there, by month, names masked."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions
from bot_knowledge.loaders.model import Block, Document, Kind, Unreadable

ASKS = re.compile(
    r"[?？]|\b(?:how|what|where|when|why|who|can i|is there)\b|怎么|如何|什么|哪里|为什么|请问|能不能|有没有",
    re.IGNORECASE,
)
PAUSE = 15 * 60.0  # seconds after which words belong to no question any more
MOST_ANSWERS = 12
SHORT = 4  # characters below which a message says nothing
LONGEST_QUESTION = 120
MENTION = re.compile(r"@[\w.]+|<@!?\d+>")
NOTHING = "no questions with answers found in this chat"


@dataclass(slots=True)
class Message:
    """One message of an export; ``seconds`` since 1970."""

    id: str
    author: str
    text: str
    seconds: float
    day: str
    answers: str = ""  # the id of the message it replies to


def read_chat(data: bytes, name: str, options: DecoderOptions) -> list[tuple[str, Document]]:
    """Read an export; one document a month. Raises Unreadable for JSON that is no export."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("damaged: not JSON") from None
    found: list[tuple[str, Document]] = []
    for title, messages in _chats(whole):
        found += _documents(title, messages, options.mask)
    if not found:
        raise Unreadable(NOTHING)
    return found


def _chats(whole: Any) -> Iterator[tuple[str, list[Message]]]:  # noqa: ANN401 - JSON
    if (
        isinstance(whole, Mapping)
        and isinstance(whole.get("channel"), Mapping)
        and isinstance(whole.get("messages"), list)
    ):
        guild = whole.get("guild") or {}
        title = " · ".join(
            part for part in (str(guild.get("name", "")), str(whole["channel"].get("name", ""))) if part
        )
        yield title, [m for m in map(_from_channel, whole["messages"]) if m is not None]
        return
    if isinstance(whole, Mapping) and isinstance(whole.get("chats"), Mapping):
        for chat in whole["chats"].get("list", []):
            yield from _chats(chat)
        return
    if isinstance(whole, Mapping) and isinstance(whole.get("messages"), list) and "type" in whole:
        yield (
            str(whole.get("name") or ""),
            [m for m in map(_from_desktop, whole["messages"]) if m is not None],
        )
        return
    raise Unreadable("JSON that is no export of a chat")


def _from_channel(raw: Any) -> Message | None:  # noqa: ANN401 - JSON of a channel's export
    if not isinstance(raw, Mapping) or raw.get("type") not in ("Default", "Reply"):
        return None
    author = raw.get("author") or {}
    text = str(raw.get("content") or "").strip()
    if author.get("isBot") or len(text) < 1:
        return None
    reference = raw.get("reference") or {}
    who = str(author.get("id") or author.get("name") or "?")
    return _message(raw.get("id"), who, text, str(raw.get("timestamp") or ""), reference.get("messageId"))


def _from_desktop(raw: Any) -> Message | None:  # noqa: ANN401 - JSON of a desktop app's export
    if not isinstance(raw, Mapping) or raw.get("type") != "message" or raw.get("via_bot"):
        return None
    text = raw.get("text")
    if isinstance(text, list):
        text = "".join(part if isinstance(part, str) else str(part.get("text", "")) for part in text)
    who = str(raw.get("from_id") or raw.get("from") or "?")
    if not isinstance(text, str) or not text.strip() or who.endswith("bot"):
        return None
    return _message(
        raw.get("id"), who, text.strip(), str(raw.get("date") or ""), raw.get("reply_to_message_id")
    )


def _message(number: object, who: str, text: str, stamp: str, reply: object) -> Message | None:
    try:
        moment = datetime.fromisoformat(stamp)
        seconds = moment.timestamp()
    except (ValueError, OverflowError, OSError):
        moment, seconds = None, 0.0
    return Message(
        str(number), who, text, seconds, moment.date().isoformat() if moment else "", str(reply or "")
    )


def _documents(title: str, messages: Sequence[Message], mask: bool) -> Iterator[tuple[str, Document]]:
    months: dict[str, list[list[Message]]] = defaultdict(list)
    for thread in _threads(messages):
        months[thread[0].day[:7] or "undated"].append(thread)
    for month, threads in sorted(months.items()):
        blocks = [block for thread in threads for block in _blocks(thread, mask)]
        last = max(message.day for thread in threads for message in thread)
        stem = "-".join(re.findall(r"\w+", title)) or "chat"
        yield f"{stem}/{month}", Document(f"{title} {month}".strip(), tuple(blocks), last)


def _threads(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Yield each question with what answered it: replies first, else what others said soon after."""
    replies: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message.answers:
            replies[message.answers].append(message)
    used: set[str] = set()
    for at, message in enumerate(messages):
        if message.id in used or not ASKS.search(message.text) or len(message.text) < SHORT:
            continue
        answers = list(_replies(message, replies)) or _following(message, messages[at + 1 : at + 40])
        answers = [answer for answer in answers if answer.id not in used and len(answer.text) >= SHORT][
            :MOST_ANSWERS
        ]
        if any(answer.author != message.author for answer in answers):
            used.update(answer.id for answer in (message, *answers))
            yield [message, *answers]


def _replies(message: Message, replies: Mapping[str, list[Message]]) -> Iterator[Message]:
    waiting, seen = [message.id], {message.id}
    while waiting:
        for reply in replies.get(waiting.pop(0), []):
            if reply.id not in seen:
                seen.add(reply.id)
                waiting.append(reply.id)
                yield reply


def _following(question: Message, later: Sequence[Message]) -> list[Message]:
    found: list[Message] = []
    for message in later:
        if message.seconds - (found[-1] if found else question).seconds > PAUSE:
            break
        if message.answers or (message.author != question.author and ASKS.search(message.text) and found):
            break
        found.append(message)
        if len(found) >= 4:
            break
    return found


def _blocks(thread: Sequence[Message], mask: bool) -> Iterator[Block]:
    names: dict[str, str] = {}

    def name(author: str) -> str:
        return names.setdefault(author, _letter(len(names)) if mask else author)

    question = thread[0]
    words = MENTION.sub("@…", question.text) if mask else question.text
    heading = " ".join(words.split())
    heading = heading if len(heading) <= LONGEST_QUESTION else heading[: LONGEST_QUESTION - 1] + "…"
    lines = [f"{name(question.author)}: {words}"]
    for answer in thread[1:]:
        lines.append(f"{name(answer.author)}: {MENTION.sub('@…', answer.text) if mask else answer.text}")
    yield Block(Kind.TEXT, "\n".join(lines), (heading,))


def _letter(number: int) -> str:
    return f"Member {chr(65 + number)}" if number < 26 else f"Member {number + 1}"
