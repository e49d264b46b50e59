"""Safe fetching: nothing that is not on the public internet is ever connected to, under any name or form."""

import asyncio
import gzip
import ipaddress
import time
import zlib
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot_core.errors import BadInput
from bot_safety import MemoryFetcher, SafeFetcher, public
from bot_safety.addresses import literal
from bot_safety.fetch import FORBIDDEN, GARBLED, LARGE, MALFORMED, PORT, SCHEME, SLOW, TURNS, UNREACHABLE

PRIVATE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0X7F.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://00000177.0.0.01/",
    "http://127.0.0.1./",
    "http://127.255.255.254/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://10.0.0.1/",
    "http://10.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://3232235777/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[2600::5efe:127.0.0.1]/",
    "http://[2600::200:5efe:10.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://foo.localhost/",
    "http://localhost.localdomain/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata/",
    "http://instance-data/latest/",
    "http://kubernetes.default.svc/",
    "http://printer.local/",
    "http://router.lan/",
    "http://wiki.corp/",
]
WRONG = [
    ("ftp://example.com/", SCHEME),
    ("file:///etc/passwd", SCHEME),
    ("gopher://127.0.0.1:70/", SCHEME),
    ("javascript:alert(1)", SCHEME),
    ("//example.com/", SCHEME),
    ("example.com", SCHEME),
    ("", SCHEME),
    ("http://", MALFORMED),
    ("http:///path", MALFORMED),
    ("http://user:pw@example.com/", MALFORMED),
    ("http://example.com@127.0.0.1/", MALFORMED),
    ("http://example.com\\@127.0.0.1/", MALFORMED),
    ("http://exa mple.com/", MALFORMED),
    ("http://example.com/\r\nHost: 127.0.0.1", MALFORMED),
    ("http://1.2.3.4.5/", MALFORMED),
    ("http://256.1.1.1/", MALFORMED),
    ("http://0x1ffffffff/", MALFORMED),
    ("http://[::1/", MALFORMED),
    ("http://example.com:99999/", MALFORMED),
    ("http://example.com:22/", PORT),
    ("http://example.com:6379/", PORT),
    ("https://example.com:25/", PORT),
    ("http://example.com/" + "a" * 5000, MALFORMED),
]


async def nowhere(host, port):
    raise AssertionError(f"{host} was looked up")


@pytest.mark.parametrize("url", PRIVATE)
async def test_private_addresses_are_refused_unasked(url):
    """Loopback, private, metadata and reserved addresses in every spelling are refused before any look-up."""
    async with SafeFetcher.open(resolve=nowhere) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(url)
    assert refused.value.words in (FORBIDDEN, MALFORMED)


@pytest.mark.parametrize(("url", "words"), WRONG)
async def test_what_is_no_web_address_is_refused(url, words):
    """Schemes, ports, credentials, spaces and broken hosts each have their sentence."""
    async with SafeFetcher.open(resolve=nowhere) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(url)
    assert refused.value.words == words


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["fd00::1"],
        ["64:ff9b::7f00:1"],
        ["93.184.215.14", "127.0.0.1"],
        ["2606:2800:220:1::1", "fe80::1"],
    ],
)
async def test_a_name_with_one_private_address_is_refused(addresses):
    """However good the other addresses of a name are, one that is private refuses it all."""

    async def resolve(host, port):
        return addresses

    async with SafeFetcher.open(resolve=resolve) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch("http://harmless.example/")
    assert refused.value.words == FORBIDDEN


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("8.8.8.8", True),
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("2600::5efe:8.8.8.8", True),
        ("64:ff9b::c0a8:1", False),
        ("2002:808:808::", False),
        ("4000::1", False),
    ],
)
def test_the_public_internet_stays_reachable(address, fine):
    """Public hosts pass, also through NAT64, where an IPv6-only network reaches IPv4."""
    assert public(ipaddress.ip_address(address)) is fine


def test_numbers_are_read_as_a_c_library_reads_them():
    """Decimal, octal and hexadecimal parts, one to four of them."""
    for text in ("127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "017700000001", "0x7f000001"):
        assert literal(text) == ipaddress.ip_address("127.0.0.1"), text
    assert literal("example.com") is None
    assert literal("1.example.com") is None
    assert literal("1e100.net") is None


class Site:
    """A small web server on one loopback address; counts what reaches it."""

    def __init__(self, host):
        self.host, self.hits, self.port = host, 0, 0
        self.answers = {}

    @asynccontextmanager
    async def running(self):
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, self.host, 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request):
        self.hits += 1
        return await self.answers[request.path](request)


def says(body=b"hello", status=200, **headers):
    """Answer with these bytes."""

    async def answer(request):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=given)

    return answer


