"""Core values to JSON and back, so that they survive in the journal, the outbox and the queue.

Every dataclass of the core is written as an object with its class name under ``$``; enums by value,
datetimes in ISO form. Unknown fields are ignored when reading and missing ones take their defaults, so
that an older and a newer process can share a store.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")
Reader = Callable[[Any], Any]
_SCALARS = frozenset((str, int, float, bool, types.NoneType))


def encode(value: object) -> str:
    """Return ``value`` (a core dataclass) as compact JSON."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[T], text: str | bytes) -> T:
    """Read back what ``encode`` wrote; raises ValueError where it is not a ``kind``."""
    return restore(kind, json.loads(text))


def plain(value: object) -> Any:
    """Return ``value`` as lists, dictionaries and scalars."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(kind):
        fields: dict[str, Any] = {"$": kind.__name__}
        for name in _names(kind):
            item = getattr(value, name)
            fields[name] = item if type(item) in _SCALARS else plain(item)
        return fields
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    raise TypeError(f"{kind.__name__} can't be encoded")


def restore(kind: type[T], value: Any) -> T:
    """Read back what ``plain`` made."""
    try:
        return cast(T, _reader(cast(Any, kind))(value))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {kind}: {error}") from error


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _reader(kind: Any) -> Reader:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin in (tuple, list, frozenset):
        return _sequence(origin, arguments)
    if origin is not None and issubclass(origin, Mapping):
        item = _reader(arguments[1])
        return lambda value: {key: item(entry) for key, entry in value.items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass(cast(type, kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind is datetime:
        return datetime.fromisoformat
    if kind is float:
        return float
    return _same


def _same(value: Any) -> Any:
    return value


def _sequence(origin: type, arguments: tuple[Any, ...]) -> Reader:
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        readers = [_reader(argument) for argument in arguments]
        return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))
    item = _reader(arguments[0])
    return lambda value: origin(item(entry) for entry in value)


def _union(arguments: tuple[Any, ...]) -> Reader:
    classes = {a.__name__: a for a in arguments if dataclasses.is_dataclass(a) and isinstance(a, type)}
    others = [a for a in arguments if a is not types.NoneType and not dataclasses.is_dataclass(a)]
    scalars = all(a in (str, int, float, bool) for a in others)

    def read(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, dict) and "$" in value:
            return _reader(classes[value["$"]])(value)
        if len(others) == 1 or not scalars:
            return _reader(others[0])(value)
        return value

    return read


def _dataclass(kind: type) -> Reader:
    hints = typing.get_type_hints(kind)
    readers: dict[str, Reader] = {}

    def read(value: Any) -> Any:
        if not readers:  # filled late, so that classes may refer to each other
            readers.update({name: _reader(hints[name]) for name in _names(kind)})
        return kind(**{name: readers[name](value[name]) for name in readers if name in value})

    return read
