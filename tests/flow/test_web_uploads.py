"""Admins send documents through the API: a ticket, limits, a state for each file, nothing lost in a restart."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from yinlu_testing.knowledge import ask
from yinlu_testing.web import SECRET, WebHouse

from bot_adapters.web import Uploads
from bot_adapters.web.tickets import Tickets
from bot_adapters.web.uploads import clean_name
from bot_core.clock import SystemClock
from bot_core.errors import BadInput, StorageFull
from bot_knowledge import KnowledgeOptions, open_knowledge

PATH = "/api/v1/uploads"


class Later(SystemClock):
    """A clock that is ahead."""

    def __init__(self, days):
        self.ahead = timedelta(days=days)

    def now(self):
        return super().now() + self.ahead


@pytest.fixture
async def knowledge(tmp_path):
    async with open_knowledge(tmp_path / "data", KnowledgeOptions(embedding="hash")) as opened:
        yield opened


@pytest.fixture
async def house(knowledge, tmp_path):
    made = WebHouse(upload_bytes=20_000)
    made.uploads = Uploads(knowledge.library, tmp_path / "spool")
    async with made.up() as running:
        yield running


@asynccontextmanager
async def admin(house, ticket=None, **headers):
    """A client with a ticket."""
    ticket = Tickets(SECRET, SystemClock()).make() if ticket is None else ticket
    headers["Authorization"] = f"Bearer {ticket}"
    async with aiohttp.ClientSession(house.url, headers=headers) as http:
        yield http


def form(*files, audience=""):
    """Return a form with an audience and files (name, bytes)."""
    made = aiohttp.FormData()
    made.add_field("audience", audience)
    for name, data in files:
        made.add_field("file", data, filename=name)
    return made


async def until_settled(http):
    """Return the uploads once nothing waits any more."""
    async with asyncio.timeout(10):
        while True:
            async with http.get(PATH) as response:
                rows = (await response.json())["uploads"]
            if not {row["state"] for row in rows} & {"waiting", "reading"}:
                return {row["name"]: row for row in rows}
            await asyncio.sleep(0.02)


async def test_documents_are_sent_read_and_answered_from(house, knowledge):
    """Files are kept at once, each gets its state, bad ones their reason, and answers come from the good ones."""
    files = [
        ("ferry.md", b"# Ferry\n\nThe ferry leaves at nine from pier four."),
        ("bad.md", b"\x00\x01\x00"),
        ("x.exe", b"MZ"),
    ]
    async with admin(house) as http:
        async with http.post(PATH, data=form(*files)) as response:
            assert response.status == 202
            assert [row["name"] for row in (await response.json())["uploads"]] == [
                "ferry.md",
                "bad.md",
                "x.exe",
            ]
        rows = await until_settled(http)
    assert rows["ferry.md"]["state"] == "done" and rows["ferry.md"]["passages"] == 1
    assert (rows["bad.md"]["state"], rows["bad.md"]["reason"]) == ("failed", "a binary file, not text")
    assert rows["x.exe"]["state"] == "failed" and ".exe" in rows["x.exe"]["reason"]
    answer = await ask(knowledge, "harbour", "When does the ferry leave?")
    assert answer.retrieved[0].source == "uploads/ferry.md"


async def test_an_upload_has_its_readers_from_the_first_moment(house, knowledge):
    """What was sent for some roles is theirs alone; sent again for everyone, it is everyone's."""
    async with admin(house) as http:
        text = ("safe.md", b"The safe opens with the zebra key.")
        async with http.post(PATH, data=form(text, audience="keeper, crew")) as response:
            assert response.status == 202
        rows = await until_settled(http)
        assert rows["safe.md"]["audience"] == ["crew", "keeper"]
        assert (await ask(knowledge, "harbour", "What opens the safe?")).retrieved == ()
        async with http.post(PATH, data=form(text)):
            pass
        await until_settled(http)
        assert (await ask(knowledge, "harbour", "What opens the safe?")).retrieved


async def test_an_upload_is_taken_away(house, knowledge):
    """It is gone from the index; what is no upload can't be taken away here."""
    async with admin(house) as http:
        async with http.post(PATH, data=form(("a.md", b"Alpha."))):
            pass
        await until_settled(http)
        async with http.delete(PATH, params={"source": "uploads/a.md"}) as response:
            assert (response.status, await response.json()) == (200, {"removed": 1})
        for source in ("uploads/a.md", "docs/other.md", ""):
            async with http.delete(PATH, params={"source": source}) as response:
                assert response.status == 404
    assert await knowledge.library.documents("harbour") == []


