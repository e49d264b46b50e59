"""What the Discord adapter is told: addresses, shards, times, bounds."""

from __future__ import annotations

from dataclasses import dataclass

from bot_core.identity import Locale

API = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"


@dataclass(frozen=True, slots=True)
class DiscordOptions:
    """Everything but the token; times in seconds, sizes in bytes.

    ``shards`` are the shard ids of this process, empty for all; ``shard_count`` None asks Discord how many there are
    (it must be given, and equal in all processes, where ``shards`` is). ``helper_role`` is a role's id or name:
    its members answer what the documents don't, and ``Reply.calls_helpers`` names it. ``welcome`` is the id or
    name of the channel in which newcomers are greeted; empty takes the server's own system channel.
    ``members`` asks for the privileged intent that tells of newcomers.
    """

    api_url: str = API
    gateway_url: str = GATEWAY
    shards: tuple[int, ...] = ()
    shard_count: int | None = None
    helper_role: str = ""
    welcome: str = ""
    members: bool = True
    locale: Locale = Locale.EN  # where neither the member nor the server says
    label: bool = True  # a line below what a program wrote
    speaks: bool = False  # speech can be made, so that 🔊 is offered

    draft_interval: float = 1.2  # between two edits of one growing answer
    draft_after: float = 0.7  # an answer that is ready by then comes without drafts
    form_seconds: float = 0.5  # how long a press waits to learn whether it opens a form
    token_seconds: float = 14.5 * 60  # an interaction's token is good for 15 minutes
    slow_down: float = 30.0  # a longer rate limit goes back to the outbox instead of being slept through
    remember: float = 30 * 24 * 3600.0  # what a message of ours was about
    away_seconds: float = 3600.0  # how far back is caught up
    away_messages: int = 20  # of one channel
    away_pages: int = 10  # of 100 messages each, read of one channel
    away_channels: int = 200  # looked into after an absence
    watch: float = 5.0  # how often is noted until when we have listened

    attachments: int = 10_000_000  # of one file that rides along
    attachment_count: int = 5
    voice_bytes: int = 10_000_000
    voice_seconds: float = 300.0
    upload: int = 10 * 1024 * 1024  # of one message of ours
    refusals: int = (
        100  # refused requests in ten minutes after which drafts and typing stop: 1 % of the ban limit
    )
    heartbeat_timeout: float = 50.0  # without a word; Discord's heartbeat is 41.25 s, and is answered at once
    identify_seconds: float = 5.2  # between two shards of one bucket, over all processes; Discord asks for 5
    guilds_within: float = 2.0  # after the last server told of itself, all are thought to be here
    retry: float = 5.0  # at first, between two attempts to log in
    longest_retry: float = 300.0
