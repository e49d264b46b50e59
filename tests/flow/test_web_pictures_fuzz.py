"""Attachments and the gallery against their own description: schemathesis sends what it allows and what it forbids."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.web import Tab

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


async def test_no_request_about_pictures_makes_a_server_error():
    """As a member and as nobody: no 5xx, every response as described."""
    async with StudioPage().open() as house, Tab(house).open() as tab:
        async with aiohttp.ClientSession(house.url) as http, http.get("/openapi.json") as response:
            described = await response.json()
        ours = ("/api/v1/gallery", "/api/v1/attachments")
        described["paths"] = {path: one for path, one in described["paths"].items() if path.startswith(ours)}
        said = [f"Bearer {tab.visitor}.{tab.session}", "Bearer nobody"]
        for operation in (each for item in described["paths"].values() for each in item.values()):
            (header,) = (one for one in operation["parameters"] if one["name"] == "Authorization")
            header["schema"] = {"enum": said}
        schema = schemathesis.openapi.from_dict(described)
        schema.config.base_url = house.url
        counts = await asyncio.to_thread(attack, schema)
    assert counts[403] and counts[404] and counts[200], counts


def attack(schema) -> Counter[int]:
    """Send cases of every operation; return how often each status came."""
    counts: Counter[int] = Counter()
    for found in schema.get_all_operations():
        for mode in GenerationMode:
            attack_one(found.ok(), mode, counts)
    return counts


def attack_one(operation, mode, counts):
    """Send cases of one operation, in one mode."""
    if operation.method == "get" and mode is GenerationMode.NEGATIVE:
        return  # a header that is none is not sent at all

    @settings(
        max_examples=25,
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
