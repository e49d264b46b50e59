"""Login and tokens against the platform's loopback, with PyPI's ``bytedance`` as oracle of the wire."""

import asyncio

import pytest
from yinlu_testing.douyin_house import DouyinHouse
from yinlu_testing.douyin_loopback import APP, SECRET
from yinlu_testing.servers import prefix

from bot_adapters.douyin.tokens import AppTokens, Kind
from bot_core.errors import EngineDown
from bot_queue.connection import StoreOptions, open_store
from bot_queue.limits import MemoryLocks, RedisLocks
from bot_queue.notes import RedisNotes

pytest_plugins = ["yinlu_testing.redis"]
bytedance = pytest.importorskip("bytedance")


def _client(house, folder):
    root = house.platform.root
    domains = dict.fromkeys(("https://developer.toutiao.com", "https://open.douyin.com"), root)
    return bytedance.ByteDance(
        app_id=APP,
        app_secret=SECRET,
        access_token_type="file",
        ac_path=str(folder / "t"),
        api_domains=domains,
    )


async def test_our_loopback_answers_the_public_client_as_it_answers_us(tmp_path):
    """The client of PyPI logs in, gets both tokens and has a text checked at the same loopback."""
    async with DouyinHouse().up() as house:
        client = _client(house, tmp_path)
        session = await asyncio.to_thread(client.code2_session, house.platform.code("alice"))
        assert session["openid"] == "alice" and session["session_key"] == house.platform.keys["alice"]
        with pytest.raises(bytedance.ByteDanceError):
            await asyncio.to_thread(client.code2_session, "no-such-code")
        assert await asyncio.to_thread(lambda: client.access_token) in house.platform.tokens["access"]
        assert await asyncio.to_thread(lambda: client.client_token) in house.platform.tokens["client"]
        checked = await asyncio.to_thread(client.text_antidirt, [{"content": "hello"}])
        assert checked["data"][0]["predicts"][0]["hit"] is False


async def test_a_wrong_code_is_told_and_a_used_one_is_refused_without_asking_again():
    """A code works once; what is wrong gets a sentence, status 400."""
    async with DouyinHouse().up() as house:
        status, told = await house.login("wrong")
        assert status == 400 and told["error"]["code"] == "BadInput"
        code = house.platform.code("alice")
        assert (await house.login(code))[0] == 200
        calls = house.platform.calls["/api/apps/v2/jscode2session"]
        status, told = await house.login(code)
        assert status == 400 and "used" in told["error"]["text"]
        assert house.platform.calls["/api/apps/v2/jscode2session"] == calls
        assert (await house.login())[0] == 400


async def test_one_code_in_ten_hands_makes_one_session():
    """Ten logins at once with one code: one succeeds."""
    async with DouyinHouse().up() as house:
        code = house.platform.code("alice")
        answers = await asyncio.gather(*(house.login(code) for _ in range(10)))
        assert sorted(status for status, _ in answers) == [200] + [400] * 9


async def test_a_code_that_never_reached_the_platform_can_be_tried_again():
    """The platform down is 503, and the code is not spent."""
    async with DouyinHouse(call_seconds=0.3).up() as house:
        code = house.platform.code("alice")
        for mood in ("down", "slow", "html"):
            house.platform.mood["/api/apps/v2/jscode2session"] = mood
            assert (await house.login(code))[0] == 503
        house.platform.mood.clear()
        assert (await house.login(code))[0] == 200


async def test_wrong_app_credentials_are_ours_to_mend_not_the_members():
    """40015 and 40017 are no fault of the code: the member reads that a service is down."""
    async with DouyinHouse(secret="wrong").up() as house:
        assert (await house.login(house.platform.code("alice")))[0] == 503


async def test_logging_in_again_ends_the_session_before_and_takes_the_new_key():
    """tt.login again: a new token, the old one is dead, session_key is the newest."""
    async with DouyinHouse().up() as house:
        _, one = await house.login(house.platform.code("alice"))
        _, two = await house.login(house.platform.code("alice"), before=one["token"])
        assert one["token"] != two["token"]
        status = [await _history(house, told["token"]) for told in (one, two)]
        assert status == ["error", "hello"]
        member = await house.logins.member(two["token"])
        assert await house.logins.session_key(member) == house.platform.keys["alice"]


async def _history(house, token):
    async with house.http.ws_connect(f"{house.url}/douyin/ws") as socket:
        await socket.send_json({"v": 1, "id": "h", "type": "hello", "data": {"token": token}})
        return (await socket.receive_json())["type"]


@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.CLIENT])
async def test_fifty_requests_at_once_renew_a_token_once_over_two_processes(kind, valkey):
    """The shared lock lets one renew; all get the same token."""
    async with DouyinHouse().up() as house, open_store(valkey.url, StoreOptions(prefix=prefix())) as store:
        homes = [
            AppTokens(house.wire, RedisNotes(store), RedisLocks(store), house.clock, house.options)
            for _ in range(2)
        ]
        ask = [home.access if kind is Kind.ACCESS else home.client for home in homes]
        got = await asyncio.gather(*(ask[n % 2]() for n in range(50)))
        assert len(set(got)) == 1
        assert sum(house.platform.calls[path] for path in ("/api/apps/v2/token", "/oauth/client_token/")) == 1


async def test_a_token_is_renewed_before_its_end_and_after_a_refusal():
    """A tenth of a short life (at most ten minutes) before the end; at once where the platform refuses it."""
    async with DouyinHouse().up() as house:
        house.platform.lifetime = 1
        first = await house.tokens.access()
        await asyncio.sleep(0.95)
        assert await house.tokens.access() != first
        house.platform.lifetime = 7200
        assert (await house.moderator.text("harbour", "hello")).decision == "allow"
        house.platform.tokens["access"].clear()
        assert (await house.moderator.text("harbour", "hello again")).decision == "allow"


async def test_a_platform_that_gives_no_token_fails_every_waiting_request():
    """No token is no check: EngineDown, and nothing is kept."""
    async with DouyinHouse(secret="wrong").up() as house:
        with pytest.raises(EngineDown):
            await house.tokens.access()
        with pytest.raises(EngineDown):
            await house.tokens.client()
        assert isinstance(house.locks, MemoryLocks)


async def test_equal_content_is_asked_once_for_a_while_and_outages_are_not_remembered():
    """Verdicts are kept by hash; an outage is no verdict."""
    async with DouyinHouse().up() as house:
        path = "/api/v2/tags/text/antidirt"
        for _ in range(3):
            await house.moderator.text("harbour", "the same")
        assert house.platform.calls[path] == 1
        house.platform.mood[path] = "down"
        assert (await house.moderator.text("harbour", "new")).category == "unavailable"
        house.platform.mood.clear()
        assert (await house.moderator.text("harbour", "new")).decision == "allow"


async def test_a_bad_word_is_found_wherever_it_stands_in_a_long_text():
    """Long texts are checked in pieces that overlap."""
    from yinlu_testing.douyin_loopback import BAD_WORD

    async with DouyinHouse().up() as house:
        for at in (0, 1738, 1739, 1740, 1799, 1800, 40_000, 59_990):
            text = "好" * at + BAD_WORD + "好" * (60_000 - at)
            assert (await house.moderator.text("harbour", text)).decision == "refuse", at