def only_first(address):
    """Let 127.0.0.1 stand for the public internet; 127.0.0.2 is the private network."""
    return str(address) == "127.0.0.1"


@pytest.fixture
async def sites():
    async with Site("127.0.0.1").running() as outside, Site("127.0.0.2").running() as inside:
        inside.answers["/"] = says(b"secret")
        yield outside, inside


@asynccontextmanager
async def fetching(*sites, names=None):
    """A fetcher that may use the sites' ports and knows these names."""
    looked_up = []

    async def resolve(host, port):
        looked_up.append(host)
        found = (names or {"site.example": ["127.0.0.1"]})[host]
        return found.pop(0) if isinstance(found[0], list) else found

    ports = {site.port for site in sites}
    async with SafeFetcher.open(allowed=only_first, ports=ports, resolve=resolve) as fetcher:
        fetcher.looked_up = looked_up
        yield fetcher


async def test_a_page_comes_with_type_and_headers(sites):
    """Status, media type without parameters, headers in lower case, and the bytes."""
    outside, _ = sites
    outside.answers["/page"] = says("你好".encode(), content_type="text/html; charset=utf-8", etag='"1"')
    async with fetching(outside) as fetcher:
        page = await fetcher.fetch(f"http://site.example:{outside.port}/page?x=1#part")
    assert (page.status, page.media_type, page.body.decode()) == (200, "text/html", "你好")
    assert page.headers["etag"] == '"1"'
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_name_that_changes_its_address_gains_nothing(sites):
    """Rebinding: one look-up per connection; a redirect that looks up anew is checked anew."""
    outside, inside = sites
    outside.answers["/"] = says(b"good")
    outside.answers["/again"] = says(status=302, location=f"http://site.example:{inside.port}/")
    names = {"site.example": [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]]}
    async with fetching(outside, inside, names=names) as fetcher:
        assert (await fetcher.fetch(f"http://site.example:{outside.port}/")).body == b"good"
        assert fetcher.looked_up == ["site.example"]
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(f"http://site.example:{outside.port}/again")
    assert refused.value.words == FORBIDDEN
    assert inside.hits == 0


async def test_the_socket_itself_is_checked(sites):
    """Should a look-up's answer ever pass unseen, the connection is refused all the same."""
    _, inside = sites
    asked = []

    def changes_its_mind(address):
        asked.append(address)
        return len(asked) == 1

    async def resolve(host, port):
        return ["127.0.0.2"]

    async with SafeFetcher.open(allowed=changes_its_mind, ports={inside.port}, resolve=resolve) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(f"http://site.example:{inside.port}/")
    assert refused.value.words == FORBIDDEN
    assert inside.hits == 0
    assert len(asked) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/",
        "//127.0.0.2:{port}/",
        "http://2130706434:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
    ],
)
async def test_a_redirect_into_the_private_network_is_refused(sites, status, target):
    """Every redirect is checked like a first address; nothing inside is reached."""
    outside, inside = sites
    outside.answers["/"] = says(status=status, location=target.format(port=inside.port))
    async with fetching(outside, inside) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(f"http://site.example:{outside.port}/")
    assert refused.value.words == FORBIDDEN
    assert inside.hits == 0


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("file:///etc/passwd", SCHEME),
        ("http://site.example:22/", PORT),
        ("http://a:b@site.example/", MALFORMED),
    ],
)
async def test_a_redirect_elsewhere_is_refused(sites, target, words):
    """Other schemes, ports and credentials are no better behind a redirect."""
    outside, _ = sites
    outside.answers["/"] = says(status=302, location=target)
    async with fetching(outside) as fetcher:
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(f"http://site.example:{outside.port}/")
    assert refused.value.words == words


async def test_five_redirects_are_followed_and_no_more(sites):
    """Relative targets are resolved; the page's own address comes back; endless chains end."""
    outside, _ = sites
    for number in range(7):
        outside.answers[f"/{number}"] = says(status=302, location=f"{number + 1}")
    outside.answers["/5"] = says(b"arrived")
    async with fetching(outside) as fetcher:
        page = await fetcher.fetch(f"http://site.example:{outside.port}/0")
        assert (page.body, page.url) == (b"arrived", f"http://site.example:{outside.port}/5")
        outside.answers["/5"] = says(status=302, location="6")
        with pytest.raises(BadInput) as refused:
            await fetcher.fetch(f"http://site.example:{outside.port}/0")
    assert refused.value.words == TURNS


