"""What the parts of the operator's API share: reading a body, telling the community, the line of the audit."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import hdrs, web

from bot_adapters.web.envelope import dump, read_json
from bot_adapters.web.operator_ports import Json, OperatorNeeds
from bot_adapters.web.operator_sessions import Operator
from bot_adapters.web.sentences import NEEDS_FIELD, NOT_UTF8, fill
from bot_core.errors import BadInput
from bot_core.ports.ledger import Fact

AUDIT = "audit"
BODY_SECONDS = 10.0
Action = Callable[["Call"], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a logged-in operator: ``given`` is the query, or the body of a change."""

    needs: OperatorNeeds
    operator: Operator
    community: str
    given: Mapping[str, object]

    def text(self, name: str, longest: int = 200) -> str:
        """Return a text, empty where it is missing. Raises BadInput for one that is too long or none."""
        value = self.given.get(name, "")
        if not isinstance(value, str) or len(value) > longest or "\x00" in value:
            raise BadInput(name, fill(NEEDS_FIELD, name=name))
        return value.strip()

    def needed(self, name: str, longest: int = 200) -> str:
        """Return a text that is not empty. Raises BadInput."""
        value = self.text(name, longest)
        if not value:
            raise BadInput(name, fill(NEEDS_FIELD, name=name))
        return value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """Return a number within its bounds. Raises BadInput."""
        value = self.given.get(name, default)
        try:
            number = float(value) if isinstance(value, int | float | str) else float("nan")
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise BadInput(name, fill(NEEDS_FIELD, name=name))
        return number

    def time(self, name: str) -> datetime | None:
        """Return a moment, None where it is missing. Raises BadInput."""
        value = self.text(name, 40)
        try:
            found = datetime.fromisoformat(value) if value else None
        except ValueError:
            raise BadInput(name, fill(NEEDS_FIELD, name=name)) from None
        return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)

    async def audit(self, what: str, subject: str = "") -> None:
        """Write down who changed what; the line stays, and names the session."""
        data: dict[str, object] = {
            "who": f"{self.operator.name} ({self.operator.id})",
            "what": what,
            "subject": subject[:500],
        }
        now = self.needs.clock.now()
        await self.needs.ledger.add(
            Fact(self.community, AUDIT, secrets.token_hex(12), now, state=what, data=data)
        )


async def read_body(request: web.Request) -> Json:
    """Return a JSON object. Raises BadInput, HTTPUnsupportedMediaType (a form of another site can't send JSON)."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            value = read_json((await request.read()).decode())
    except UnicodeDecodeError:
        raise BadInput("not UTF-8", NOT_UTF8) from None
    except TimeoutError:
        raise web.HTTPRequestTimeout() from None
    if not isinstance(value, dict):
        raise BadInput("no object", fill(NEEDS_FIELD, name="{}"))
    return value


def answer(body: Mapping[str, object], status: int = 200) -> web.Response:
    """Return JSON that nobody keeps."""
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(
        text=dump(dict(body)), status=status, content_type="application/json", headers=headers
    )
