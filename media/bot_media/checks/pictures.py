"""The Moderator port with eyes: texts go to the moderator inside, pictures to the network as well."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot_core.ports.safety import Decision, Moderator, Verdict
from bot_media.checks.nudity import NudityNet
from bot_media.images.grid import opened

NUDITY = "nudity"


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """From which chance (0..1) a picture is refused: one that a member sends in, one that was made."""

    refuse_in: float = 0.8
    refuse_out: float = 0.8


class PictureCheck:
    """Refuses pictures that are likely to show nudity; asks ``inner`` about everything else."""

    def __init__(self, inner: Moderator, net: NudityNet, limits: CheckLimits | None = None) -> None:
        self._inner, self._net, self._limits = inner, net, limits or CheckLimits()

    async def text(self, community: str, text: str, *, outgoing: bool = False) -> Verdict:
        """Judge a text as ``inner`` does."""
        return await self._inner.text(community, text, outgoing=outgoing)

    async def picture(self, community: str, data: bytes, *, outgoing: bool = False) -> Verdict:
        """Judge a picture. Raises BadInput for what can't be decoded."""
        verdict = await self._inner.picture(community, data, outgoing=outgoing)
        if verdict.decision is Decision.REFUSE:
            return verdict
        limit = self._limits.refuse_out if outgoing else self._limits.refuse_in
        chance = await asyncio.to_thread(self._chance, data)
        return Verdict(Decision.REFUSE, NUDITY) if chance >= limit else verdict

    def _chance(self, data: bytes) -> float:
        return self._net.chance(opened(data))
