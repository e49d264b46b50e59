"""From a reply to the messages that Discord takes: pages of text, one embed of sources, buttons, files."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from bot_adapters.discord.components import Json, keyboards
from bot_adapters.discord.keys import locale_of
from bot_adapters.discord.markdown import to_discord
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.sentences import DRAWN, GENERATED, NOT_SENDABLE, OPEN, SOURCES, fill
from bot_adapters.discord.split import LIMIT, clipped, shortened, size, split
from bot_adapters.discord.waveform import waveform
from bot_core.actions import Action, Press
from bot_core.answers import Citation
from bot_core.errors import NotFound
from bot_core.files import FileRef
from bot_core.identity import Locale
from bot_core.ports.media import Files
from bot_core.ports.work import Outgoing
from bot_core.replies import Label, Picture, Reply, Sound, Text
from bot_core.tokens import Signer

log = logging.getLogger(__name__)

Tame = Callable[[str, Collection[str]], str]

VOICE_FLAG = 8192
FILES = 10
EMBED_TOTAL, EMBED_FIELDS, FIELD_NAME, FIELD_VALUE, URL = 6000, 25, 256, 1024, 500
ALT = 1024
COLOUR = 0x5865F2
BLANK = "\u200b"
_URL = re.compile(r"https?://[^\s<>\"'\[\]，。；！？、）」』]+")
_EXTENSIONS = {"audio/ogg": "ogg", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass(frozen=True, slots=True)
class Upload:
    """One attachment; ``extra`` goes into its description for Discord."""

    name: str
    data: bytes
    media_type: str
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One message: its JSON and its attachments. ``voice`` ones are shown natively and hold nothing else."""

    data: Json
    uploads: tuple[Upload, ...] = ()
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """The ids that a message names so that devices ring: one member, one role."""

    user: int | None = None
    role: int | None = None

    @property
    def prefix(self) -> str:
        """Return the words that name them."""
        named = (f"<@{self.user}>" if self.user else "", f"<@&{self.role}>" if self.role else "")
        return " ".join(part for part in named if part)

    @property
    def allowed(self) -> Json:
        """Return exactly these as ``allowed_mentions``."""
        allowed: Json = {"parse": [], "replied_user": False}
        if self.user:
            allowed["users"] = [str(self.user)]
        if self.role:
            allowed["roles"] = [str(self.role)]
        return allowed


