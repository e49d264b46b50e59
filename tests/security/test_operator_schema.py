"""The operator's API against its own description: what it allows and what it forbids, as an operator and as a stranger."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from yinlu_testing.operator import at_desk, operating

from bot_adapters.web.operator_sessions import COOKIE, CSRF, PATH
from bot_core.identity import short_id

pytest_plugins = ["yinlu_testing.redis"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
KNOWN = {
    "community": ["harbour", "other"],
    "id": [short_id("a"), short_id("d")],
    "source": ["uploads/ferry.md"],
    "job": [short_id("j1"), "cd" * 12, "ef" * 12],  # set aside, waiting, of another community
}
ONCE = {
    "operatorLogIn",
    "operatorDoQueueRetry",
    "operatorDoQueueDrop",
    "operatorDoDocumentsForget",
}  # what is there once may be gone


@pytest_asyncio.fixture
async def house(valkey, tmp_path):
    """A house with a day's questions, a document, and jobs that wait or were set aside."""
    async with operating(valkey.url, tmp_path) as running:
        yield running


async def described(house):
    """Return the description, of the operator's paths alone; what names something names what is there, too."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/openapi.json") as response:
        whole = await response.json()
    OpenAPIV31SpecValidator(whole).validate()
    ours = {path: item for path, item in whole["paths"].items() if path.startswith(PATH)}
    return {**whole, "paths": ours}


def aimed(description):
    """Let names be mostly those of things that are there, so that cases get past "not found"."""
    for item in description["paths"].values():
        for operation in item.values():
            for told in operation["parameters"]:
                if told["name"] in KNOWN and told["in"] == "query":
                    told["schema"] = {"enum": KNOWN[told["name"]]}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name in KNOWN.keys() & body.get("schema", {}).get("properties", {}).keys():
                body["schema"]["properties"][name] = {"enum": KNOWN[name]}
    return description


def schema_of(house, description, *, ending):
    """Return what schemathesis makes of it; ``ending`` what ends the session, or all the rest."""
    kept = {
        path: {method: each for method, each in item.items() if (method == "delete") is ending}
        for path, item in description["paths"].items()
    }
    schema = schemathesis.openapi.from_dict({**description, "paths": {p: i for p, i in kept.items() if i}})
    schema.config.base_url = house.url
    return schema


async def session(house):
    """Log in; return the headers that a browser of that operator sends."""
    operator, secret = await house.operators.sessions.log_in(await house.operators.sessions.ticket("ann"))
    assert operator.csrf == short_id("csrf", secret)
    return {"Cookie": f"{COOKIE}={secret}", CSRF: operator.csrf}


async def test_the_description_names_every_route_of_the_operator(house):
    """OpenAPI 3.1 by the validator; each route and method is in it, and none that is not served."""
    told = {(path, method) for path, item in (await described(house))["paths"].items() for method in item}
    served = {
        (route.resource.canonical, route.method.lower())
        for route in house.server.app.router.routes()
        if route.resource.canonical.startswith(PATH)
    }
    assert told == served


async def test_no_request_of_an_operator_makes_a_server_error(house):
    """Each operation, with what it allows and what it forbids: no 5xx, and every response as described."""
    schema = schema_of(house, aimed(await described(house)), ending=False)
    counts = await asyncio.to_thread(attack, schema, await session(house))
    good = {name for name, statuses in counts.items() if statuses[200]}
    assert good >= set(counts) - ONCE, counts
    total = sum(counts.values(), Counter())
    assert total[400] > 50 and total[404] > 10 and max(total) < 500, total


async def test_logging_out_is_as_described(house):
    """Each case in a session that may be over: ended, or refused; never a server error."""
    schema = schema_of(house, await described(house), ending=True)
    counts = sum((await asyncio.to_thread(attack, schema, await session(house))).values(), Counter())
    assert counts[200] and counts[403] and set(counts) <= {200, 403}


@pytest.mark.parametrize("sent", [{}, {"Cookie": f"{COOKIE}=guess", CSRF: "0" * 24}], ids=["none", "guess"])
async def test_a_stranger_is_refused_whatever_is_sent(house, sent):
    """Without a session every case is 403, or refused before for its form; nothing is changed."""
    before = await house.needs.library.documents("harbour")
    schema = schema_of(house, aimed(await described(house)), ending=False)
    async with at_desk(house) as desk:
        await desk.log_in()
        counts = sum((await asyncio.to_thread(attack, schema, sent, 6)).values(), Counter())
        assert counts[200] == 0 and set(counts) <= {400, 403, 415, 429}, counts
        assert (await desk.get("audit"))[1]["lines"] == []
    assert await house.needs.library.documents("harbour") == before


def attack(schema, headers, most=20):
    """Send cases of every operation; return how often each status came, by operation."""
    counts: dict[str, Counter[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        counts[operation.definition.raw["operationId"]] = seen = Counter()
        modes = [GenerationMode.POSITIVE] if operation.method == "get" else list(GenerationMode)
        for mode in modes:
            attack_one(operation, mode, headers, most, seen)
    return counts


def attack_one(operation, mode, headers, most, seen):
    """Send cases of one operation, in one mode, with these headers."""

    @settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case):
        case.headers.pop(CSRF, None)
        case.cookies.clear()
        response = case.call(headers=headers)
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    one()
