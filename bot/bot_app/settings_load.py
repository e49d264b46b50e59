"""Where settings come from: the command line, the environment, secrets' own files, a TOML file; and what is refused."""

from __future__ import annotations

import difflib
import logging
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from bot_app.settings import Model, Models, Settings
from bot_core.errors import SettingWrong, StartRefused
from bot_core.identity import Words

PREFIX = "YINLU_"
CONFIG = "YINLU_CONFIG"
FILE = "yinlu.toml"
FROM_FILE = "_file"  # YINLU_DISCORD_TOKEN_FILE, discord_token_file = "..."
LARGEST_SECRET = 65_536
MOUNTED = Path(
    "/run/secrets"
)  # what a container engine puts there is for that container alone, whatever its mode

log = logging.getLogger(__name__)

Keys = tuple[str, ...]
Found = dict[Keys, tuple[str, object]]  # where a value was found, as people write it, and the value


class UnknownSetting(SettingWrong):
    """A name that is no setting; says which one may have been meant."""

    def __init__(self, name: str, near: str | None, where: str = "") -> None:
        super().__init__(name, "a known setting")
        shown = f"{name} ({where})" if where else name
        hint = (f"，您是想写 {near} 吗？", f"; did you mean {near}?") if near else ("。", ".")
        self.words = Words(f"没有 {shown} 这个设置{hint[0]}", f"There is no setting {shown}{hint[1]}")
        self.args = (self.words.en,)


def load(given: Mapping[str, object], environ: Mapping[str, str] | None = None) -> Settings:
    """Read, merge and check; raises SettingWrong or UnknownSetting, never anything else for a wrong value."""
    environ = os.environ if environ is None else environ
    fields = known_settings()
    told: Found = {(name,): (f"--{name}", value) for name, value in given.items() if value is not None}
    told |= {keys: found for keys, found in _from_environment(environ, fields) if keys not in told}
    file = _config_file(told, environ)
    if file is not None:
        told |= {keys: found for keys, found in _from_file(file, fields) if keys not in told}
    return _checked(told, fields)


def known_settings() -> dict[Keys, FieldInfo]:
    """Return every setting by its path: ``("port",)``, ``("models", "answer", "url")``."""
    fields: dict[Keys, FieldInfo] = {
        (name,): field for name, field in Settings.model_fields.items() if name != "models"
    }
    for role in Models.model_fields:
        fields |= {("models", role, name): field for name, field in Model.model_fields.items()}
    return fields


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting's value must not be shown."""
    return _holds_secret(field.annotation)


def _holds_secret(kind: object) -> bool:
    return kind is SecretStr or any(_holds_secret(part) for part in get_args(kind))


def environment_name(keys: Keys) -> str:
    """Return the name in the environment."""
    return PREFIX + "__".join(keys).upper()


def takes(field: FieldInfo) -> str:
    """Return what a setting takes, in words."""
    extra = field.json_schema_extra
    return str(extra["takes"]) if isinstance(extra, dict) else "another value"


def _from_environment(
    environ: Mapping[str, str], fields: Mapping[Keys, FieldInfo]
) -> Iterator[tuple[Keys, tuple[str, object]]]:
    names = {environment_name(keys): keys for keys in fields}
    names |= {environment_name(keys) + FROM_FILE.upper(): keys for keys in fields if is_secret(fields[keys])}
    for name in sorted(environ):  # a secret before its _FILE
        value = environ[name].strip()
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        if name not in names:
            raise UnknownSetting(name, _near(name, [*names, CONFIG]))
        if not value:
            continue
        keys = names[name]
        if name != environment_name(keys):
            if environ.get(environment_name(keys), "").strip():
                raise SettingWrong(name, f"nothing where {environment_name(keys)} is set")
            value = _secret_in(Path(value).expanduser(), name)
        yield keys, (name, value)


def _config_file(told: Found, environ: Mapping[str, str]) -> Path | None:
    named = environ.get(CONFIG, "").strip()
    if named:
        file = Path(named).expanduser().absolute()
        if not file.is_file():
            raise SettingWrong(CONFIG, "a file that exists", named)
        return file
    default = Settings.model_fields["data"].default
    data = Path(str(told.get(("data",), ("", default))[1])).expanduser()
    return next((file.absolute() for file in (Path(FILE), data / FILE) if file.is_file()), None)


def _from_file(file: Path, fields: Mapping[Keys, FieldInfo]) -> Iterator[tuple[Keys, tuple[str, object]]]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise StartRefused(
            f"{file}: {error}", Words(f"{file} 不是有效的 TOML:{error}", f"{file} is not valid TOML: {error}")
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(
            f"{file}: {error}", Words(f"读不了 {file}:{error}", f"Can't read {file}: {error}")
        ) from None
    names = {".".join(keys): keys for keys in fields}
    names |= {".".join(keys) + FROM_FILE: keys for keys in fields if is_secret(fields[keys])}
    for name, value in _flat(table):
        if name not in names:
            raise UnknownSetting(name, _near(name, names), str(file))
        keys, shown = names[name], f"{name} in {file}"
        if name != ".".join(keys):
            value = _secret_in(file.parent / Path(str(value)).expanduser(), shown)
        elif keys == ("data",) and isinstance(value, str):
            value = str(file.parent / Path(value).expanduser())
        yield keys, (shown, value)


def _flat(table: Mapping[str, Any], above: Keys = ()) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, (*above, key))
        else:
            yield ".".join((*above, key)), value


def _near(name: str, names: Mapping[str, Keys] | list[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


def _secret_in(file: Path, name: str) -> str:
    try:
        with file.open("rb") as opened:
            _private(file, opened.fileno())
            return opened.read(LARGEST_SECRET).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise SettingWrong(
            name, f"a file that holds the secret and can be read ({reason})", str(file)
        ) from None


def _private(file: Path, descriptor: int) -> None:
    """Tell whoever starts the house that others on this machine can read a secret."""
    if os.fstat(descriptor).st_mode & (stat.S_IROTH | stat.S_IWOTH) and not file.is_relative_to(MOUNTED):
        log.warning("others can read the secret in %s: chmod o-rwx it", file)


def _checked(told: Found, fields: Mapping[Keys, FieldInfo]) -> Settings:
    raw: dict[str, Any] = {}
    for keys, (_, value) in told.items():
        table = raw
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        table[keys[-1]] = value
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise _refusal(error, told, fields) from None


def _refusal(error: ValidationError, told: Found, fields: Mapping[Keys, FieldInfo]) -> SettingWrong:
    """Name the setting as it was written, and show its value unless it is or may hold a secret."""
    loc = tuple(str(key) for key in error.errors(include_input=False, include_url=False)[0]["loc"])
    keys = next((keys for keys in fields if loc[: len(keys)] == keys), loc)
    name, value = told.get(keys, (environment_name(keys), None))
    field = fields.get(keys)
    if field is None:
        return SettingWrong(name, "a table" if keys[0] == "models" else "another value")
    shown = "" if value is None or is_secret(field) or "@" in str(value) else str(value)[:80]
    return SettingWrong(name, takes(field), shown)
