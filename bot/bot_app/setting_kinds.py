"""The kinds of values that settings take, each with how it is read and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot_core.identity import Locale

UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?B?)\s*", re.IGNORECASE)
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:.]+|\*")
PERSON = re.compile(r"[a-z]{2,20}:[A-Za-z0-9_-]{1,64}")
COMMUNITY = re.compile(r"[a-z0-9_-]{1,64}")


def read_size(value: object) -> object:
    """Turn ``50MB`` into bytes; numbers are bytes already."""
    if not isinstance(value, str):
        return value
    found = SIZE.fullmatch(value)
    if found is None:
        raise ValueError("no size")
    unit = found[2].upper()
    return int(float(found[1]) * UNITS[unit if unit.endswith("B") or not unit else f"{unit}B"])


def show_size(size: int) -> str:
    """Return bytes the way they are written in settings."""
    for unit in ("GB", "MB", "KB"):
        if size and size % UNITS[unit] == 0:
            return f"{size // UNITS[unit]}{unit}"
    return str(size)


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(HOST.fullmatch(name) for name in names):
        raise ValueError("no host name")
    return names


def _origins(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        parts = urlsplit(name)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise ValueError("no origin")
    return names


def _host(name: str) -> str:
    if name == "*" or not HOST.fullmatch(name):
        raise ValueError("no address")
    return name


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    _host(host.removeprefix("[").removesuffix("]"))
    if not (port.isdecimal() and int(port) < 65536):
        raise ValueError("no port")
    return value


def _community(name: str) -> str:
    if not COMMUNITY.fullmatch(name):
        raise ValueError("no community's name")
    return name


def _url(*schemes: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError for what is no number
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError("no such address")
        return value.rstrip("/")

    return check


def _watches(watches: tuple[str, ...]) -> tuple[str, ...]:
    """Check ``FOLDER`` and ``FOLDER=COMMUNITY``."""
    for watch in watches:
        folder, _, community = watch.partition("=")
        if not folder.strip() or ("=" in watch and not COMMUNITY.fullmatch(community)):
            raise ValueError("no folder, or no community's name")
    return watches


def _persons(names: tuple[str, ...]) -> tuple[str, ...]:
    """Check ``telegram:123``."""
    if not all(PERSON.fullmatch(name) for name in names):
        raise ValueError("no persons")
    return names


def _numbers(value: object) -> object:
    """Read ``0,1,2`` and ``0-3``."""
    if not isinstance(value, str):
        return value
    found: list[int] = []
    for part in value.split(","):
        first, _, last = part.strip().partition("-")
        if first:
            found += range(int(first), int(last or first) + 1)
    return tuple(found)


def _amounts(value: object) -> object:
    """Read ``100,500,0``; one number stands for all three roles."""
    if isinstance(value, int | float):
        return (float(value),) * 3
    if not isinstance(value, str):
        return value
    parts = [float(part) for part in value.split(",") if part.strip()]
    return tuple(parts * 3 if len(parts) == 1 else parts)


def _none_negative(amounts: tuple[float, ...]) -> tuple[float, ...]:
    if not all(0 <= amount < 1e15 for amount in amounts):
        raise ValueError("no amounts")
    return amounts


def _lanes(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) != 3 or not set(names) <= {"fast", "relax"}:
        raise ValueError("no lanes")
    return names


def _redis(value: str) -> str:
    if value.startswith("/"):
        return value
    if value.startswith("sentinel://"):
        return _sentinels(value)
    return _url("redis", "rediss", "unix")(value)


def _sentinels(value: str) -> str:
    """Check ``sentinel://:secret@host:port,host:port/name``; a URL has one port, so each is looked at by itself."""
    parts = urlsplit(value)
    for name in parts.netloc.rpartition("@")[2].split(","):
        host, _, port = name.partition(":")
        if not HOST.fullmatch(host) or (port and not 0 < int(port) < 65536):
            raise ValueError("no host and port")
    return value.rstrip("/")


def _inside(check: Callable[[str], str]) -> Callable[[SecretStr], SecretStr]:
    """Check a secret's content."""

    def checked(secret: SecretStr) -> SecretStr:
        return SecretStr(check(secret.get_secret_value()))

    return checked


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _locale(value: object) -> object:
    if value is None or isinstance(value, Locale):
        return value
    word = str(value).lower()
    if word == "auto":
        return None
    if not word.startswith(("zh", "en")):
        raise ValueError("no language we speak")
    return Locale.parse(word)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Folder = Annotated[Path, AfterValidator(_absolute)]
Size = Annotated[int, BeforeValidator(read_size), Field(ge=1)]
Persons = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_persons)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers)]
Amounts = Annotated[tuple[float, ...], BeforeValidator(_amounts), AfterValidator(_none_negative)]
Lanes = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_lanes)]
Host = Annotated[str, AfterValidator(_host)]
Listen = Annotated[str, AfterValidator(_listen)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_hosts)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_origins)]
Watches = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_watches)]
CommunityName = Annotated[str, AfterValidator(_community)]
Language = Annotated[Locale | None, BeforeValidator(_locale)]
HttpUrl = Annotated[str, AfterValidator(_url("http", "https"))]
SocketUrl = Annotated[str, AfterValidator(_url("ws", "wss"))]
RedisUrl = Annotated[SecretStr, AfterValidator(_inside(_redis))]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_inside(_url("postgresql", "postgres", "sqlite")))]
SecretUrl = Annotated[SecretStr, AfterValidator(_inside(_url("http", "https", "s3")))]
Lower = BeforeValidator(_lower)
