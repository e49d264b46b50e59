"""docs/settings.md, made from the settings themselves."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from bot_app.setting_kinds import show_size
from bot_app.settings import ROLES, Model, Settings
from bot_app.settings_load import environment_name, is_secret, takes

HEAD = """# Settings

Each is an environment variable, or a line of a TOML file: `YINLU_PORT=8081` is `port = 8081`. The file is the one that
`YINLU_CONFIG` names, else `yinlu.toml` in the working folder, else `yinlu.toml` in the data folder; the environment wins over it,
and `--data`, `--host`, `--port` over both. A wrong value or an unknown name is refused at the start. An empty variable counts as
not set.

A secret (🔑) can stand in a file of its own: `YINLU_DISCORD_TOKEN_FILE=/run/secrets/discord` or `discord_token_file = "..."`.
Sizes are written like `512KB`, `50MB`, `2GB`.

| setting | default | takes | what it is |
|---|---|---|---|
"""

TAIL = """
`<ROLE>` is one of {roles}. In TOML:

```toml
port = 8081
community = "default"

[models.answer]
url = "http://127.0.0.1:8000/v1"
key_file = "/run/secrets/answer-key"
model = "qwen3-8b"
```
"""


def settings_table() -> str:
    """Return docs/settings.md."""
    rows = [
        _row(environment_name((name,)), field)
        for name, field in Settings.model_fields.items()
        if name != "models"
    ]
    rows += [
        _row(f"YINLU_MODELS__<ROLE>__{name.upper()}", field) for name, field in Model.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n" + TAIL.format(roles=", ".join(f"`{role}`" for role in ROLES))


def _row(name: str, field: FieldInfo) -> str:
    mark = " 🔑" if is_secret(field) else ""
    return f"| `{name}`{mark} | {_default(name, field)} | {takes(field)} | {field.description} |"


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return ""
    if field.default in (None, (), ""):
        return "auto" if name == "YINLU_LOCALE" else ""
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, tuple):
        return f"`{','.join(f'{one:g}' if isinstance(one, float) else str(one) for one in field.default)}`"
    shown = (
        show_size(field.default)
        if name.endswith(("_BYTES", "_MEMORY")) and isinstance(field.default, int)
        else field.default
    )
    return f"`{shown}`"
