"""Telegram: private chats, groups and topics, by polling or webhook.

How it is wired (``bot_app.compose`` names the concrete classes)::

    telegram = TelegramAdapter(
        token,
        signer=signer,                # buttons
        places=places,                # bot_core.dispatch.Places: a private chat is Origin place "private:<user id>"
        forms=Forms(handlers),        # bot_core.forms.Forms over the handlers that open forms
        speaking=speaking,            # bot_core.ports.members.Speaking: where the bot speaks in groups
        commands=commands,            # what the handlers declare, for menus and for reading /commands
        files=files,                  # bot_core.ports.media.Files: attachments in, pictures and speech out
        notes=RedisNotes(store), limiter=RedisLimiter(store), locks=RedisLocks(store),
        clock=clock,
        tame=tame,                    # bot_safety.tame: (markdown, allowed addresses) -> markdown
        moved=moved,                  # async (platform, old place, new place): a group got another id
        locales=locales,              # async (person, origin) -> Locale | None: what a member chose; None: their app's
        options=TelegramOptions(...),
    )
    faces[telegram.face.platform] = telegram.face      # and its members port is telegram.members
    async with telegram.connected():                    # before the outbox's pump
        async with outbox.pump(), intake.open(), telegram.open(intake.accept):   # updates last
            ...

With ``options.webhook_url`` and no ``options.listen`` the house's web server must have ``telegram.routes()``. ``examine``
is what ``yinlu doctor`` calls.
"""

from importlib.util import find_spec

from bot_core.errors import MissingExtra
from bot_core.identity import Words

if find_spec("telegram") is None:
    raise MissingExtra("telegram", Words("Telegram 机器人", "Telegram"))

from bot_adapters.telegram.adapter import TelegramAdapter
from bot_adapters.telegram.checks import Finding, examine
from bot_adapters.telegram.face import TelegramFace
from bot_adapters.telegram.members import TelegramMembers
from bot_adapters.telegram.options import TelegramOptions

__all__ = ["Finding", "TelegramAdapter", "TelegramFace", "TelegramMembers", "TelegramOptions", "examine"]
