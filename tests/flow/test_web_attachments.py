"""Members attach pictures: cleaned, bounded, their own only, and given to the handler with the next message."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager

import aiohttp
import pytest
from PIL import Image
from yinlu_testing.web import Tab, WebHouse

from bot_core.dispatch import Handled
from bot_core.errors import BadInput
from bot_core.events import Invoked
from bot_core.ports.safety import Decision, Verdict
from bot_core.ports.work import Rate
from bot_core.replies import say
from bot_handlers.imagine.commands import COMMANDS
from bot_media import MemoryFiles
from bot_media.labels.clean import clean

PATH = "/api/v1/attachments"
GPS = 0x8825


def photo(size=(64, 48), place=True, kind="JPEG"):
    """Return a photograph that tells where it was taken."""
    out = io.BytesIO()
    picture = Image.new("RGB", size, (200, 90, 30))
    exif = Image.Exif()
    if place:
        exif[0x010F] = "A camera"
        exif.get_ifd(GPS)[1] = "N"
    picture.save(out, kind, exif=exif)
    return out.getvalue()


class Blue:
    """Refuses pictures that are mainly blue."""

    async def text(self, community, text, *, outgoing=False):
        """Allow."""
        return Verdict(Decision.ALLOW)

    async def picture(self, community, data, *, outgoing=False):
        """Look at one pixel."""
        red, _, blue = Image.open(io.BytesIO(data)).convert("RGB").getpixel((1, 1))
        return Verdict(Decision.REFUSE, "blue") if blue > red else Verdict(Decision.ALLOW)


class PictureHouse(WebHouse):
    """A house whose /blend says what it was given."""

    def __init__(self, **options):
        super().__init__(**options)
        self.files, self.seen = MemoryFiles(), []

    def handlers(self, ask):
        """Put one before the others."""

        async def blend(incoming, conversation):
            self.seen.append(incoming)
            if not isinstance(incoming.content, Invoked):
                return None
            await conversation.send(say(f"{len(incoming.attachments)} pictures"))
            return Handled("blend")

        return [blend, *super().handlers(ask)]

    def more(self):
        """Give it files, a cleaner, a judge and the studio's commands."""
        return {
            "files": self.files, "clean_picture": clean, "moderator": Blue(), "commands": COMMANDS
        }  # fmt: skip


@pytest.fixture
async def house():
    async with PictureHouse(attachment_bytes=200_000).up() as running:
        yield running


@asynccontextmanager
async def client(tab):
    """Speak HTTP as the member of a tab."""
    headers = {"Authorization": f"Bearer {tab.visitor}.{tab.session}", "Accept-Language": "en"}
    async with aiohttp.ClientSession(tab.house.url, headers=headers) as http:
        yield http


async def sends(http, data, name="me.jpg"):
    """Send a picture; return the status and what was told."""
    form = aiohttp.FormData()
    form.add_field("file", data, filename=name)
    async with http.post(PATH, data=form) as response:
        return response.status, await response.json()


async def test_a_picture_rides_along_without_where_it_was_taken(house):
    """What the handler gets is a PNG with the photograph's pixels and without its metadata."""
    async with Tab(house).open() as tab, client(tab) as http:
        assert tab.hello["data"]["features"]["attachments"] is True
        assert tab.hello["data"]["limits"]["attachments"] == 5
        status, told = await sends(http, photo(), "holiday.jpg")
        assert status == 201
        assert told["name"] == "holiday.jpg"
        _, other = await sends(http, photo((30, 30)))
        await tab.send("ask", {"text": "/blend", "attachments": [told["token"], other]})
        assert "2 pictures" in (await tab.until("message"))["data"]["text"]
        first = house.seen[-1].attachments[0]
        data = await house.files.read(first.file.key)
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.size, dict(picture.getexif())) == ("PNG", (64, 48), {})
        assert (first.media_type, first.size) == ("image/png", len(data))
        async with http.get(told["url"]) as shown:
            assert await shown.read() == data


