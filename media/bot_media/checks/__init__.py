"""Pictures judged on the way in and out.

::

    NudityNet(path: Path | None = None)                .chance(picture) -> 0..1; raises MissingExtra, ModelFailed
    PictureCheck(inner: Moderator, net: NudityNet, limits: CheckLimits = CheckLimits())      the Moderator port
    CheckLimits(refuse_in: float = 0.8, refuse_out: float = 0.8)
    Gate(moderator: Moderator | None, files: Files)    what the studio asks before and after it draws
"""

from bot_media.checks.gate import Gate, PictureRefused
from bot_media.checks.nudity import NudityNet
from bot_media.checks.pictures import CheckLimits, PictureCheck

__all__ = ["CheckLimits", "Gate", "NudityNet", "PictureCheck", "PictureRefused"]
