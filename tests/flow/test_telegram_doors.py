"""How updates come in: webhooks, polling, redelivery, replicas, refusals; and what the doctor finds."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from yinlu_testing.servers import prefix
from yinlu_testing.telegram_house import (
    ALICE,
    BOB,
    FAST,
    GROUP,
    SECRET,
    TelegramHouse,
    echo,
    until_true,
)
from yinlu_testing.telegram_loopback import Loopback
from yinlu_testing.telegram_values import TOKEN

from bot_adapters.telegram import examine
from bot_core.errors import EngineDown
from bot_core.ports.work import Receipt

pytest_plugins = ["yinlu_testing.redis"]
HOOK = {"webhook_url": "https://bot.example", "webhook_secret": SECRET, "listen": ("127.0.0.1", 0)}


@asynccontextmanager
async def house(valkey, **options):
    """A running house that echoes."""
    async with Loopback().serve() as api:
        made = TelegramHouse(api, valkey.url, prefix(), **options)
        made.extra.append(echo)
        async with made.up():
            yield made
        assert api.problems == []


async def test_a_webhook_is_announced_and_answered_after_the_journal_has_the_update(valkey):
    """Telegram is told where and with which secret; 200 comes with the event in the journal."""
    async with house(valkey, **HOOK) as home:
        await until_true(lambda: home.api.webhook)
        assert home.api.webhook == {"url": "https://bot.example/telegram/webhook", "secret": SECRET}
        order = []
        accept = home.telegram._accept

        async def watched(incoming):
            receipt = await accept(incoming)
            order.append(receipt)
            return receipt

        home.telegram._accept = watched
        await home.say("hi")
        assert home.status == 200 and order == [Receipt.NEW]
        await home.answer("Echo: hi")


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "é"])
async def test_without_the_secret_nothing_is_taken(valkey, secret):
    """401, and no event."""
    async with house(valkey, **HOOK) as home:
        update = home.api.push(message=home.message("hi"))
        url = f"http://127.0.0.1:{home.telegram.webhook.port}{home.telegram.webhook.path}"
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret.encode().decode("latin-1")}
        async with home.http.post(url, json=update, headers=headers) as response:
            assert response.status == 401
        assert home.seen == [] and home.telegram.webhook.refused == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[1]", 400),
        (b"\xff\xfe", 400),
        (b" " * 2_000_000, 413),
        (b"{}", 200),
        (b'{"message": 3}', 200),
    ],
)
async def test_bodies_that_are_no_updates_do_no_harm(valkey, body, status):
    """Not JSON, not an object, too large, of a kind we don't know: a plain status, and the door stays open."""
    async with house(valkey, **HOOK) as home:
        url = f"http://127.0.0.1:{home.telegram.webhook.port}{home.telegram.webhook.path}"
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with home.http.post(url, data=body, headers=headers) as response:
            assert response.status == status
        await home.say("hi")
        await home.answer("Echo: hi")


@pytest.mark.parametrize("trouble", [Receipt.FULL, EngineDown("Redis", "gone")])
async def test_what_the_journal_did_not_take_is_not_acknowledged(valkey, trouble):
    """A full or unreachable journal means 503; the same update is taken later."""
    async with house(valkey, **HOOK) as home:
        accept = home.telegram._accept

        async def full(incoming):
            if isinstance(trouble, Exception):
                raise trouble
            return trouble

        home.telegram._accept = full
        update = home.api.push(message=home.message("hi"))
        assert await home.deliver(update) == 503
        home.telegram._accept = accept
        assert await home.deliver(update) == 200
        await home.answer("Echo: hi")


async def test_polling_moves_the_offset_only_over_what_was_taken(valkey):
    """Updates that the journal did not take are asked for again, in order, and handled once."""
    async with house(valkey) as home:
        accept, refused = home.telegram._accept, []

        async def moody(incoming):
            if "2" in incoming.content.text and len(refused) < 2:
                refused.append(home.api.acknowledged)
                raise EngineDown("Redis", "gone")
            return await accept(incoming)

        home.telegram._accept = moody
        numbers = [(await home.say(f"m{n}"))["update_id"] for n in range(1, 5)]
        await home.answer("Echo: m4")
        assert len(refused) == 2 and all(offset <= numbers[1] for offset in refused)
        assert [e.content.text for e in home.seen] == ["m1", "m2", "m3", "m4"]


