"""Webhooks and user data: forged, repeated, late and broken ones; sealed data with a wrong key."""

import asyncio
import base64
import hashlib
import json
import time

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from yinlu_testing.douyin_house import DouyinHouse
from yinlu_testing.douyin_loopback import APP, BAD_WORD, SECRET

from bot_adapters.douyin.userdata import opened, verified
from bot_core.errors import BadInput, EngineDown

security = pytest.importorskip("bytedance.security")


def message(said="when does the ferry leave?", at=None, **more):
    """Return a private message as the platform tells of it."""
    content = {
        "create_time": int((time.time() if at is None else at) * 1000),
        "conversation_short_id": "conversation-1",
        "server_message_id": "server-1",
        "message_type": "text",
        "text": said,
        **more,
    }
    event = {"event": "im_receive_msg", "client_key": APP, "from_user_id": "alice", "to_user_id": "shop"}
    return json.dumps({**event, "content": json.dumps(content)}, ensure_ascii=False).encode()


async def sent(house, raw, name="m1", signature=None):
    """Deliver a webhook; return the status and the answer."""
    given = hashlib.sha1(SECRET.encode() + raw).hexdigest() if signature is None else signature
    headers = {"X-Douyin-Signature": given, "Msg-Id": name, "Content-Type": "application/json"}
    async with house.http.post(f"{house.url}/douyin/webhook", data=raw, headers=headers) as answer:
        return answer.status, await answer.json()


async def until(true):
    """Wait for something to become true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_private_message_is_answered_once_in_its_conversation():
    """Signed as the public client checks it; three deliveries, one question, one answer with its label."""
    async with DouyinHouse().up() as house:
        raw = message()
        headers = {"X-Douyin-Signature": hashlib.sha1(SECRET.encode() + raw).hexdigest()}
        assert security.verify_webhook(raw, headers, SECRET)
        assert [(await sent(house, raw))[0] for _ in range(3)] == [200, 200, 200]
        await until(lambda: house.platform.sent)
        assert len(house.seen.events) == 1 and len(house.platform.sent) == 1
        (answer,) = house.platform.sent
        assert answer["open_id"] == "alice" and answer["conversation_id"] == "conversation-1"
        assert "07:45" in answer["content"][0]["text"]["text"]
        assert "AI" in answer["content"][0]["text"]["text"]


async def test_the_handshake_answers_its_challenge():
    """verify_webhook brings a number that comes back."""
    async with DouyinHouse().up() as house:
        raw = json.dumps(
            {"event": "verify_webhook", "client_key": APP, "content": {"challenge": 12345}}
        ).encode()
        assert await sent(house, raw) == (200, {"challenge": 12345})
        assert (await sent(house, raw, signature="0" * 40))[0] == 401


@pytest.mark.parametrize("signature", ["", "0" * 40, "é" * 20, "x" * 5000])
async def test_a_forged_webhook_is_refused(signature):
    """Nothing is done for a signature that is not the secret's."""
    async with DouyinHouse().up() as house:
        headers = {"X-Douyin-Signature": signature.encode("utf-8").decode("latin-1"), "Msg-Id": "m"}
        async with house.http.post(f"{house.url}/douyin/webhook", data=message(), headers=headers) as answer:
            assert answer.status == 401
        assert not house.journal.running and not house.seen.events


async def test_a_body_changed_by_one_byte_is_refused():
    """The signature is over the raw body."""
    async with DouyinHouse().up() as house:
        raw = message()
        signature = hashlib.sha1(SECRET.encode() + raw).hexdigest()
        assert (await sent(house, raw + b" ", signature=signature))[0] == 401


async def test_a_late_webhook_and_one_without_an_id_are_refused():
    """What is older than the journal's memory can't come back; nor what has no id or no time."""
    async with DouyinHouse().up() as house:
        assert (await sent(house, message(at=time.time() - 7200)))[0] == 400
        assert (await sent(house, message(at=time.time() + 7200)))[0] == 400
        assert (await sent(house, message(create_time=None)))[0] == 400
        assert (await sent(house, message(), name=""))[0] == 400
        assert (await sent(house, b"no json"))[0] == 400
        assert not house.seen.events


async def test_a_store_that_hangs_is_answered_in_time_so_that_the_platform_tries_again():
    """Within the limit, with 503."""
    async with DouyinHouse(webhook_seconds=0.2).up() as house:

        async def hangs(incoming, worker):
            await asyncio.Event().wait()

        receive, house.journal.receive = house.journal.receive, hangs
        began = time.monotonic()
        assert (await sent(house, message()))[0] == 503
        assert time.monotonic() - began < 3
        house.journal.receive = receive
        assert (await sent(house, message()))[0] == 200


