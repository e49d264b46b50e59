"""What the engines keep beside a passage's vectors, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot_core.ports.knowledge import Indexed, Passage, SparseVector

EVERYONE = "*"
TERMS = "terms"  # name of the sparse vector
FIELDS = ("document", "source", "title", "position", "text", "language", "version", "date", "anchor", "url")


def payload_of(passage: Passage) -> dict[str, Any]:
    """Return a passage as a payload; ``readers`` is what the audience filter looks at."""
    payload: dict[str, Any] = {name: getattr(passage, name) for name in FIELDS}
    payload["heading"] = list(passage.heading)
    payload["readers"] = [f"r:{role}" for role in passage.audience] or [EVERYONE]
    return payload


def passage_of(point: object, payload: Mapping[str, Any]) -> Passage:
    """Return the passage that a payload holds."""
    readers = [reader for reader in payload["readers"] if reader != EVERYONE]
    return Passage(
        id=str(point),
        heading=tuple(payload["heading"]),
        audience=tuple(reader.removeprefix("r:") for reader in readers),
        **{name: payload[name] for name in FIELDS},
    )


def readers(audience: frozenset[str]) -> list[str]:
    """Return the values of ``readers`` that someone with these roles may see."""
    return [EVERYONE, *sorted(f"r:{role}" for role in audience)]


def indexed_of(point: object, payload: Mapping[str, Any], vectors: Mapping[str, Any]) -> Indexed:
    """Return a passage with its vectors as an engine gives them back."""
    dense: dict[str, Sequence[float]] = {name: list(v) for name, v in vectors.items() if name != TERMS}
    terms = vectors.get(TERMS)
    sparse = SparseVector(tuple(terms.indices), tuple(terms.values)) if terms else SparseVector((), ())
    return Indexed(passage_of(point, payload), dense, sparse)