async def test_one_chats_trouble_is_not_lost_behind_the_others(valkey):
    """An update that was not taken is asked for again although later ones of other chats were."""
    async with house(valkey) as home:
        accept, refused = home.telegram._accept, []

        async def moody(incoming):
            if incoming.person.id.endswith(str(BOB)) and len(refused) < 3:
                refused.append(1)
                raise EngineDown("Redis", "gone")
            return await accept(incoming)

        home.telegram._accept = moody
        for n in range(3):
            await home.say(f"a{n}")
            await home.say(f"b{n}", user=BOB)
        await home.answer("Echo: a2")
        await home.answer("Echo: b2", chat=BOB)
        assert sorted(e.content.text for e in home.seen) == ["a0", "a1", "a2", "b0", "b1", "b2"]
        assert [e.content.text for e in home.seen if e.origin.channel == str(BOB)] == ["b0", "b1", "b2"]


async def test_a_file_that_takes_long_keeps_nobody_waiting(valkey):
    """While one member's file is fetched others are answered; the offset waits for the file."""
    async with house(valkey) as home:
        go, fetch = asyncio.Event(), home.telegram.api.download

        async def slow(file, limit):
            await go.wait()
            return await fetch(file, limit)

        home.telegram.api.download = slow
        home.api.files["doc"] = b"text"
        document = {"file_id": "doc", "file_name": "a.txt", "mime_type": "text/plain", "file_size": 4}
        number = (await home.say(caption="keep", document=document))["update_id"]
        await asyncio.sleep(0.2)
        await home.say("hi", user=BOB)
        await home.answer("Echo: hi", chat=BOB)
        await home.say("and now?", user=BOB)
        await home.answer("Echo: and now?", chat=BOB)
        assert home.api.acknowledged <= number
        go.set()
        await home.answer("Echo: keep")
        await until_true(lambda: home.api.acknowledged > number + 1)
        assert len(home.seen) == 3


async def test_one_process_asks_and_another_takes_over(valkey):
    """Two pollers never ask at the same time; when the first stops, the second goes on."""
    name = prefix()
    async with Loopback().serve() as api:
        first, second = (TelegramHouse(api, valkey.url, name) for _ in range(2))
        for home in (first, second):
            home.extra.append(echo)
        async with second_behind(first, second) as stack:
            await first.say("one")
            await first.answer("Echo: one")
            assert not second.seen
            await stack.aclose()
            await second.say("two")
            await second.answer("Echo: two")
            assert [e.content.text for e in second.seen] == ["two"]


