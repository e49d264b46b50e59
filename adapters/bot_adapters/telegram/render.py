"""From replies to calls: words with entities, sources, keyboards, pictures, voices, files."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import telegram

from bot_adapters.telegram import keyboard
from bot_adapters.telegram.markdown import MarkdownReader, is_web, linked
from bot_adapters.telegram.options import TelegramOptions
from bot_adapters.telegram.rich import Rich, Span, bold, split, utf16_length
from bot_adapters.telegram.sentences import DRAWN, GENERATED, NOT_SENDABLE, SOURCES, fill
from bot_adapters.telegram.wire import Json
from bot_core.answers import Citation
from bot_core.errors import NotFound
from bot_core.identity import Locale
from bot_core.ports.media import Files
from bot_core.ports.work import Outgoing
from bot_core.replies import Document, Label, Picture, Reply, Sound
from bot_core.tokens import Signer

TEXT, CAPTION = 4096, 1024  # UTF-16 units
PHOTO = 10_000_000  # bytes
PHOTOS = ("image/jpeg", "image/png", "image/webp")
AUDIO = ("audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a")
VOICE = ("audio/ogg", "audio/opus")
ALBUM = 10
QUOTE = 160  # characters of a quote below its source
ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]+")
CHINESE = re.compile(r"[\u3400-\u9fff]")

Tame = Callable[[str, Collection[str]], str]
NO_PREVIEW: Json = {"is_disabled": True}


@dataclass(frozen=True, slots=True)
class Post:
    """One call that shows something; ``text`` ones may replace a draft."""

    method: str
    data: Json = field(default_factory=dict)

    @property
    def text(self) -> bool:
        """Tell whether this is words alone."""
        return self.method == "sendMessage"


class Renderer:
    """Makes the calls that show a reply. ``tame`` takes pings and foreign links out of a text."""

    def __init__(self, signer: Signer, files: Files, tame: Tame, options: TelegramOptions) -> None:
        self._signer, self._files, self._tame, self._options = signer, files, tame, options
        self._markdown = MarkdownReader()

    async def posts(self, outgoing: Outgoing) -> list[Post]:
        """Return the calls in order; the last of them carries the buttons."""
        reply, locale = outgoing.reply, locale_of(outgoing)
        rows = keyboard.rows_of(reply, self._signer, outgoing.community)
        rich = self.words(reply, locale)
        media, notes = await self._media(reply, rich, locale)
        for note in notes:
            rich = joined(rich, Rich(note))
        if len(media) == 1 and media[0].method != "sendMediaGroup" and utf16_length(rich.text) <= CAPTION:
            return [Post(media[0].method, {**media[0].data, **_caption(rich), **_buttons(rows)})]
        texts = [Post("sendMessage", text_data(part)) for part in split(rich, TEXT)]
        if not texts and (rows or not media):
            texts = [Post("sendMessage", text_data(Rich("·")))]
        if texts:
            texts[-1] = Post("sendMessage", {**texts[-1].data, **_buttons(rows)})
        return [*texts[:-1], *media, *texts[-1:]] if media else texts

    def buttons(self, reply: Reply) -> Json:
        """Return a reply's keyboard alone."""
        return keyboard.markup(keyboard.rows_of(reply, self._signer, ""))

    def draft(self, markdown: str) -> Json:
        """Return a growing text, cut to one message."""
        parts = split(self._markdown.read(self._tame(markdown, ())), TEXT)
        return text_data(parts[0]) if parts else {}

    def words(self, reply: Reply, locale: Locale) -> Rich:
        """Return all words of a reply: who is greeted, the text, its sources, its label."""
        rich = self._markdown.read(self._tame(reply.text, _allowed(reply)))
        urls = {one.n: one.url for one in reply.sources if is_web(one.url)}
        rich = self._greeting(reply, linked(rich, urls) if urls else rich)
        if reply.sources:
            rich = joined(rich, sources(reply.sources, locale))
        if reply.label is Label.GENERATED and self._options.label and rich.text:
            drawn = any(isinstance(part, Picture) for part in reply.parts)
            words = (DRAWN if drawn else GENERATED).of(locale)
            rich = joined(rich, Rich(words, (Span("italic", 0, len(words)),)))
        return rich

    def _greeting(self, reply: Reply, rich: Rich) -> Rich:
        """Put before the text whom it calls: the greeted member, the helpers."""
        called = Rich("")
        if reply.greets is not None:
            user, name = reply.greets.id.rpartition(":")[2], reply.greets.name
            if (named := mentioned(rich, user, name)) is not None:
                rich = named
            else:
                called = mention(user, name)
        for helper in self._options.helpers if reply.calls_helpers else ():
            called = called + Rich(" " if called.text else "")
            called = called + (Rich(helper) if helper.startswith("@") else mention(helper, "🔔"))
        return joined(called, rich) if called.text else rich

    async def _media(self, reply: Reply, rich: Rich, locale: Locale) -> tuple[list[Post], list[str]]:
        """Return the calls for what is not words, and sentences for what can't be sent."""
        pictures = [part for part in reply.parts if isinstance(part, Picture)]
        posts: list[Post] = []
        notes: list[str] = []
        fit = [picture for picture in pictures if await self._fits(picture, notes, locale)]
        for at in range(0, len(fit), ALBUM):
            posts.append(await self._pictures(fit[at : at + ALBUM], bool(rich.text)))
        for part in reply.parts:
            if isinstance(part, Sound | Document) and await self._fits(part, notes, locale):
                posts.append(await self._file(part))
        return posts, notes

    async def _fits(self, part: Picture | Sound | Document, notes: list[str], locale: Locale) -> bool:
        if part.file.size <= self._options.upload:
            return True
        notes.append(fill(NOT_SENDABLE, name=part.file.name or part.file.key[:8]).of(locale))
        return False

    async def _pictures(self, pictures: Sequence[Picture], words: bool) -> Post:
        loaded = [(picture, await self._files.read(picture.file.key)) for picture in pictures]
        as_files = self._options.pictures_as_files or any(
            len(data) > PHOTO or picture.file.media_type not in PHOTOS for picture, data in loaded
        )
        kind = "document" if as_files else "photo"
        if len(loaded) == 1:
            picture, data = loaded[0]
            caption = (
                {} if words or not picture.alt else {"caption": keyboard.shortened(picture.alt, CAPTION)}
            )
            return Post(
                f"send{kind.title()}", {kind: upload(data, picture.file.name or _name(picture)), **caption}
            )
        media = telegram.InputMediaDocument if as_files else telegram.InputMediaPhoto
        made = [
            media(
                upload(data, picture.file.name or _name(picture), attach=True),
                caption=picture.alt[:CAPTION] or None,
            )
            for picture, data in loaded
        ]
        return Post("sendMediaGroup", {"media": made})

    async def _file(self, part: Sound | Document) -> Post:
        data, file = await self._files.read(part.file.key), part.file
        if isinstance(part, Document):
            return Post("sendDocument", {"document": upload(data, file.name or "file")})
        seconds = {"duration": max(1, round(part.seconds))}
        kind = file.media_type.partition(";")[0]
        caption = {"caption": part.transcript[: CAPTION // 2]} if part.transcript else {}
        if kind in VOICE:
            return Post("sendVoice", {"voice": upload(data, "voice.ogg"), **seconds, **caption})
        if kind in AUDIO:
            return Post("sendAudio", {"audio": upload(data, file.name or "audio.mp3"), **seconds, **caption})
        return Post("sendDocument", {"document": upload(data, file.name or "audio"), **caption})


def as_media(post: Post) -> telegram.InputMedia | None:
    """Return a picture or a file that was to be sent as something that replaces one; None for anything else."""
    for kind, made in (("photo", telegram.InputMediaPhoto), ("document", telegram.InputMediaDocument)):
        file = post.data.get(kind)
        if isinstance(file, telegram.InputFile):
            again = telegram.InputFile(file.input_file_content, filename=file.filename, attach=True)
            return made(
                again,
                caption=post.data.get("caption"),
                caption_entities=_entities(post.data.get("caption_entities")),
            )
    return None


def _entities(wire: list[Json] | None) -> list[telegram.MessageEntity] | None:
    found = [telegram.MessageEntity.de_json(one, None) for one in wire or ()]
    return found or None


def upload(data: bytes, name: str, attach: bool = False) -> telegram.InputFile:
    """Return a file as the library sends it."""
    if not data:
        raise NotFound(f"{name} is empty")
    return telegram.InputFile(data, filename=name, attach=attach)


def _name(picture: Picture) -> str:
    return f"picture.{picture.file.media_type.rpartition('/')[2].replace('jpeg', 'jpg')}"


def text_data(rich: Rich) -> Json:
    """Return words as sendMessage and editMessageText take them."""
    data: Json = {"text": rich.text, "link_preview_options": NO_PREVIEW}
    if rich.spans:
        data["entities"] = rich.entities()
    return data


def _caption(rich: Rich) -> Json:
    if not rich.text:
        return {}
    whole = rich.cut(0, len(rich.text))
    return {"caption": whole.text, "caption_entities": whole.entities()}


def _buttons(rows: keyboard.Rows) -> Json:
    return {"reply_markup": keyboard.markup(rows)} if rows else {}


def mention(user: str, name: str) -> Rich:
    """Return a name that its member is told of."""
    shown = keyboard.shortened(name, 64) or "·"
    return Rich(shown, (Span("text_mention", 0, len(shown), user),)) if user.isdigit() else Rich(shown)


def mentioned(rich: Rich, user: str, name: str) -> Rich | None:
    """Return the text with the name in it made a mention; None where it does not stand there plainly."""
    at = rich.text.find(name) if name and user.isdigit() else -1
    end = at + len(name)
    if at < 0 or any(span.start < end and at < span.end for span in rich.spans):
        return None
    spans = sorted((*rich.spans, Span("text_mention", at, end, user)), key=lambda s: (s.start, -s.end))
    return Rich(rich.text, tuple(spans))


def joined(first: Rich, second: Rich) -> Rich:
    """Return both as paragraphs."""
    if not first.text or not second.text:
        return second if not first.text else first
    return first + Rich("\n\n") + second


def sources(citations: Sequence[Citation], locale: Locale) -> Rich:
    """Return the sources: a quoted list that is folded until it is wanted."""
    body = Rich("")
    for one in citations:
        line = _source(one)
        body = line if not body.text else body + Rich("\n") + line
    folded = Rich(body.text, (Span("expandable_blockquote", 0, len(body.text)), *body.spans))
    return bold(SOURCES.of(locale)) + Rich("\n") + folded


def _source(one: Citation) -> Rich:
    title = " › ".join(part for part in (one.title or one.source, *one.heading[-1:]) if part)
    shown = Rich(keyboard.shortened(title, 100))
    if is_web(one.url):
        shown = Rich(shown.text, (Span("text_link", 0, len(shown.text), one.url),))
    date = f" · {one.date}" if one.date else ""
    quote = f"\n“{keyboard.shortened(one.quote, QUOTE)}”" if one.quote else ""
    return Rich(f"[{one.n}] ") + shown + Rich(date + quote)


def _allowed(reply: Reply) -> list[str]:
    """Return the addresses a reply may show: an answer those of its sources, our own words their own."""
    if reply.answer is None:
        return [address.rstrip(".,;:!?*_~") for address in ADDRESS.findall(reply.text)]
    texts = (text for one in reply.sources for text in (one.url, one.passage, one.quote) if text)
    return [address.rstrip(".,;:!?*_~") for text in texts for address in ADDRESS.findall(text)]


def locale_of(outgoing: Outgoing) -> Locale:
    """Return the language a reply is written in."""
    if outgoing.record is not None:
        return outgoing.record.question.locale
    return Locale.ZH if CHINESE.search(outgoing.reply.text) else Locale.EN