async def test_too_much_is_cut_off(sites):
    """Told or untold lengths beyond the limit end the fetch; the limit itself is allowed."""
    outside, _ = sites

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with pytest.raises(ConnectionError):
            while True:
                await response.write(bytes(10_000))
        return response

    outside.answers = {"/told": says(bytes(1001)), "/exact": says(bytes(1000)), "/endless": endless}
    async with fetching(outside) as fetcher:
        base = f"http://site.example:{outside.port}"
        assert len((await fetcher.fetch(f"{base}/exact", limit=1000)).body) == 1000
        for path in ("/told", "/endless"):
            with pytest.raises(BadInput) as refused:
                await fetcher.fetch(base + path, limit=1000)
            assert refused.value.words == LARGE


async def test_slow_servers_are_left(sites):
    """One bound over look-up, headers, body and redirects together."""
    outside, _ = sites

    async def drips(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(50):
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    async def silent(request):
        await asyncio.sleep(3)
        return web.Response()

    outside.answers = {"/drips": drips, "/silent": silent}
    async with fetching(outside) as fetcher:
        for path in ("/drips", "/silent"):
            start = time.monotonic()
            with pytest.raises(BadInput) as refused:
                await fetcher.fetch(f"http://site.example:{outside.port}{path}", seconds=0.3)
            assert refused.value.words == SLOW
            assert time.monotonic() - start < 1.5


def _raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", _raw_deflate),
    ],
)
async def test_packed_pages_are_unpacked(sites, encoding, pack):
    """gzip, and deflate in both the forms that servers send."""
    outside, _ = sites
    text = "引路 ".encode() * 50_000
    outside.answers["/"] = says(pack(text), content_encoding=encoding)
    async with fetching(outside) as fetcher:
        assert (await fetcher.fetch(f"http://site.example:{outside.port}/")).body == text


async def test_a_bomb_is_not_unpacked(sites):
    """Kilobytes that unpack to many megabytes is refused at the limit, in moments."""
    outside, _ = sites
    packer = zlib.compressobj(9, wbits=31)
    million = bytes(1_000_000)
    bomb = b"".join(packer.compress(million) for _ in range(60)) + packer.flush()
    outside.answers = {
        "/bomb": says(bomb, content_encoding="gzip"),
        "/twice": says(gzip.compress(bomb), content_encoding="gzip, gzip"),
        "/odd": says(b"xx", content_encoding="br"),
        "/broken": says(b"not gzip at all", content_encoding="gzip"),
    }
    async with fetching(outside) as fetcher:
        for path, words in (("/bomb", LARGE), ("/twice", GARBLED), ("/odd", GARBLED), ("/broken", GARBLED)):
            start = time.monotonic()
            with pytest.raises(BadInput) as refused:
                await fetcher.fetch(f"http://site.example:{outside.port}{path}", limit=1_000_000)
            assert refused.value.words == words
            assert time.monotonic() - start < 2


async def test_nothing_is_remembered_between_fetches(sites):
    """No cookies, no credentials, no proxy from the environment."""
    outside, _ = sites
    seen = []

    async def remembers(request):
        seen.append(dict(request.headers))
        return web.Response(headers={"Set-Cookie": "a=b"})

    outside.answers["/"] = remembers
    async with fetching(outside) as fetcher:
        for _ in range(2):
            await fetcher.fetch(f"http://site.example:{outside.port}/")
    assert "Cookie" not in seen[1]
    assert "Authorization" not in seen[1]


async def test_what_is_not_there_can_not_be_reached():
    """Unknown names, closed ports and servers that speak no HTTP are one sentence."""

    async def unknown(host, port):
        raise OSError("Name or service not known")

    async def rude(reader, writer):
        writer.write(b"220 not http\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, SafeFetcher.open(allowed=only_first, ports={port, 1}, resolve=unknown) as fetcher:
        for url in (f"http://none.example:{port}/", "http://127.0.0.1:1/", f"http://127.0.0.1:{port}/"):
            with pytest.raises(BadInput) as refused:
                await fetcher.fetch(url)
            assert refused.value.words == UNREACHABLE


async def test_an_error_page_is_a_page(sites):
    """A status of 400 and more comes back as it is; the caller decides."""
    outside, _ = sites
    outside.answers["/"] = says(b"gone", status=404)
    async with fetching(outside) as fetcher:
        assert (await fetcher.fetch(f"http://site.example:{outside.port}/")).status == 404


async def test_the_twin_knows_its_pages(sites):
    """MemoryFetcher gives what it was given, within the limit."""
    outside, _ = sites
    outside.answers["/"] = says(b"hello")
    async with fetching(outside) as fetcher:
        page = await fetcher.fetch(f"http://site.example:{outside.port}/")
    twin = MemoryFetcher({"http://a.example/": page})
    assert await twin.fetch("http://a.example/") == page
    with pytest.raises(BadInput):
        await twin.fetch("http://a.example/", limit=4)
    with pytest.raises(BadInput):
        await twin.fetch("http://b.example/")
