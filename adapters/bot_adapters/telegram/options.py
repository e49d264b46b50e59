"""What the Telegram adapter is told: addresses, times, bounds."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.identity import Locale

API = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """Everything but the token; times in seconds, sizes in bytes.

    ``api_url`` and ``file_url`` are roots: ``/bot<token>/method`` and ``/file/bot<token>/path`` are added.
    ``webhook_url`` is the public https address that Telegram calls; empty means that we ask (polling).
    ``webhook_secret`` (1-256 of ``A-Z a-z 0-9 _ -``) is sent along by Telegram; empty takes one derived from the token.
    ``listen`` is (host, port) of a listener of our own for webhooks; None: the house's web server has the route.
    ``admins`` and ``helpers`` are user ids; helpers may also be ``@usernames``, which can be named but not recognised.
    """

    api_url: str = API
    file_url: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    listen: tuple[str, int] | None = None
    admins: frozenset[int] = frozenset()
    helpers: tuple[str, ...] = ()
    locale: Locale = Locale.EN  # for members whose app speaks neither of our languages
    label: bool = True  # a line below what a program wrote
    speaks: bool = False  # speech can be made, so that 🔊 is offered
    ephemeral: bool = True  # private answers in groups; needs a Bot API server of version 10.2 or newer
    pictures_as_files: bool = False  # keep pictures byte by byte, metadata included

    repeat_uncertain: bool = True  # a send cut off by a crash is made again: perhaps twice rather than never
    private_interval: float = 1.5  # between two drafts of one answer
    group_interval: float = 3.0
    draft_after: float = 0.7  # an answer that is ready by then comes without drafts
    answer_press_after: float = 1.0  # a press is answered silently when no word came by then
    per_second: int = 30  # sends in all; nominal, a 429 counts whatever they say
    per_chat: int = 3  # sends to one chat in three seconds
    per_group: int = 20  # sends to one group in a minute
    patience: float = 20.0  # how long a send waits here before it goes back to the outbox
    too_old: float = 6 * 3600.0  # a message that waited longer at Telegram gets a notice, not a late answer
    edited_within: float = 15 * 60.0
    album_pause: float = 0.7  # after this without a further part an album is whole
    form_seconds: float = 24 * 3600.0
    remember: float = 30 * 24 * 3600.0  # what a message of ours was about, where a group moved to

    poll_seconds: int = 25
    poll_lock: float = 10.0  # how long a dead poller keeps the next one waiting
    timeout: float = 30.0  # for one call
    upload_timeout: float = 120.0
    body: int = 1024 * 1024  # of one webhook call
    text: int = 4096  # characters of a message of theirs; longer is refused with a sentence
    download: int = 20_000_000  # what bots may download
    upload: int = 50_000_000
    attachments: int = 10_000_000  # of one file that rides along
    voice_seconds: float = 300.0
    connections: int = 40  # webhook calls side by side

    @property
    def files_root(self) -> str:
        """Return the root of file downloads."""
        return self.file_url or self.api_url
