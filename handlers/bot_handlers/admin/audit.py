"""Who may change a community's settings, and the line that remains of every change."""

from __future__ import annotations

import logging

from bot_core.errors import NotAllowed
from bot_core.events import Incoming
from bot_core.identity import ADMIN, short_id
from bot_core.ports.ledger import Fact, Facts
from bot_core.ports.safety import Clock

log = logging.getLogger(__name__)
AUDIT = "audit"


def only_admins(incoming: Incoming) -> None:
    """Raise NotAllowed unless the event comes from an administrator."""
    if ADMIN not in incoming.roles:
        raise NotAllowed("not an administrator")


async def audit(
    facts: Facts, clock: Clock, incoming: Incoming, community: str, action: str, subject: str = ""
) -> None:
    """Write down who did what, when, in which community; a redelivered event writes its line once.

    ``person`` of the fact stays empty: an administrator's deeds are the community's record and stay.
    """
    id = short_id(AUDIT, incoming.key, action)
    data = {"who": incoming.person.id, "what": action, "subject": subject[:500]}
    await facts.add(Fact(community, AUDIT, id, clock.now(), state=action, data=data))
    log.info("admin", extra={"action": action, "community": community, "person": incoming.person.id})
