"""Voted answers as JSON lines, for training and evaluation, of persons who agreed to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bot_core.ports.ledger import Ledger, VotedAnswer

BATCH = 200  # lines


async def lines(ledger: Ledger, community: str, salt: bytes | None = None) -> AsyncIterator[dict[str, Any]]:
    """Yield one object per vote: question, answer, citations, outcome, vote, reason, words, day.

    Persons are numbers that hold within one export only (``salt``: 16 random bytes unless given), so that an
    export can't be joined with another or with the ledger. Whom it may hold, the ledger decides.
    """
    salt = salt or secrets.token_bytes(16)
    async for voted in ledger.export(community):
        yield _line(voted, salt)


async def export_jsonl(ledger: Ledger, community: str, path: Path) -> int:
    """Write the lines to ``path``, whole or not at all, readable for its owner alone; return how many."""
    handle, name = await asyncio.to_thread(tempfile.mkstemp, dir=path.parent, prefix=f".{path.name}.")
    begun = Path(name)
    count, batch = 0, list[str]()
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            async for line in lines(ledger, community):
                count += 1
                batch.append(json.dumps(line, ensure_ascii=False) + "\n")
                if len(batch) >= BATCH:
                    await asyncio.to_thread(file.writelines, batch)
                    batch = []
            await asyncio.to_thread(file.writelines, batch)
        await asyncio.to_thread(begun.replace, path)
    except BaseException:
        begun.unlink(missing_ok=True)  # noqa: ASYNC240 - one call, and a cancelled task must not wait
        raise
    return count


def _line(voted: VotedAnswer, salt: bytes) -> dict[str, Any]:
    vote, question, answer = voted.vote, voted.record.question, voted.record.answer
    return {
        "answer_id": answer.id,
        "community": question.community,
        "day": voted.record.time.date().isoformat(),
        "locale": question.locale.value,
        "question": question.text,
        "searched": answer.searched,
        "outcome": answer.outcome.value,
        "answer": answer.text,
        "citations": [
            {"n": c.n, "source": c.source, "heading": list(c.heading), "quote": c.quote, "passage": c.passage}
            for c in answer.citations
        ],
        "model": answer.model,
        "prompt_version": answer.prompt_version,
        "index_version": answer.index_version,
        "asker": _number(question.person, salt),
        "voter": _number(vote.person, salt),
        "vote": vote.value.value,
        "reason": vote.reason.value if vote.reason else None,
        "words": vote.words,
    }


def _number(person: str, salt: bytes) -> str:
    return hashlib.blake2b(person.encode(), key=salt, digest_size=8).hexdigest()
