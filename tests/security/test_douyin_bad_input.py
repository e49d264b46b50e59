"""Bad input from the mini program: too long, cut off, replayed, silent, from visitors and from who was removed."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE

import aiohttp
import pytest
from yinlu_testing.douyin_house import DouyinHouse, adts, png

from bot_core.ports.work import Rate


async def test_a_recording_of_61_seconds_is_refused_and_one_of_60_is_taken():
    """Its frames are counted; what a client says of it is not asked."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        status, told = await alice.uploads("voice", adts(61), "v1")
        assert status == 400 and "60" in told["error"]["text"]
        assert (await alice.uploads("voice", adts(60), "v2"))[0] == 200


async def test_a_cut_upload_leaves_nothing_behind():
    """The connection breaks within the body, or the file ends within a frame: no event, no file."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        assert (await alice.uploads("voice", adts(1)[:-3]))[0] == 400
        host, port = house.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + adts(1)
        head = (
            f"POST /douyin/api/voice HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {alice.token}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body) + 5000}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        pong = await alice.hears(await alice.says("ping"), "pong")
        assert pong and not house.seen.events and not house.journal.running


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("voice", b"", 400),
        ("voice", b"hello", 400),
        ("voice", b"\xff\xf1" + bytes(7_000_000), 413),
        ("pictures", b"<svg/>", 400),
        ("pictures", b"GIF89a", 400),
        ("pictures", png() + bytes(6_000_000), 413),
    ],
)
async def test_what_is_no_recording_or_picture_or_too_large_is_refused(what, data, status):
    """By its bytes, not by its name."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        assert (await alice.uploads(what, data, text="look"))[0] == status
        assert not house.seen.events


async def test_another_members_conversation_can_not_be_written_to():
    """A session belongs to the member it was given to; so do recordings."""
    async with DouyinHouse().up() as house, house.phone("alice") as alice, house.phone("bob") as bob:
        bob.session = alice.session
        assert (await bob.uploads("voice", adts(1)))[0] == 401
        hello = await bob.hello(session=alice.session, after=0)
        assert hello["data"]["resumed"] is False and hello["session"] != alice.session


async def test_a_session_that_ended_can_not_be_replayed():
    """After logout and after a new login the old token opens nothing."""
    async with DouyinHouse().up() as house, house.phone("alice") as alice:
        headers = {"Authorization": f"Bearer {alice.token}"}
        async with house.http.post(f"{house.url}/douyin/api/logout", headers=headers) as answer:
            assert answer.status == 200
        assert (await alice.uploads("voice", adts(1)))[0] == 401
        told = await alice.hears(await alice.says("ask", text="me again"), "error")
        assert told["data"]["code"] == "LoginNeeded"
        closed = await alice.socket.receive()
        assert closed.type is aiohttp.WSMsgType.CLOSE and closed.data == 1008


