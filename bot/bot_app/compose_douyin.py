"""The Douyin mini program, where its id and secret are set: beside the page, on the same web server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot_adapters.douyin.face import DouyinFace, FaceParts
from bot_adapters.douyin.judging import JudgeDouyin
from bot_adapters.douyin.logins import PLATFORM, Logins
from bot_adapters.douyin.options import API, OPEN, SANDBOX, DouyinOptions
from bot_adapters.douyin.private import Private
from bot_adapters.douyin.records import Records
from bot_adapters.douyin.safety import DouyinModerator
from bot_adapters.douyin.server import DouyinNeeds, DouyinServer
from bot_adapters.douyin.subscriptions import Subscriptions
from bot_adapters.douyin.tokens import AppTokens
from bot_adapters.douyin.vetting import Vetting
from bot_adapters.douyin.wire import Wire
from bot_adapters.web import Speech, WebOptions
from bot_adapters.web.api import Accepts
from bot_adapters.web.boards import Boards
from bot_adapters.web.greeting import Examples
from bot_app.compose_chats import ChatNeeds, Chats
from bot_app.settings import Settings
from bot_core.dispatch import Middleware, Places
from bot_core.identity import Locale, Origin
from bot_core.ports.media import Files
from bot_core.ports.safety import Clock
from bot_core.ports.work import FrameLog, Limiter, Locks, Notes
from bot_core.tokens import Signer

MOST_OF_A_PICTURE = 5_000_000  # bytes that the platform checks
RECORDS = "douyin-records"  # in the data folder


@dataclass(frozen=True, slots=True)
class DouyinHome:
    """What the mini program's face is given of the house."""

    frames: FrameLog
    signer: Signer
    places: Places
    files: Files
    notes: Notes
    limiter: Limiter
    locks: Locks
    clock: Clock
    secret: bytes  # signs sessions, and makes members of openids
    speech: Speech | None = None
    speaks: bool = False


class Douyin:
    """The parts that stand before the handlers do; ``join`` puts the server beside the chats."""

    def __init__(self, settings: Settings, home: DouyinHome) -> None:
        self.options = options = douyin_options(settings)
        self._home = home
        self._wire = Wire(options.call_seconds)
        tokens = AppTokens(self._wire, home.notes, home.locks, home.clock, options)
        self.logins = Logins(self._wire, home.notes, home.limiter, home.clock, options, home.secret)
        self.moderator = DouyinModerator(tokens, home.clock, options)
        self.records = records_of(settings, home.clock)
        self._subscriptions = Subscriptions(tokens, self.logins, home.notes, options)
        parts = FaceParts(
            Vetting(self.moderator, home.files),
            home.notes,
            home.places,
            options.locale,
            options.label_text,
            (self.records.after, self._subscriptions.after),
            Private(tokens, home.notes, options),
        )
        self.face = DouyinFace(home.frames, home.signer, parts, speaks=home.speaks, speech=home.speech)

    def judge(self, house: Middleware) -> JudgeDouyin:
        """Return the house's judge, after which the platform judges what its own members send."""
        return JudgeDouyin(house, self.moderator, self._home.files)

    def join(
        self,
        chats: Chats,
        needs: ChatNeeds,
        intake: Accepts,
        *,
        web_options: WebOptions,
        clean: Callable[[str], str],
        examples: Examples,
        boards: Boards | None = None,
    ) -> None:
        """Add the face, the routes and what must be open to the chats."""
        home = self._home
        server = DouyinServer(
            DouyinNeeds(
                intake,
                self.face,
                needs.ledger,
                home.signer,
                home.places,
                home.clock,
                home.secret,
                clean,
                examples,
                home.files,
                self.moderator,
                home.limiter,
                home.notes,
                self._subscriptions,
                needs.commands,
                needs.forms,
                boards,
            ),
            self.logins,
            self.options,
            web_options,
        )
        chats.faces[PLATFORM] = self.face
        chats.routes += server.routes

        @asynccontextmanager
        async def opens() -> AsyncIterator[None]:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(self._wire.open())
                await stack.enter_async_context(self.records.open())
                await stack.enter_async_context(server.open())
                yield

        chats.before.append(opens)


def open_douyin(settings: Settings, home: DouyinHome) -> Douyin | None:
    """Return the mini program's parts, None where it is not set up."""
    if settings.douyin_app_id is None or settings.douyin_secret is None:
        return None
    return Douyin(settings, home)


def is_mini_program(origin: Origin) -> bool:
    """Tell whether this is the mini program: like the page, it belongs to the current community until it is bound."""
    return origin.platform == PLATFORM


def douyin_options(settings: Settings) -> DouyinOptions:
    """Return the adapter's options."""
    secret, sandbox = settings.douyin_secret, settings.douyin_sandbox
    return DouyinOptions(
        app_id=settings.douyin_app_id or "",
        secret=secret.get_secret_value() if secret else "",
        api_url=_host(settings.douyin_api_url, SANDBOX if sandbox else API),
        open_url=_host(settings.douyin_open_url, SANDBOX if sandbox else OPEN),
        locale=Locale.parse(settings.locale, Locale.ZH),
        label_text=settings.douyin_label,
        pictures_template=settings.douyin_pictures_template,
        answers_template=settings.douyin_answers_template,
        template_field=settings.douyin_template_field,
        record_days=settings.douyin_record_days,
        picture_bytes=min(settings.upload_bytes, MOST_OF_A_PICTURE),
    )


def records_of(settings: Settings, clock: Clock) -> Records:
    """Return the records of what was generated for the mini program; they can be read without a house."""
    return Records(settings.data / RECORDS, clock, settings.douyin_record_days)


def _host(given: object, default: str) -> str:
    return str(given or default).rstrip("/")