async def test_a_member_who_takes_back_their_leave_is_logged_out():
    """An unauthorize event ends every session at once."""
    async with DouyinHouse().up() as house, house.phone("alice") as alice:
        raw = json.dumps(
            {"event": "unauthorize", "from_user_id": "alice", "client_key": APP, "content": ""}
        ).encode()
        assert (await sent(house, raw))[0] == 200
        told = await alice.hears(await alice.says("ask", text="still here?"), "error")
        assert told["data"]["code"] == "LoginNeeded"
        async with house.phone("alice") as again:
            assert (await sent(house, raw))[0] == 200  # repeated: what came after stays
            assert (await again.asks("back?"))["type"] == "done"


async def test_a_bad_private_message_gets_a_kind_sentence():
    """The platform's check holds here too."""
    async with DouyinHouse().up() as house:
        await sent(house, message(said=f"say {BAD_WORD}"))
        await until(lambda: house.platform.sent)
        assert "社区规则" in house.platform.sent[0]["content"][0]["text"]["text"]
        assert not house.seen.events


# --- user data ---------------------------------------------------------------------------------------------
KEY = base64.b64encode(bytes(range(16))).decode()
IV = base64.b64encode(bytes(range(16, 32))).decode()
NOW = 1_790_000_000


def seal(value, key=KEY):
    """Seal as the platform does."""
    padding = PKCS7(128).padder()
    padded = padding.update(json.dumps(value).encode()) + padding.finalize()
    encryptor = Cipher(algorithms.AES(base64.b64decode(key)), modes.CBC(base64.b64decode(IV))).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


GOOD = {"nickName": "阿灯", "openId": "alice", "watermark": {"appid": APP, "timestamp": NOW}}


def test_sealed_data_opens_as_the_public_helper_opens_it():
    """AES-128-CBC, PKCS#7, the watermark's appid."""
    sealed = seal(GOOD)
    assert opened(sealed, IV, KEY, APP, NOW) == dict(security.decrypt_user_data(sealed, KEY, IV, APP)) == GOOD


@pytest.mark.parametrize(
    ("sealed", "iv", "key"),
    [
        (seal(GOOD), IV, base64.b64encode(b"another key: 16.").decode()),
        (seal({**GOOD, "watermark": {"appid": "tt-another", "timestamp": NOW}}), IV, KEY),
        (seal({**GOOD, "watermark": {"appid": APP, "timestamp": NOW - 86_400}}), IV, KEY),
        (seal({"nickName": "no watermark"}), IV, KEY),
        (seal([1, 2]), IV, KEY),
        (seal(GOOD)[:-4], IV, KEY),
        ("no base64 %%", IV, KEY),
        (seal(GOOD), "c2hvcnQ=", KEY),
        (seal(GOOD), IV, "c2hvcnQ="),
        ("", IV, KEY),
    ],
)
def test_sealed_data_of_another_key_app_or_day_is_refused(sealed, iv, key):
    """One error for all of them, which tells an attacker nothing."""
    with pytest.raises(BadInput) as told:
        opened(sealed, iv, key, APP, NOW)
    assert told.value.words.en.startswith("The user data")


def test_raw_data_is_believed_with_the_right_signature_alone():
    """sha1(rawData + session_key)."""
    raw = json.dumps({"nickName": "阿灯"}, ensure_ascii=False)
    good = hashlib.sha1((raw + KEY).encode()).hexdigest()
    assert verified(raw, good, KEY) == {"nickName": "阿灯"}
    for bad in ("", good[:-1], good.upper(), "é"):
        with pytest.raises(BadInput):
            verified(raw, bad, KEY)


async def test_user_data_is_checked_against_the_newest_login():
    """Over HTTP: signed with the key of the newest login it is taken, with an older key it is not."""
    async with DouyinHouse().up() as house:
        _, told = await house.login(house.platform.code("alice"))
        old = house.platform.keys["alice"]
        raw = json.dumps({"nickName": "A"})

        async def check(key):
            body = {"rawData": raw, "signature": hashlib.sha1((raw + key).encode()).hexdigest()}
            headers = {"Authorization": f"Bearer {told['token']}"}
            async with house.http.post(
                f"{house.url}/douyin/api/userdata", json=body, headers=headers
            ) as answer:
                return answer.status

        assert await check(old) == 200
        await house.login(house.platform.code("alice"))
        assert await check(old) == 400
        assert await check(house.platform.keys["alice"]) == 200
        told["token"] = "d_nobody"
        assert await check(old) == 401


async def test_an_answer_that_im_does_not_take_is_tried_again():
    """IM down raises, so that the outbox keeps the answer."""
    async with DouyinHouse().up() as house:
        await sent(house, message())
        await until(lambda: house.platform.sent)
        house.platform.mood["/im/send/msg/"] = "down"
        channel = house.seen.events[0].origin.channel
        from bot_core.replies import say

        with pytest.raises(EngineDown):
            await house.face._parts.private.send(channel, say("hello"))