@pytest.mark.parametrize("token", [None, 7, "", "d_", "d_" + "x" * 43, "v_" + "A" * 22, {"a": 1}])
async def test_a_made_up_session_is_refused_at_hello(token):
    """The page's visitors are nobody here."""
    async with (
        DouyinHouse().up() as house,
        house.http.ws_connect(f"{house.url}/douyin/ws") as socket,
    ):
        data = {"token": token, "visitor": "v_" + "A" * 22}
        await socket.send_json({"v": 1, "id": "h", "type": "hello", "data": data})
        told = await socket.receive_json()
        assert told["type"] == "error" and told["data"]["code"] == "LoginNeeded"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_member_removed_while_speaking_is_let_go_and_their_words_are_not_asked():
    """Between audio.start and audio.end the member is removed: the recording is dropped, the connection closed."""
    async with DouyinHouse().up() as house, house.phone("alice") as alice, house.phone("bob") as bob:
        name = await alice.says("audio.start", format="aac")
        await alice.socket.send_bytes((0).to_bytes(4, "big") + adts(0.5))
        await alice.hears(await alice.says("ping"), "pong")
        await house.logins.remove((await house.logins.member(alice.token)).person)
        await alice.socket.send_bytes((1).to_bytes(4, "big") + adts(0.5))
        told = await alice.hears(await alice.says("audio.end"), "error")
        assert told["data"]["code"] == "LoginNeeded" and name
        assert (await alice.socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert not house.seen.events
        assert (await bob.asks("and I?"))["type"] == "done"
        async with house.phone("alice") as again:  # a new login lets them in, the old session stays shut
            assert (await again.asks("back?"))["type"] == "done"
        assert (await alice.uploads("voice", adts(1)))[0] == 401


async def test_a_visitor_without_an_account_has_a_limit_and_no_commands():
    """Anonymous codes: questions up to the rate, no /imagine; the wait is told."""
    async with DouyinHouse(anonymous_rate=Rate(2, 600.0)).up() as house:
        house.platform.codes["anon-code"] = "anon-1"
        status, told = await house.login(anonymous="anon-code")
        assert status == 200 and told["anonymous"] is True
        async with house.phone(token=told["token"], locale="en") as visitor:
            for _ in range(2):
                assert (await visitor.asks("when?"))["type"] == "done"
            refused = await visitor.asks("when?")
            assert refused["data"]["code"] == "LimitReached" and refused["data"]["retry_after"] > 0
            name = await visitor.says("invoke", command="imagine", arguments={"prompt": "a fox"})
            assert "log in" in (await visitor.hears(name, "error"))["data"]["text"]
            status, told = await visitor.uploads("pictures", png(), text="/imagine a fox")
            assert status == 403
            status, _ = await visitor.uploads("voice", adts(1))
            assert status == 429


async def test_logins_of_one_address_have_a_limit():
    """A flood of codes stops before the platform."""
    async with DouyinHouse(login_rate=Rate(3, 60.0)).up() as house:
        status = [(await house.login(f"wrong-{n}"))[0] for n in range(5)]
        assert status == [400, 400, 400, 429, 429]
        assert house.platform.calls["/api/apps/v2/jscode2session"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b'{"code": 7}',
        b'{"code": null}',
        b"{" * 9000,
        json.dumps({"code": "x" * 600}).encode(),
    ],
)
async def test_rubbish_at_the_login_is_refused(body):
    """400, and the platform is not asked."""
    async with DouyinHouse().up() as house:
        async with house.http.post(f"{house.url}/douyin/api/login", data=body) as answer:
            assert answer.status == 400
        assert not house.platform.calls


KNOCKS = """
import socket, sys
head = "GET /douyin/ws HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
head += "Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n"
held = []
for n in range(int(sys.argv[2])):
    held.append(socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60))
    held[-1].sendall(head.encode())
print("all are here", flush=True)
sys.stdin.read()
"""


async def _silent(count):
    """Hold connections of another process that say nothing; return how long a member who comes then waits."""
    house = DouyinHouse()
    room = {"connections": count + 10, "per_address": count + 10, "sockets": count + 50}
    house.page = {**room, "hello_seconds": max(3.0, count / 300)}
    most = 0
    async with house.up():
        port = house.url.rpartition(":")[2]
        words = [sys.executable, "-c", KNOCKS, port, str(count)]
        others = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        assert others.stdin is not None and others.stdout is not None
        try:
            assert await asyncio.wait_for(others.stdout.readline(), 120) == b"all are here\n"
            most = len(house.server)
            began = time.monotonic()
            async with house.phone() as alice:
                assert (await alice.asks("when?"))["type"] == "done"
            took = time.monotonic() - began
            async with asyncio.timeout(120):
                while len(house.server):
                    await asyncio.sleep(0.1)
            async with house.phone() as alice:
                assert (await alice.asks("still there?"))["type"] == "done"
        finally:
            others.stdin.close()
            await others.wait()
    assert most > count // 20  # they were held, not turned away at the door
    return took


async def test_a_thousand_connections_that_say_nothing_cost_nobody_anything():
    """They are closed after the time for hello; a member beside them is answered."""
    assert await _silent(1_000) < 5


@pytest.mark.slow
async def test_ten_thousand_connections_that_say_nothing_cost_nobody_anything():
    """The same, ten times as many."""
    assert await _silent(10_000) < 15
