"""What Telegram sends, read into small values once, at the door. Unknown fields are nobody's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

ANONYMOUS = 1087968824  # who writes for an admin that hides behind the group
FILE_KINDS = ("document", "voice", "audio", "video", "video_note")
MEDIA_TYPES = {
    "photo": "image/jpeg",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "video_note": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class User:
    """A user or a bot."""

    id: int
    name: str
    bot: bool = False
    language: str | None = None
    username: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat; ``kind`` is private, group, supergroup or channel."""

    id: int
    kind: str

    @property
    def private(self) -> bool:
        """Tell whether nobody else reads along."""
        return self.kind == "private"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that lies at Telegram; ``size`` is 0 where it does not say."""

    id: str
    kind: str
    name: str
    media_type: str
    size: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A member that a text names without a user name; offsets in UTF-16 units."""

    offset: int
    length: int
    user: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message. ``ephemeral`` is its number where only its sender and we see it."""

    id: int
    chat: Chat
    sender: User | None
    date: int
    text: str = ""
    thread: int | None = None
    files: tuple[RemoteFile, ...] = ()
    named: tuple[Named, ...] = ()
    reply: Message | None = None
    album: str = ""
    ephemeral: int | None = None
    hidden: bool = False  # an admin writing as the group itself
    automatic: bool = False  # forwarded from the linked channel by Telegram
    joined: tuple[User, ...] = ()
    moved_to: int | None = None
    moved_from: int | None = None
    keyboard: tuple[tuple[Json, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Callback:
    """A press of an inline button; ``message`` is None for messages too old to be told of."""

    id: str
    user: User
    data: str
    message: Message | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody's standing in a chat changed; ``by`` did it."""

    chat: Chat
    by: User
    user: User
    date: int
    before: bool  # was a member
    after: bool  # is one now


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody asks to be let in; we may write to ``user_chat`` for five minutes."""

    chat: Chat
    user: User
    user_chat: int
    date: int


def read_user(data: Json) -> User:
    """Return a user."""
    name = " ".join(part for part in (data.get("first_name"), data.get("last_name")) if part)
    return User(
        data["id"],
        name[:128],
        data.get("is_bot", False),
        data.get("language_code"),
        data.get("username") or "",
    )


def read_message(data: Json, inner: bool = False) -> Message:
    """Return a message; ``inner`` ones (those replied to) don't carry a further one."""
    chat, sender, reply = data["chat"], data.get("from"), data.get("reply_to_message")
    entities = data.get("entities") or data.get("caption_entities") or ()
    return Message(
        id=data["message_id"],
        chat=Chat(chat["id"], chat["type"]),
        sender=read_user(sender) if sender else None,
        date=data["date"],
        text=data.get("text") or data.get("caption") or "",
        thread=data.get("message_thread_id") if data.get("is_topic_message") else None,
        files=_files(data),
        named=tuple(
            Named(entity["offset"], entity["length"], entity["user"]["id"])
            for entity in entities
            if entity["type"] == "text_mention"
        ),
        reply=read_message(reply, inner=True) if reply and not inner else None,
        album=data.get("media_group_id") or "",
        ephemeral=data.get("ephemeral_message_id"),
        hidden=_hidden(data),
        automatic=data.get("is_automatic_forward", False),
        joined=tuple(read_user(user) for user in data.get("new_chat_members") or ()),
        moved_to=data.get("migrate_to_chat_id"),
        moved_from=data.get("migrate_from_chat_id"),
        keyboard=_keyboard(data),
    )


def _hidden(data: Json) -> bool:
    sender, as_chat = data.get("from"), data.get("sender_chat")
    return bool(sender and as_chat and sender["id"] == ANONYMOUS and as_chat["id"] == data["chat"]["id"])


def _keyboard(data: Json) -> tuple[tuple[Json, ...], ...]:
    markup = data.get("reply_markup")
    return tuple(tuple(row) for row in markup.get("inline_keyboard") or ()) if markup else ()


def _files(data: Json) -> tuple[RemoteFile, ...]:
    photos = data.get("photo")
    if photos:
        largest = max(photos, key=lambda photo: photo["width"] * photo["height"])
        return (_file("photo", largest, "photo.jpg"),)
    return tuple(_file(kind, data[kind], "") for kind in FILE_KINDS if kind in data)


def _file(kind: str, data: Json, name: str) -> RemoteFile:
    media_type = data.get("mime_type") or MEDIA_TYPES.get(kind, "application/octet-stream")
    shown = data.get("file_name") or name or kind
    return RemoteFile(
        data["file_id"], kind, shown[:200], media_type, data.get("file_size") or 0, data.get("duration")
    )


def read_callback(data: Json) -> Callback:
    """Return a press."""
    message = data.get("message")
    known = message is not None and "date" in message and message["date"] != 0
    return Callback(
        data["id"],
        read_user(data["from"]),
        data.get("data") or "",
        read_message(message) if message is not None and known else _inaccessible(message),
    )


def _inaccessible(data: Json | None) -> Message | None:
    if data is None:
        return None
    return Message(data["message_id"], Chat(data["chat"]["id"], data["chat"]["type"]), None, 0)


def read_membership(data: Json) -> Membership:
    """Return a change of somebody's standing."""
    return Membership(
        Chat(data["chat"]["id"], data["chat"]["type"]),
        read_user(data["from"]),
        read_user(data["new_chat_member"]["user"]),
        data["date"],
        _inside(data["old_chat_member"]),
        _inside(data["new_chat_member"]),
    )


def _inside(member: Json) -> bool:
    if member["status"] == "restricted":
        return bool(member.get("is_member"))
    return member["status"] in ("creator", "administrator", "member")


def read_request(data: Json) -> JoinRequest:
    """Return a request to be let in."""
    user = read_user(data["from"])
    chat = Chat(data["chat"]["id"], data["chat"]["type"])
    return JoinRequest(chat, user, data.get("user_chat_id") or user.id, data["date"])
