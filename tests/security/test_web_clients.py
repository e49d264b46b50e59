"""Clients that send rubbish, too much, too fast, from elsewhere, or never read; and the page's files."""

import asyncio
import json

import aiohttp
import pytest
from yinlu_testing.web import Tab, WebHouse

from bot_core.identity import Origin
from bot_core.ports.work import Rate
from bot_core.replies import say

DEEP = '{"v":1,"type":"ask","data":' + "[" * 30_000
RUBBISH = [
    "not json",
    "[]",
    '"text"',
    "{}",
    '{"v":0,"type":"ask","data":{}}',
    '{"v":true,"type":"ask","data":{}}',
    '{"v":1,"type":7,"data":{}}',
    '{"v":1,"type":"ask","data":[]}',
    '{"v":1,"id":"a b","type":"ask","data":{}}',
    '{"v":1,"id":"' + "x" * 65 + '","type":"ask","data":{}}',
    '{"v":1,"id":7,"type":"ask","data":{}}',
    '{"v":1,"type":"ask","data":{"text":NaN}}',
    '{"v":1,"type":"ask","data":{"n":' + "9" * 5000 + "}}",
    '{"v":1,"id":"s","type":"ask","data":{"text":"\\ud800"}}',
    DEEP,
]


@pytest.fixture
async def house():
    """A server with tight bounds."""
    async with WebHouse(
        hello_seconds=0.3,
        read_seconds=0.5,
        per_address=3,
        backlog=100_000,
        origins=("https://friends.example",),
    ).up() as running:
        yield running


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda text: text[:40])
async def test_rubbish_three_times_closes_with_4400(house, rubbish):
    """Twice a sentence in the member's language, the third time goodbye; nothing is stored."""
    tab = Tab(house, "zh")
    async with tab.open():
        for _ in range(3):
            await tab.socket.send_str(rubbish)
            error = (await tab.until("error"))["data"]
            assert error["code"] == "BadInput" and error["text"].endswith("。")
        assert await tab.closed() == 4400
    assert not house.journal.seen


async def test_rubbish_before_hello_counts_too(house):
    """Without hello the answer has no session."""
    headers = {"Accept-Language": "zh-CN"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{house.url}/ws", headers=headers) as socket,
    ):
        for _ in range(3):
            await socket.send_str("?")
            frame = json.loads((await socket.receive()).data)
            assert frame["type"] == "error" and "session" not in frame
            assert frame["data"]["text"] == "这条消息不是有效的 JSON。"
        await socket.receive()
        assert socket.close_code == 4400


@pytest.mark.parametrize("first", [None, {"v": 1, "id": "a", "type": "ask", "data": {"text": "?"}}])
async def test_no_hello_in_time_closes_with_1008(house, first):
    """Silence and everything but hello end alike; nothing was done."""
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{house.url}/ws") as socket:
        if first:
            await socket.send_json(first)
        async with asyncio.timeout(3):
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                assert json.loads(message.data)["data"]["text"] == "Say hello first."
        assert socket.close_code == 1008
    assert not house.journal.seen


async def test_a_frame_too_large_is_told_and_closed_with_1009(house):
    """100,000 characters get a sentence and 1009; the session is still there afterwards."""
    tab = Tab(house)
    async with tab.open():
        await tab.send("ask", {"text": "长" * 100_000})
        assert "65536" in (await tab.until("error"))["data"]["text"]
        assert await tab.closed() == 1009
    async with tab.open():
        assert tab.hello["data"]["resumed"] is True
        await tab.socket.send_str("x" * 1_200_000)
        assert await tab.closed() == 1009


async def test_too_many_messages_are_slowed_and_told():
    """Past the rate each message is refused with the wait; afterwards the connection works again."""
    async with WebHouse(messages=Rate(5, 0.5)).up() as house:
        tab = Tab(house)
        async with tab.open():
            for _ in range(8):
                await tab.send("ping", {})
            error = (await tab.until("error"))["data"]
            assert error["code"] == "TooFast" and error["retry_after"] >= 0
            await asyncio.sleep(0.6)
            assert (await tab.ask("When?"))["outcome"] == "answered"


async def test_a_client_that_never_reads_is_closed_with_4408_and_can_resume(house):
    """Its queue is bounded, others are not held up, and what it missed is replayed when it comes back."""
    slow, other = Tab(house), Tab(house)
    async with slow.open(), other.open(session=slow.session, visitor=slow.visitor):
        slow.socket._response.connection.transport.pause_reading()
        origin = Origin("web", "page", _channel(slow))
        rest = asyncio.create_task(_read_all(other, 300))
        for n in range(300):
            await house.face.deliver(_message(origin, n))
            await asyncio.sleep(0)
        await rest
        async with asyncio.timeout(3):
            while len(house.server._sockets) > 1:
                await asyncio.sleep(0.02)
        metrics = await _get(house, "/metrics")
        assert 'yinlu_web_closed_total{code="4408"} 1.0' in metrics
        slow.socket._response.connection.transport.abort()
    async with slow.open():
        assert slow.hello["data"]["resumed"] is True
        await _read_all(slow, 300)
    assert slow.seq == 300


async def test_a_client_that_reads_late_learns_why(house):
    """What still fits its socket arrives, then 4408."""
    tab = Tab(house)
    async with tab.open():
        transport = tab.socket._response.connection.transport
        transport.pause_reading()
        origin = Origin("web", "page", _channel(tab))
        for n in range(2000):
            await house.face.deliver(_message(origin, n))
        await asyncio.sleep(0)
        transport.resume_reading()
        assert await tab.closed() == 4408
    assert tab.seq < 2000


