"""Discord: slash commands, mentions, buttons, forms, over the gateway and the REST API (discord.py 2.7).

How it is wired (``bot_app.compose`` names the concrete classes)::

    parts = DiscordParts(notes=notes, files=files, signer=signer, tame=bot_safety.tame, options=DiscordOptions(...))
    faces["discord"] = parts.face                  # a bot_core Face, platform "discord"
    members["discord"] = parts.members             # a bot_core Members
    intake = Intake(journal, dispatcher, clock, worker, [..., "discord"])
    server = DiscordServer(
        token,
        parts,
        intake=intake,                  # accept(incoming)
        places=places,                  # bot_core.dispatch.Places
        speaking=speaking,              # bot_core.ports.members.Speaking
        forms=Forms(handlers),          # bot_core.forms.Forms
        commands=declared,              # all handlers' Command declarations
        locks=locks,                    # bot_core.ports.work.Locks
        locales=chosen,                 # async (Person, Origin) -> Locale | None: what a member chose
    )
    async with server, outbox.pump(), intake.open():   # the server outside: answers under way still go out

``server.ready`` tells whether it is connected. ``examine(token, options, commands)`` is for ``yinlu doctor``.
Origin("discord", guild id or ``private:<user id>``, channel id, thread id); persons are ``discord:<user id>``.
"""

from importlib.util import find_spec

from bot_core.errors import MissingExtra
from bot_core.identity import Words

if find_spec("discord") is None:
    raise MissingExtra("discord", Words("Discord ", "Discord"))

from bot_adapters.discord.checks import PERMISSIONS, Finding, examine, invite
from bot_adapters.discord.face import DiscordFace
from bot_adapters.discord.members import DiscordMembers
from bot_adapters.discord.options import DiscordOptions
from bot_adapters.discord.server import DiscordParts, DiscordServer

__all__ = [
    "PERMISSIONS",
    "DiscordFace",
    "DiscordMembers",
    "DiscordOptions",
    "DiscordParts",
    "DiscordServer",
    "Finding",
    "examine",
    "invite",
]
