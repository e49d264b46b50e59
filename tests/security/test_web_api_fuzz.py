"""The API against its own description: schemathesis sends what it allows and what it forbids."""

import asyncio
from collections import Counter

import aiohttp
import pytest
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
from yinlu_testing.web import WebHouse

LATER = ("/api/v1/jobs", "/api/v1/uploads", "/api/v1/speech")  # 501 until their parts are installed
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
async def house():
    """A running web server."""
    async with WebHouse().up() as running:
        yield running


async def test_the_description_is_valid_openapi_and_covers_every_route(house):
    """OpenAPI 3.1 by the validator; each path the protocol names is in it."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/openapi.json") as response:
        described = await response.json()
    OpenAPIV31SpecValidator(described).validate()
    served = {
        (route.resource.canonical, route.method.lower())
        for route in house.server.app.router.routes()
        if route.method in ("GET", "POST")
    }
    pages = {("/", "get"), ("/static/{name}", "get"), ("/ws", "get"), ("/openapi.json", "get")}
    told = {(path, method) for path, item in described["paths"].items() for method in item}
    assert told == served - pages


async def test_no_request_makes_a_server_error(house):
    """Positive and negative cases of every operation: no 5xx, and every response as described."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/openapi.json") as response:
        described = await response.json()
    for path in LATER:
        del described["paths"][path]
    schema = schemathesis.openapi.from_dict(described)
    schema.config.base_url = house.url
    counts = await asyncio.to_thread(_attack, schema)
    assert sum(counts.values()) > 100, counts
    assert counts[400] > 10, counts


def _attack(schema):
    counts = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        modes = [GenerationMode.POSITIVE] if operation.method == "get" else list(GenerationMode)
        for mode in modes:
            _attack_one(operation, mode, counts)
    return counts


def _attack_one(operation, mode, counts):
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case):
        response = case.call()
        counts[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    one()