def _channel(tab):
    from bot_adapters.web.sessions import channel_of

    return channel_of(tab.session)


def _message(origin, n):
    from bot_core.ports.work import Outgoing

    return Outgoing(f"web:{origin.channel}:m{n}", 0, origin, "harbour", "p", say("word " * 4000))


async def _read_all(tab, last):
    while tab.seq < last:
        await tab.next()


async def _get(house, path, **headers):
    async with aiohttp.ClientSession() as http, http.get(house.url + path, headers=headers) as response:
        return await response.text()


async def test_connections_are_bounded_per_address(house):
    """One address has so many; the next is asked to come later, and may once another left."""
    tabs = [Tab(house) for _ in range(3)]
    async with tabs[0].open(), tabs[1].open():
        async with (
            tabs[2].open(),
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{house.url}/ws") as socket,
        ):
            assert "Too many connections" in (await socket.receive()).data
            await socket.receive()
            assert socket.close_code == 1013
        await asyncio.sleep(0.05)
        async with tabs[2].open():
            assert tabs[2].hello["data"]["resumed"] is True


async def test_connections_are_bounded_in_all():
    """The same for all addresses together."""
    async with WebHouse(connections=1).up() as house:
        one, two = Tab(house), Tab(house)
        async with one.open():
            with pytest.raises(ConnectionError):
                async with two.open():
                    pass
            assert two.socket.close_code == 1013


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        ("http://127.0.0.1:{port}", True),
        ("https://friends.example", True),
        ("https://friends.example.evil.example", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
        ("http://[", False),
        ("file://127.0.0.1:{port}", False),
    ],
)
async def test_pages_of_other_origins_can_neither_connect_nor_post(house, origin, good):
    """WebSocket: closed with 1008 before anything is read. POST: 403 in words."""
    headers = {"Origin": origin.format(port=house.port)}
    tab = Tab(house)
    if good:
        async with tab.open(headers):
            assert tab.hello
    else:
        with pytest.raises(ConnectionError):
            async with tab.open(headers):
                pass
        assert tab.socket.close_code == 1008
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{house.url}/api/v1/jobs", headers=headers) as response,
    ):
        assert response.status == (501 if good else 403)
        assert (await response.json())["error"]["text"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:80", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("localhost.", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8080", 421),
        ("", 421),
    ],
)
async def test_only_our_own_names_are_served(house, host, status):
    """A name that was pointed at us from outside (DNS rebinding) gets nothing, the WebSocket included."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{house.url}/healthz", headers={"Host": host}) as response:
            assert response.status == status
        async with http.get(f"{house.url}/ws", headers={"Host": host}) as response:
            assert response.status == (400 if status == 200 else 421)


async def test_security_headers_are_on_every_response(house):
    """Page, API, errors: the policy is there and the server does not tell its version."""
    async with aiohttp.ClientSession() as http:
        for path in ("/healthz", "/nowhere", "/openapi.json", "/ws"):
            async with http.get(house.url + path) as response:
                policy = response.headers["Content-Security-Policy"]
                for part in ("default-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
                    assert part in policy
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Server"] == "yinlu"


@pytest.fixture
async def page(tmp_path):
    """A server with a small page of its own, beside a secret."""
    (tmp_path / "secret.txt").write_text("secret")
    static = tmp_path / "static"
    (static / "js").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>引路</title>" + "x" * 1000)
    (static / "js/app.js").write_text("export const a = 1;")
    (static / ".hidden.txt").write_text("secret")
    (static / "raw.py").write_text("secret")
    (static / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with WebHouse(static=static).up() as house:
        yield house, static


async def _raw(house, request):
    """Send bytes as they are; return the whole response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(request)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static/js/..%2f..%2f..%2fsecret.txt",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/.hidden.txt",
        "/static/raw.py",
        "/static/link.txt",
        "/static/js",
        "/static/",
        "/static/js/app.js%00.txt",
        "/static/..%5csecret.txt",
    ],
)
async def test_nothing_outside_the_pages_folder_is_served(page, path):
    """However the path is written."""
    house, _ = page
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    answer = await _raw(house, request)
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), answer[:100]
    assert b"secret" not in answer.replace(b"secret.txt", b"")


async def test_the_pages_files_are_compressed_and_cached_by_content(page):
    """gzip where it pays, 304 for what is known, and an update shows at once."""
    house, static = page
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with http.get(house.url) as response:
            body, tag = await response.read(), response.headers["ETag"]
            assert response.headers["Content-Encoding"] == "gzip" and len(body) < 300
            assert response.headers["Content-Type"] == "text/html; charset=utf-8"
            assert response.headers["Cache-Control"] == "no-cache"
        async with http.get(house.url, headers={"If-None-Match": f'"x", W/{tag}'}) as response:
            assert response.status == 304 and not await response.read()
        async with http.get(house.url, headers={"Accept-Encoding": "identity"}) as response:
            assert "Content-Encoding" not in response.headers and response.headers["ETag"] != tag
        (static / "index.html").write_text("<!doctype html>new")
        async with http.get(house.url, headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (200, b"<!doctype html>new")
        async with http.head(f"{house.url}/static/js/app.js") as response:
            assert response.status == 200
            assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"POST /api"])
async def test_a_connection_that_does_not_finish_its_request_is_closed(house, start):
    """Slow heads (slowloris) and silent sockets end within the read time-out."""
    began = asyncio.get_running_loop().time()
    await _raw(house, start)
    assert asyncio.get_running_loop().time() - began < 2


async def test_a_body_that_does_not_come_is_answered_with_408(house):
    """The head promises a body that never arrives."""
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    assert (await _raw(house, head)).startswith(b"HTTP/1.1 408")
