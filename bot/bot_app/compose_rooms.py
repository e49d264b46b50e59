"""What answers members: studio, community, voice, the mini program, in the order in which an event meets them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from bot_app.compose_douyin import Douyin, DouyinHome, open_douyin
from bot_app.compose_handlers import ordered
from bot_app.compose_parts import Admins, limits, moderation
from bot_app.compose_recordings import RecordingParts, open_recordings
from bot_app.compose_studio import StudioParts, open_studio, studio_options
from bot_app.compose_voice import VoiceParts, demanded
from bot_app.compose_working import Working
from bot_app.extensions import HandlerNeeds, handlers_of
from bot_app.live_speech import LiveSpeech
from bot_app.metrics import CountEvents, CountPresses
from bot_core.dispatch import Handler, Middleware
from bot_core.middleware import VerifyPresses
from bot_core.ports.members import Members
from bot_handlers.community import CommunityParts, community_parts
from bot_handlers.imagine.options import StudioOptions
from bot_handlers.people.ruled import Allowances, Blocked, Tallies
from bot_handlers.status import StatusHandler
from bot_handlers.voice.cloning import CloneHandler


@dataclass(frozen=True, slots=True)
class Rooms:
    """What answers members; ``members`` is filled as platforms are opened."""

    voice: VoiceParts
    live: LiveSpeech | None
    studio: StudioParts
    recordings: RecordingParts
    community: CommunityParts
    members: dict[str, Members]
    douyin: Douyin | None
    middleware: Sequence[Middleware]
    handlers: Sequence[Handler]


def rooms_of(working: Working, voice: VoiceParts) -> Rooms:
    """Put together what answers members."""
    settings, base = working.settings, working.base
    live = LiveSpeech(voice.synthesizer, voice.speak, settings.audio_label) if voice.speaks else None
    studio = open_studio(
        settings,
        working.queue,
        base.ledger,
        working.notes,
        working.budget,
        base.clock,
        working.context,
        working.worker,
    )
    recordings = open_recordings(
        working.queue, working.notes, base.clock, working.context, working.worker, hears=voice.hears
    )
    members: dict[str, Members] = {}
    community = community_parts(
        working.context,
        base.ledger,
        base.knowledge.library,
        base.knowledge.answerer,
        working.limiter,
        working.notes,
        base.clock,
        members,
        working.files,
        settings.data,
    )
    labelled = replace(live, label=demanded(settings.audio_label)) if live is not None else None
    douyin = open_douyin(settings, _douyin_home(working, voice, labelled))
    if douyin is not None:
        community.privacy.leaving.append(douyin.logins.remove)
    house_judge = moderation(settings, base.ledger)
    judge = douyin.judge(house_judge) if douyin is not None else house_judge
    own = handlers_of(working.extensions, _handler_needs(working))
    clone = (CloneHandler(voice.own, working.files, base.ledger, base.clock),) if voice.own else ()
    more: tuple[Handler, ...] = (StatusHandler(working.queue), recordings.handler, *clone, *own)
    handlers = ordered(base, studio, community, voice, judge, *more)
    middleware = _middleware(working, community, judge)
    return Rooms(voice, live, studio, recordings, community, members, douyin, middleware, handlers)


def _middleware(working: Working, community: CommunityParts, judge: Middleware) -> tuple[Middleware, ...]:
    """Return what every event passes, outermost first: counted, known, allowed, verified, bounded, judged."""
    settings, base = working.settings, working.base
    traced = (working.traces,) if working.traces is not None else ()
    return (
        *traced,
        CountEvents(working.counts),
        *community.before,
        Tallies(base.ledger, base.clock),
        Blocked(base.ledger, working.notes),
        Allowances(base.ledger, working.budget, base.clock, _allowance(studio_options(settings))),
        Admins(frozenset(settings.admins)),
        VerifyPresses(working.keys.signer),
        CountPresses(working.counts),
        limits(settings, working.limiter),
        judge,
    )


def _allowance(options: StudioOptions) -> Callable[[Collection[str]], float]:
    return lambda roles: options.limits(roles).budget


def _handler_needs(working: Working) -> HandlerNeeds:
    base = working.base
    return HandlerNeeds(
        base.ledger,
        base.knowledge.library,
        base.knowledge.answerer,
        base.clock,
        working.files,
        working.limiter,
        working.queue,
    )


def _douyin_home(working: Working, voice: VoiceParts, live: LiveSpeech | None) -> DouyinHome:
    return DouyinHome(
        frames=working.frames,
        signer=working.keys.signer,
        places=working.places,
        files=working.files,
        notes=working.notes,
        limiter=working.limiter,
        locks=working.locks,
        clock=working.base.clock,
        secret=working.keys.sessions,
        speech=live,
        speaks=voice.speaks,
    )