NOBODY = Call()


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes pages; ``tame`` breaks pings and takes out every link that is not among the allowed ones."""

    tame: Tame
    files: Files
    signer: Signer
    options: DiscordOptions

    def text(self, reply: Reply, markdown: str) -> str:
        """Return words fit to be shown."""
        return to_discord(self.tame(markdown, allowed(reply)))

    def growing(self, markdown: str) -> Json:
        """Return a draft: no links, no buttons, never beyond a message."""
        text = to_discord(self.tame(markdown, ()))
        return {"content": shortened(text) or "…", "allowed_mentions": NOBODY.allowed}

    async def pages(self, outgoing: Outgoing, call: Call = NOBODY) -> list[Page]:
        """Return the messages that show a reply, in order; always at least one."""
        reply, locale = outgoing.reply, locale_of(outgoing)
        uploads, voices, lost = await self._uploads(reply, locale)
        text = "\n\n".join(part for part in (self.text(reply, reply.text), *lost) if part)
        prefix, footer = call.prefix, self._footer(reply, locale)
        room = LIMIT - size(prefix) - 1 - size(footer) - 1
        texts = split(text, room) or [""]
        texts[0] = f"{prefix} {texts[0]}".strip()
        texts[-1] = f"{texts[-1]}\n{footer}".strip() if footer else texts[-1]
        pages = [Page(_body(text)) for text in texts]
        pages[-1] = Page({**pages[-1].data, **self._embed(reply, locale)}, uploads)
        pages = [page for page in pages if page.data["content"] or page.uploads or "embeds" in page.data]
        pages = self._with_buttons([*pages, *voices] if pages else voices, outgoing)
        pages[0] = replace(pages[0], data={**pages[0].data, "allowed_mentions": call.allowed})
        return pages

    def plain(self, outgoing: Outgoing) -> Page:
        """Return the words alone, for when nothing else is taken."""
        return Page(_body(shortened(self.text(outgoing.reply, outgoing.reply.text)) or BLANK))

    def _with_buttons(self, pages: list[Page], outgoing: Outgoing) -> list[Page]:
        """Put the buttons under the last page that can bear them; what is too many goes below."""
        boards = keyboards(outgoing.reply, lambda n: self._follow_up(outgoing, n))
        at = max((n for n, page in enumerate(pages) if not page.voice), default=-1)
        if not pages or (boards and at < 0):
            pages, at = [*pages, Page(_body(BLANK))], len(pages)
        for board in boards[:1]:
            pages[at] = replace(pages[at], data={**pages[at].data, "components": board})
        return [*pages, *(Page({**_body(BLANK), "components": board}) for board in boards[1:])]

    def _follow_up(self, outgoing: Outgoing, n: int) -> str:
        answer = outgoing.reply.answer
        assert answer is not None
        return self.signer.sign(outgoing.community, Press(Action.FOLLOW_UP, answer, n))

    def _footer(self, reply: Reply, locale: Locale) -> str:
        generated = self.options.label and reply.label is Label.GENERATED
        words = DRAWN if any(isinstance(part, Picture) for part in reply.parts) else GENERATED
        return f"-# {words.of(locale)}" if generated else ""

    # --- sources -------------------------------------------------------------------------------------------
    def _embed(self, reply: Reply, locale: Locale) -> Json:
        if not reply.sources:
            return {}
        title = SOURCES.of(locale)
        fields, total = [], size(title)
        for citation in reply.sources[:EMBED_FIELDS]:
            made = self._field(citation, locale)
            total += size(made["name"]) + size(made["value"])
            if total > EMBED_TOTAL:
                break
            fields.append(made)
        return {"embeds": [{"title": title, "color": COLOUR, "fields": fields}]}

    def _field(self, citation: Citation, locale: Locale) -> Json:
        path = " › ".join(part for part in (citation.title or citation.source, *citation.heading) if part)
        tail = f" · {citation.date}" if citation.date else ""
        name = clipped(f"[{citation.n}] {self.tame(path, ())}{tail}", FIELD_NAME)
        link = ""
        if citation.url.startswith(("http://", "https://")) and size(citation.url) <= URL:
            address = citation.url.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
            link = f"\n[{OPEN.of(locale)}]({address})"
        quote = " ".join(self.tame(citation.quote, ()).split())
        value = f"> {clipped(quote, FIELD_VALUE - size(link) - 2)}{link}"
        return {"name": name or BLANK, "value": value, "inline": False}

    # --- files ---------------------------------------------------------------------------------------------
    async def _uploads(
        self, reply: Reply, locale: Locale
    ) -> tuple[tuple[Upload, ...], list[Page], list[str]]:
        """Return attachments, voice messages, and a sentence for each file that can't be sent."""
        uploads: list[Upload] = []
        voices: list[Page] = []
        lost: list[str] = []
        room = self.options.upload
        for part in reply.parts:
            if isinstance(part, Text):
                continue
            upload = await self._upload(part.file, part.alt if isinstance(part, Picture) else "")
            native = isinstance(part, Sound) and part.file.media_type == "audio/ogg"
            if upload is None or len(upload.data) > room or (not native and len(uploads) == FILES):
                name = part.file.name or part.file.media_type
                lost.append(fill(NOT_SENDABLE, name=name.replace("`", "'")).of(locale))
            elif isinstance(part, Sound) and native:
                voices.append(_voice(upload, part.seconds))
            else:
                uploads.append(upload)
                room -= len(upload.data)
        return tuple(uploads), voices, lost

    async def _upload(self, file: FileRef, alt: str) -> Upload | None:
        if file.size > self.options.upload:
            return None
        try:
            data = await self.files.read(file.key)
        except NotFound:
            log.warning("a file of a reply is gone", extra={"file": file.key})
            return None
        extension = _EXTENSIONS.get(file.media_type, file.media_type.rpartition("/")[2] or "bin")
        name = re.sub(r"[^\w.\- ]", "_", file.name)[-80:] or f"{file.key[:12]}.{extension}"
        return Upload(name, data, file.media_type, {"description": clipped(alt, ALT)} if alt else {})


def allowed(reply: Reply) -> set[str]:
    """Return the links that a reply may show: its sources' for an answer, all of its own for what handlers wrote."""
    if reply.answer is None:
        return set(_urls([reply.text]))
    urls = {citation.url for citation in reply.sources if citation.url}
    return urls | set(_urls([citation.passage for citation in reply.sources]))


def _urls(texts: Sequence[str]) -> list[str]:
    return [url.rstrip(".,;:!?)") for text in texts for url in _URL.findall(text)]


def _body(text: str) -> Json:
    return {"content": text, "allowed_mentions": NOBODY.allowed}


def _voice(upload: Upload, seconds: float) -> Page:
    extra: Json = {"duration_secs": max(0.1, round(seconds, 2)), "waveform": waveform(upload.data)}
    named = replace(upload, name="voice-message.ogg", extra=extra)
    return Page({"content": "", "flags": VOICE_FLAG, "allowed_mentions": NOBODY.allowed}, (named,), True)


def unvoiced(page: Page) -> Page:
    """Return a voice message as an ordinary attachment."""
    data = {key: value for key, value in page.data.items() if key != "flags"}
    return Page(data, tuple(replace(upload, extra={}) for upload in page.uploads))