@pytest.mark.parametrize(
    "ticket",
    [
        "",
        "x",
        "ffffffff.",
        "ffffffff." + "0" * 40,
        pytest.param(Tickets(b"another secret, long", SystemClock()).make(), id="another secret"),
        pytest.param(Tickets(SECRET, Later(-31)).make(), id="too old"),
        "é" * 10,
        "-1." + "0" * 40,
    ],
)
async def test_without_a_good_ticket_nothing_is_done(house, knowledge, ticket):
    """No ticket, a forged one, one of another house, one that is too old: refused with a sentence, in every method."""
    async with admin(house, ticket) as http:
        for call in (http.get(PATH), http.post(PATH, data=form(("a.md", b"A."))), http.delete(PATH)):
            async with call as response:
                assert response.status == 403
                assert "yinlu documents page" in (await response.json())["error"]["text"]
    assert await knowledge.library.documents("harbour") == []


async def test_limits(house):
    """Too large, no file, no form, another page's form: refused, each with its status."""
    async with admin(house) as http:
        for data, status in (
            (form(("a.md", b"x" * 30_000)), 413),
            (form(), 415),
            (form(("...", b"x")), 400),
            (form(("a.md", b"x"), audience="r" * 65), 400),
        ):
            async with http.post(PATH, data=data) as response:
                assert response.status == status, await response.text()
        async with http.post(PATH, json={"file": "x"}) as response:
            assert response.status == 415
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        async with http.post(PATH, data=b"rubbish", headers=headers) as response:
            assert response.status == 400
        async with http.post(
            PATH, data=form(("a.md", b"x")), headers={"Origin": "https://evil.example"}
        ) as response:
            assert response.status == 403


async def test_what_was_taken_is_read_after_a_restart(house, knowledge, tmp_path):
    """A file that was accepted and not yet read is read by the next run."""
    left = Uploads(knowledge.library, tmp_path / "spool")
    await left.take("harbour", "left.md", b"The lighthouse keeper is called Quillon.", ("crew",))
    (tmp_path / "spool" / "broken.json").write_text("{")
    await house.stop()
    await house.start()
    async with admin(house) as http:
        rows = await until_settled(http)
    assert rows["left.md"]["state"] == "done" and rows["left.md"]["audience"] == ["crew"]
    assert list((tmp_path / "spool").iterdir()) == []


class Trying:
    """A library that breaks, or holds an upload in the middle, as told."""

    def __init__(self, library):
        self.library, self.broken, self.gate = library, False, asyncio.Event()
        self.gate.set()

    def __getattr__(self, name):
        return getattr(self.library, name)

    async def add(self, *given, **more):
        if self.broken:
            raise StorageFull("/data")
        await self.gate.wait()
        async for step in self.library.add(*given, **more):
            yield step


async def test_a_full_disk_is_told_and_tried_again(knowledge, tmp_path):
    """What fails for a reason of ours is shown with its sentence, kept, and read at the next start."""
    house = WebHouse()
    trying = Trying(knowledge.library)
    trying.broken = True
    house.uploads = Uploads(trying, tmp_path / "spool")
    async with house.up():
        async with admin(house) as http:
            async with http.post(PATH, data=form(("a.md", b"Alpha is kept."))):
                pass
            row = (await until_settled(http))["a.md"]
            assert row["state"] == "failed" and "disk is full" in row["reason"]
        await house.stop()
        trying.broken = False
        house.uploads = Uploads(trying, tmp_path / "spool")
        await house.start()
        async with admin(house) as http:
            assert (await until_settled(http))["a.md"]["state"] == "done"


async def test_taken_away_while_it_is_read(knowledge, tmp_path):
    """What is taken away while it waits or is being read does not come back."""
    house = WebHouse()
    trying = Trying(knowledge.library)
    trying.gate.clear()
    house.uploads = Uploads(trying, tmp_path / "spool")
    async with house.up(), admin(house) as http:
        async with http.post(PATH, data=form(("a.md", b"Alpha."), ("b.md", b"Beta."))):
            pass
        await asyncio.sleep(0.05)
        for name in "ab":
            async with http.delete(PATH, params={"source": f"uploads/{name}.md"}) as response:
                assert response.status == 200
        trying.gate.set()
        assert await until_settled(http) == {}
    assert await knowledge.library.documents("harbour") == []


async def test_the_description_names_the_uploads(house):
    """/openapi.json describes what is served, validly."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/openapi.json") as response:
        described = await response.json()
    OpenAPIV31SpecValidator(described).validate()
    assert set(described["paths"][PATH]) == {"get", "post", "delete"}


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("a.md", "a.md"),
        ("C:\\docs\\a.md", "a.md"),
        ("../../etc/a.md", "a.md"),
        ("a\x00\n.md", "a.md"),
        ("说明.docx", "说明.docx"),
    ],
)
def test_names_are_made_bare(name, bare):
    """Whatever a browser says a file is called, its bare name is kept."""
    assert clean_name(name) == bare


def test_a_name_that_is_long_keeps_its_ending():
    """It is cut before the ending; nothing usable is refused."""
    assert clean_name("x" * 500 + ".pdf") == "x" * 120 + ".pdf"
    with pytest.raises(BadInput):
        clean_name("../..")