async def test_a_token_is_its_owners(house):
    """Another member's token, a changed one and rubbish are refused before anything is stored or asked."""
    async with Tab(house).open() as alice, client(alice) as http:
        token = (await sends(http, photo()))[1]["token"]
        for given in ([token[:-2] + "AA"], ["a_"], [7], "x", [{"token": "a_!"}], [token] * 6):
            sent = await alice.send("ask", {"text": "/blend", "attachments": given})
            assert (await alice.until("error", sent))["data"]["code"] == "BadInput"
        async with Tab(house).open() as bob:
            sent = await bob.send("ask", {"text": "/blend", "attachments": [token]})
            assert "add it again" in (await bob.until("error", sent))["data"]["text"]
        assert house.seen == []


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"%PDF-1.4 not a picture", 400, "BadInput"),
        (photo()[:200], 400, "BadInput"),
        (b"", 400, "BadInput"),
        (b"\xff\xd8" + bytes(300_000), 413, "TooLarge"),
    ],
)
async def test_what_is_no_picture_is_told(house, data, status, code):
    """By its content, not by its name; the sentence is the member's."""
    async with Tab(house).open() as tab, client(tab) as http:
        got, body = await sends(http, data, "fine.png")
        assert (got, body["error"]["code"]) == (status, code)
        assert body["error"]["text"].isascii()


async def test_a_broken_form_is_told(house):
    """Control characters in a part's name, no part at all, no form: 400 and 415, never a server error."""
    async with Tab(house).open() as tab, client(tab) as http:
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        rubbish = b'--b\r\nContent-Disposition: form-data; name="\xf1\x04"\r\n\r\nx\r\n--b--\r\n'
        for body in (rubbish, b"--b--\r\n", b"nothing"):
            async with http.post(PATH, data=body, headers=kind) as response:
                assert response.status == 400, body
        async with http.post(PATH, data=b"{}", headers={"Content-Type": "application/json"}) as response:
            assert response.status == 415


async def test_pictures_are_judged_on_the_way_in(house):
    """A picture that the moderator refuses is not stored."""
    async with Tab(house).open() as tab, client(tab) as http:
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (0, 0, 255)).save(out, "PNG")
        status, body = await sends(http, out.getvalue())
        assert (status, body["error"]["code"]) == (422, "Moderated")


async def test_nobody_sends_without_a_session(house):
    """No header, another's session, a made-up one: refused; the body is not looked at."""
    async with Tab(house).open() as alice, Tab(house).open() as bob:
        for bearer in ("", f"{alice.visitor}.{bob.session}", f"{alice.visitor}.s_{'x' * 35}"):
            async with aiohttp.ClientSession(
                house.url, headers={"Authorization": f"Bearer {bearer}"}
            ) as http:
                assert (await sends(http, photo()))[0] == 403


async def test_an_address_has_its_pace():
    """Beyond it, a sentence says when to go on."""
    async with (
        PictureHouse(attachments=Rate(2, 60.0)).up() as house,
        Tab(house).open() as tab,
        client(tab) as http,
    ):
        assert [(await sends(http, photo()))[0] for _ in range(3)] == [201, 201, 429]


async def test_a_house_without_a_cleaner_takes_none():
    """Nothing is stored with its metadata by accident: the page is told, and a token is refused."""
    async with WebHouse().up() as house, Tab(house).open() as tab, client(tab) as http:
        assert tab.hello["data"]["features"]["attachments"] is False
        sent = await tab.send("ask", {"text": "/blend", "attachments": ["a_x"]})
        assert (await tab.until("error", sent))["data"]["code"] == "NotYet"
        async with http.post(PATH) as response:
            assert response.status == 404


def test_the_cleaner_is_the_studios():
    """It says in the member's words what it can't read."""
    with pytest.raises(BadInput):
        clean(b"x")