@asynccontextmanager
async def second_behind(first, second):
    """Both houses up, the first one first; closing the stack ends it."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(first.up())
        await until_true(lambda: first.api.acknowledged or first.api.of("deleteWebhook"))
        async with second.up():
            yield stack


async def test_the_same_update_five_times_to_two_replicas_is_handled_once(valkey):
    """Shuffled redeliveries of 40 updates to two webhooks: each is acknowledged every time, and handled once."""
    name = prefix()
    async with Loopback().serve() as api, AsyncExitStack() as stack:
        houses = [TelegramHouse(api, valkey.url, name, **HOOK) for _ in range(2)]
        for home in houses:
            home.extra.append(echo)
            await stack.enter_async_context(home.up())
        updates = [api.push(message=houses[0].message(f"m{n}", user=600 + n % 7)) for n in range(40)]
        calls = [(houses[n % 2], update) for update in updates for n in range(5)]
        random.Random(4).shuffle(calls)
        assert set(await asyncio.gather(*(home.deliver(update) for home, update in calls))) == {200}
        await until_true(lambda: len(api.of("sendMessage")) >= 40)
        await asyncio.sleep(0.3)
        seen = [e.id for home in houses for e in home.seen]
        assert len(seen) == len(set(seen)) == 40 == len(api.of("sendMessage"))
        assert api.problems == []


async def test_a_press_told_twice_counts_once(valkey):
    """A callback query that is brought again leads to one event."""
    async with house(valkey, **HOOK) as home:
        await home.say("hi")
        message = await home.answer("Echo: hi")
        update = await home.press("AAAA", message)
        assert await home.deliver(update) == 200
        await asyncio.sleep(0.1)
        assert len(home.api.of("answerCallbackQuery")) == 1


async def test_a_start_without_telegram_goes_on_when_it_is_back(valkey):
    """The house comes up, waits, and answers what came meanwhile."""
    async with Loopback().serve() as api:
        api.refuse["getMe"].append((502, {"description": "Bad Gateway"}))
        home = TelegramHouse(api, valkey.url, prefix())
        home.extra.append(echo)
        api.push(message=home.message("early"))
        async with home.up():
            await home.answer("Echo: early")


async def test_a_moody_start_is_sat_out(valkey):
    """429, refusals and answers that are no answers at the start only delay the first updates."""
    async with Loopback().serve() as api:
        api.refuse["getMe"].append((429, {"description": "Too Many Requests", "retry_after": 1}))
        api.refuse["deleteWebhook"].append((400, {"description": "Bad Request: try again"}))
        home = TelegramHouse(api, valkey.url, prefix())
        home.extra.append(echo)
        api.push(message=home.message("early"))
        async with home.up():
            await home.answer("Echo: early")


async def test_a_webhook_address_that_is_refused_is_told(valkey, caplog):
    """The log says which setting is wrong; the house stands."""
    async with Loopback().serve() as api:
        refusal = {"description": "Bad Request: bad webhook: HTTPS url must be provided for webhook"}
        api.refuse["setWebhook"].append((400, refusal))
        home = TelegramHouse(api, valkey.url, prefix(), **{**HOOK, "webhook_url": "http://bot.example"})
        async with home.up():
            await until_true(lambda: any("no updates" in record.message for record in caplog.records))
        assert any("YINLU_TELEGRAM_WEBHOOK_URL" in str(record.__dict__) for record in caplog.records)


async def test_no_secret_reaches_the_log(valkey, caplog):
    """Neither the token nor what members write is logged, also where calls fail."""
    caplog.set_level(logging.DEBUG, logger="bot_adapters")
    async with house(valkey, **HOOK) as home:
        home.api.refuse["sendMessage"].append((500, {"description": "Internal"}))
        await home.say("a very private sentence")
        await home.answer("Echo: a very")
    text = "\n".join(f"{r.getMessage()} {r.__dict__}" for r in caplog.records)
    assert TOKEN not in text and "very private" not in text and SECRET not in text


async def test_the_doctor_says_what_to_press():
    """Good: who it is and how updates come; a bad token, no network, a failing webhook: what to do."""
    async with Loopback().serve() as api:
        options = replace(FAST, api_url=api.root)
        found = {one.id: one for one in await examine(TOKEN, options)}
        assert found["telegram"].found.en == "@yinlu_bot"
        assert "@BotFather" in found["telegram.privacy"].todo.en
        assert found["telegram.webhook"].state == "ok" and "polling" in found["telegram.webhook"].found.en
        hooked = replace(options, webhook_url="https://bot.example")
        assert (await examine(TOKEN, hooked))[-1].state == "warning"
        api.webhook = {"url": "https://bot.example/telegram/webhook"}
        assert (await examine(TOKEN, hooked))[-1].state == "ok"
        api.webhook |= {"last_error_date": 4_000_000_000, "last_error_message": "Connection refused"}
        bad = (await examine(TOKEN, hooked))[-1]
        assert bad.state == "failed" and "Connection refused" in bad.found.en and bad.todo.zh
        port = replace(options, webhook_url="https://bot.example:9000")
        assert (await examine(TOKEN, port))[-1].state == "failed"
        assert (await examine("1:wrong", options))[0].state == "failed"
    assert (await examine(TOKEN, options))[0].todo.en.startswith("Check YINLU_TELEGRAM_API_URL")


async def test_the_houses_own_server_may_have_the_route(valkey):
    """Without a listener of its own the adapter gives its route away."""
    async with Loopback().serve() as api:
        home = TelegramHouse(api, valkey.url, prefix(), webhook_url="https://bot.example/hooks/tg")
        async with home.up():
            (route,) = home.telegram.routes()
            assert (route.method, route.path) == ("POST", "/hooks/tg")
            assert len(home.telegram.webhook.secret) == 64
        assert not TelegramHouse(api, valkey.url, prefix()).options.webhook_url


async def test_a_storm_of_429_is_kept_by_all_processes(valkey):
    """Told to wait by one answer, two processes send nothing to that chat before its time."""
    name = prefix()
    async with Loopback().serve() as api, AsyncExitStack() as stack:
        houses = [TelegramHouse(api, valkey.url, name, **HOOK) for _ in range(2)]
        for home in houses:
            home.extra.append(echo)
            await stack.enter_async_context(home.up())
        api.refuse["sendMessage"].extend([(429, {"description": "Too Many Requests", "retry_after": 1})] * 4)
        updates = [
            api.push(message=houses[0].message(f"m{n}", user=user)) for n in range(6) for user in (ALICE, BOB)
        ]
        updates += [api.push(message=houses[0].message("@yinlu_bot g", chat=GROUP)) for _ in range(3)]
        for n, update in enumerate(updates):
            assert await houses[n % 2].deliver(update) == 200
        shown = lambda: sum("Echo" in text for text in api.shown)  # noqa: E731
        await until_true(lambda: shown() == len(updates), 15)
        assert api.early == 0
        assert api.problems == []


async def test_nothing_is_said_while_updates_can_not_be_read(valkey):
    """A 409 of another poller is waited out."""
    async with house(valkey) as home:
        home.api.refuse["getUpdates"].append(
            (409, {"description": "Conflict: terminated by other getUpdates request"})
        )
        await home.say("hi")
        await home.answer("Echo: hi")
        async with aiohttp.ClientSession() as http, http.get(f"{home.api.root}/bot{TOKEN}/getMe") as response:
            assert json.loads(await response.text())["ok"]
