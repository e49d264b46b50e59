"""The ledger's tables, the same on SQLite and PostgreSQL.

Every row that belongs to a community carries it in its key, so that a query can't leave the tenant out.
Changes here need a migration beside the others in ``migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


class Instant(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite has no time zones: there it is UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware time to UTC."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


communities = Table(
    "communities",
    metadata,
    Column("id", String, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("created", Instant, nullable=False),
)

places = Table(
    "places",
    metadata,
    Column("platform", String, nullable=False),
    Column("place", String, nullable=False),
    Column("community", ForeignKey("communities.id", ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("platform", "place"),
)

settings = Table(
    "settings",
    metadata,
    Column("community", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("community", "name"),
)

persons = Table(
    "persons",
    metadata,
    Column("id", String, primary_key=True),
    Column("export_consent", Boolean, nullable=False),
    Column("created", Instant, nullable=False),
)

accounts = Table(  # a platform's account, linked to the person behind it
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("person", ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", Instant, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("community", String, nullable=False),
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("conversation", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("question", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("locale", String, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("history", JSON, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("citations", JSON, nullable=False),
    Column("retrieved", JSON, nullable=False),  # passages with scores and document versions
    Column("follow_ups", JSON, nullable=False),
    Column("model", String, nullable=False),
    Column("prompt_version", String, nullable=False),
    Column("index_version", String, nullable=False),
    Column("timings_ms", JSON, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Double, nullable=False),
    Column("created", Instant, nullable=False),
    PrimaryKeyConstraint("community", "id"),
    Index(None, "community", "conversation", "created"),
    Index(None, "community", "created"),
    Index(None, "created"),
    Index(None, "person"),
)

votes = Table(
    "votes",
    metadata,
    Column("community", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("person", String, nullable=False),
    Column("value", String, nullable=False),
    Column("reason", String, nullable=True),
    Column("words", Text, nullable=False),
    Column("time", Instant, nullable=False),
    PrimaryKeyConstraint("community", "answer", "person"),
    ForeignKeyConstraint(["community", "answer"], ["answers.community", "answers.id"], ondelete="CASCADE"),
    Index(None, "community", "time"),
    Index(None, "time"),
    Index(None, "person"),
)

jobs = Table(  # finished ones, so that an old button still finds them
    "jobs",
    metadata,
    Column("community", String, nullable=False),
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("view", JSON, nullable=False),
    Column("created", Instant, nullable=False),
    PrimaryKeyConstraint("community", "id"),
    Index(None, "community", "created"),
    Index(None, "person"),
)

facts = Table(  # what a community keeps of members besides answers: steps, hand-overs, subscriptions, audit
    "facts",
    metadata,
    Column("community", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("id", String, nullable=False),
    Column("person", String, nullable=False),
    Column("state", String, nullable=False),
    Column("data", JSON, nullable=False),
    Column("time", Instant, nullable=False),
    PrimaryKeyConstraint("community", "kind", "id"),
    Index(None, "kind", "time"),
    Index(None, "person"),
)

tallies = Table(  # what remains of forgotten rows: counts per day, of nobody in particular
    "tallies",
    metadata,
    Column("community", String, nullable=False),
    Column("day", String, nullable=False),  # ISO date, UTC
    Column("kind", String, nullable=False),  # answer, vote, job, path, handover
    Column("name", String, nullable=False),  # outcome, value, kind
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("community", "day", "kind", "name"),
)
