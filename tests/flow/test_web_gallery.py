"""The gallery's API: one's own and everybody's, words and filters, favourites that /gallery knows, deleting one's own."""

from __future__ import annotations

from contextlib import asynccontextmanager

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from yinlu_testing.page_studio import StudioPage
from yinlu_testing.web import Tab

from bot_adapters.web import WebOptions
from bot_adapters.web.gallery import LedgerGallery

PATH = "/api/v1/gallery"


@asynccontextmanager
async def housed(shared=True):
    """A studio whose pictures are shared, or not."""
    page = StudioPage()
    page.more["gallery"] = LedgerGallery(page.studio.ledger, page.studio.files, shared)
    async with page.open() as house:
        yield house


@asynccontextmanager
async def member(house):
    """A tab, and HTTP as who sits at it."""
    async with Tab(house).open() as tab:
        headers = {"Authorization": f"Bearer {tab.visitor}.{tab.session}", "Accept-Language": "en"}
        async with aiohttp.ClientSession(house.url, headers=headers) as http:
            yield tab, http


async def draws(house, tab, *prompts):
    """Draw, one after another; wait until all are kept."""
    there = len(await house.studio.ledger.jobs("harbour", "picture"))
    for number, prompt in enumerate(prompts, there + 1):
        await tab.send("ask", {"text": f"/imagine {prompt}"})
        while not (await tab.until("message"))["data"]["made"]:
            pass
        assert len(await house.studio.ledger.jobs("harbour", "picture")) == number


async def look(http, **query):
    """Return a page, or the error's code."""
    async with http.get(PATH, params=query) as response:
        body = await response.json()
        return body if response.status == 200 else body["error"]["code"]


def prompts(page):
    """Return the words of a page's items."""
    return [item["words"] for item in page["items"]]


async def test_ones_own_are_found_by_words_kind_and_shape():
    """Newest first; each with its parameters, its grid and its four pictures, which can be attached again."""
    async with housed() as house, member(house) as (tab, http):
        await draws(house, tab, "a fox --ar 3:2", "a tall tower --ar 2:3", "a red fox at night")
        page = await look(http)
        assert prompts(page) == ["a red fox at night", "a tall tower", "a fox"]
        assert (page["total"], page["page"], page["pages"], page["shared"]) == (3, 1, 1, True)
        assert prompts(await look(http, words="FOX red")) == ["a red fox at night"]
        assert prompts(await look(http, shape="wide")) == ["a fox"]
        assert prompts(await look(http, shape="tall", kind="grid")) == ["a tall tower"]
        assert prompts(await look(http, kind="single")) == []
        first = page["items"][0]
        assert first["mine"] and not first["favourite"] and len(first["pictures"]) == 4
        async with http.get(first["pictures"][0]["url"]) as response:
            assert response.content_type == "image/png"
        sent = await tab.send("ask", {"text": "/imagine more", "attachments": first["pictures"][:1]})
        assert (await tab.until("message", sent))["data"]["text"]


async def test_everybodys_only_where_the_setting_says_so():
    """Shared: another's are seen, kept as favourites, not deleted. Not shared: they are not there at all."""
    async with housed() as house, member(house) as (alice, _), member(house) as (_, other):
        await draws(house, alice, "a lighthouse")
        assert prompts(await look(other)) == []
        (item,) = (await look(other, whose="all"))["items"]
        assert not item["mine"]
        async with other.post(f"{PATH}/{item['job']}/favourite") as response:
            assert await response.json() == {"favourite": True}
        assert prompts(await look(other, whose="favourites")) == ["a lighthouse"]
        async with other.delete(f"{PATH}/{item['job']}") as response:
            assert response.status == 403
    async with housed(shared=False) as house, member(house) as (alice, mine), member(house) as (_, other):
        await draws(house, alice, "a lighthouse")
        assert await look(other, whose="all") == "NotAllowed"
        job = (await look(mine))["items"][0]["job"]
        for call in (other.post(f"{PATH}/{job}/favourite"), other.delete(f"{PATH}/{job}")):
            async with call as response:
                assert response.status == 404


async def test_what_is_deleted_is_gone():
    """The job and its files; a second time there is nothing."""
    async with housed() as house, member(house) as (tab, http):
        await draws(house, tab, "a boat")
        (item,) = (await look(http))["items"]
        async with http.delete(f"{PATH}/{item['job']}") as response:
            assert response.status == 200
        assert (await look(http))["items"] == []
        async with http.get(item["cover"]) as response:
            assert response.status == 404
        async with http.delete(f"{PATH}/{item['job']}") as response:
            assert response.status == 404


async def test_pages_end_where_the_pictures_do():
    """Twelve a page; a page beyond the last is the last."""
    async with housed() as house, member(house) as (tab, http):
        await draws(house, tab, *(f"picture {n}" for n in range(13)))
        assert len((await look(http))["items"]) == 12
        last = await look(http, page="9")
        assert (prompts(last), last["page"], last["pages"]) == (["picture 0"], 2, 2)


@pytest.mark.parametrize(
    "query",
    [{"whose": "x"}, {"kind": "x"}, {"shape": "x"}, {"page": "0"}, {"page": "x"}, {"words": "x" * 201}],
)
async def test_a_query_that_makes_no_sense_is_refused(query):
    """With the field's name; so is one without a session."""
    async with housed() as house, member(house) as (_, http):
        assert await look(http, **query) == "BadInput"
        async with aiohttp.ClientSession(house.url) as nobody:
            assert await look(nobody) == "NotAllowed"


async def test_the_description_covers_it():
    """OpenAPI 3.1 by the validator; every route of pictures is in it, and only while it is installed."""
    async with housed() as house, aiohttp.ClientSession(house.url) as http:
        async with http.get("/openapi.json") as response:
            described = await response.json()
        OpenAPIV31SpecValidator(described).validate()
        served = {
            (route.resource.canonical, route.method.lower())
            for route in house.server.app.router.routes()
            if route.resource.canonical.startswith(("/api/v1/gallery", "/api/v1/attachments"))
        }
        told = {(path, method) for path, item in described["paths"].items() for method in item}
        assert len(served) == 4
        assert served <= told


def test_sharing_is_off_unless_it_is_asked_for():
    """The safe default."""
    assert WebOptions().gallery_shared is False
