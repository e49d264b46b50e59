"""env.example, made from the settings themselves: ``python -m bot_app.settings_env`` prints it."""

from __future__ import annotations

import sys

from pydantic.fields import FieldInfo

from bot_app.setting_kinds import show_size
from bot_app.settings import ROLES, SECRET, Model, Settings
from bot_app.settings_load import environment_name, is_secret, takes

HEAD = """\
# Yinlu's settings as environment variables. Copy it, take the `#` from what you set; docs/settings.md explains each.
# A secret can stand in a file of its own instead: YINLU_DISCORD_TOKEN_FILE=/run/secrets/discord.
# Nobody but the one who runs Yinlu should be able to read the copy: chmod 600.
"""

COMPOSE = """
# --- read by deploy/compose.yaml alone, not by Yinlu

# where the page is published; put a proxy that ends TLS before it
#PUBLISH=127.0.0.1:8080
# a folder of documents, seen by Yinlu as /documents; name it in YINLU_WATCH=/documents
#DOCUMENTS=./documents
# a folder of a diffusion model, for the profile gpu
#MODELS=./models
# extras of the image that is built: anthropic, c2pa, checks, cutout, diffusion, douyin, ocr, otel, s3, styles, voice
#EXTRAS=checks,douyin,ocr,s3,styles,voice
#IMAGE=yinlu
#GPU_IMAGE=yinlu:gpu
#MEMORY=3g
# the profile servers: two passwords of letters and digits, the key of Qdrant is YINLU_QDRANT_KEY, and
# YINLU_REDIS_URL=redis://:PASSWORD@redis:6379/0 YINLU_DATABASE_URL=postgresql://yinlu:PASSWORD@postgres/yinlu
# YINLU_QDRANT_URL=http://qdrant:6333 and YINLU_WORKERS=0
#REDIS_PASSWORD=
#POSTGRES_PASSWORD=
"""

MODEL = """
# --- models: one endpoint for each role ({roles})
"""


def settings_env() -> str:
    """Return env.example: every setting with its default, as a comment."""
    lines = [HEAD]
    for name, field in Settings.model_fields.items():
        if name != "models":
            lines.append(_lines(environment_name((name,)), field))
    lines.append(MODEL.format(roles=", ".join(ROLES)).strip("\n") + "\n")
    lines += [
        _lines(f"YINLU_MODELS__ANSWER__{name.upper()}", field) for name, field in Model.model_fields.items()
    ]
    return "\n".join(lines) + COMPOSE


def _lines(name: str, field: FieldInfo) -> str:
    secret = ", a secret" if is_secret(field) and takes(field) != SECRET else ""
    return f"# {field.description} ({takes(field)}){secret}\n#{name}={_default(field)}\n"


def _default(field: FieldInfo) -> str:
    default = field.default
    if field.is_required() or default in (None, ()):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    takes_size = "size" in takes(field)
    return show_size(default) if takes_size and isinstance(default, int) else str(default)


if __name__ == "__main__":
    sys.stdout.write(settings_env())
