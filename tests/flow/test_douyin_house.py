"""The mini program's members: logged in by code, asking over the page's protocol, sending recordings and pictures."""

import asyncio
import logging

from yinlu_testing.douyin_house import DouyinHouse, adts, png
from yinlu_testing.douyin_loopback import BAD_PICTURE, BAD_WORD

from bot_core.events import Said, Spoke


async def test_a_member_asks_and_gets_an_answer_with_its_sources_and_its_label():
    """Login, hello, ask: sources, the answer, its visible label, buttons; the person is the openid's, hashed."""
    async with DouyinHouse().up() as house, house.phone("alice") as alice:
        done = await alice.asks("when does the ferry leave?")
        kinds = [frame["type"] for frame in alice.got]
        assert done["type"] == "done" and "07:45" in done["data"]["text"]
        assert done["data"]["text"].endswith("（内容由 AI 生成）") and done["data"]["label"] == "generated"
        assert "sources" in kinds and done["data"]["buttons"]
        person = house.seen.events[0].person.id
        assert person.startswith("douyin:") and "alice" not in person


async def test_the_same_member_is_the_same_person_after_another_login_and_a_stranger_is_not():
    """Who somebody is follows from the openid alone."""
    async with DouyinHouse().up() as house:
        for name in ("alice", "alice", "bob"):
            async with house.phone(name) as phone:
                await phone.asks("hello?")
        one, two, three = (event.person.id for event in house.seen.events)
        assert one == two != three


async def test_a_vote_is_recorded_and_shown():
    """The page's signed buttons work here."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        done = await alice.asks("when?")
        up = next(b for row in done["data"]["buttons"] for b in row if b["action"] == "vote_up")
        vote = await alice.hears(await alice.says("vote", token=up["token"]), "vote", "error")
        assert vote["type"] == "vote" and vote["data"]["value"] == "up"


async def test_a_refused_question_is_told_kindly_and_reaches_no_handler():
    """What the platform's check refuses is not worked on."""
    async with DouyinHouse().up() as house, house.phone(locale="en") as alice:
        told = await alice.asks(f"say {BAD_WORD}")
        assert told["type"] == "error" and told["data"]["code"] == "Moderated"
        assert "rules" in told["data"]["text"] and not house.seen.events


async def test_with_the_check_down_slow_or_lying_nothing_passes_in_or_out():
    """Fail closed: the member reads that the check can't be reached."""
    async with DouyinHouse(call_seconds=0.3).up() as house, house.phone() as alice:
        for mood in ("down", "slow", "lying", "empty", "html"):
            house.platform.mood["/api/v2/tags/text/antidirt"] = "" if mood == "lying" else mood
            house.platform.mood["/api/v2/tags/text/antidirt"] = mood
            told = await alice.asks(f"is it {mood}?")
            assert told["type"] == "error", (mood, told)
            assert "暂时连不上" in told["data"]["text"]
        assert not house.seen.events


async def test_an_answer_that_is_refused_is_never_seen_not_even_while_it_grows():
    """Drafts and the answer pass the check; a refused one leaves a sentence, and is not in the history."""
    house = DouyinHouse()

    async def bad(question, say=None):
        from bot_core.answers import Answer, Outcome

        for word in ("The ferry. ", f"Now {BAD_WORD}. ", "More. "):
            if say is not None:
                await say(word)
        return Answer(question.id, Outcome.ANSWERED, f"The ferry. Now {BAD_WORD}. More. ")

    house.answerer.answer = bad
    async with house.up(), house.phone() as alice:
        done = await alice.asks("tell me")
        assert "没有通过内容安全检查" in done["data"]["text"]
        assert not any(BAD_WORD in str(frame) for frame in alice.got)
        history = await alice.hears(await alice.says("history"), "history")
        assert history["data"]["turns"] == []


async def test_a_recording_is_taken_once_and_becomes_a_spoken_event():
    """HTTP upload of AAC: stored, measured, asked once though it was sent twice."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        sound = adts(2.0)
        for _ in range(2):
            status, told = await alice.uploads("voice", sound)
            assert status == 200 and told == {"id": "u1", "received": True}
        await _until(lambda: house.seen.events)
        (event,) = house.seen.events
        assert isinstance(event.content, Spoke) and abs((event.content.seconds or 0) - 2.0) < 0.1
        assert await house.files.read(event.content.audio.key) == sound


async def test_a_picture_with_words_rides_along_and_a_bad_one_is_refused():
    """Pictures are checked before they are stored."""
    async with DouyinHouse().up() as house, house.phone() as alice:
        status, _ = await alice.uploads("pictures", png(), "p1", text="what is this?")
        assert status == 200
        await _until(lambda: house.seen.events)
        (event,) = house.seen.events
        assert isinstance(event.content, Said) and event.attachments[0].media_type == "image/png"
        status, told = await alice.uploads("pictures", png(BAD_PICTURE), "p2", text="and this?")
        assert status == 422 and told["error"]["code"] == "Moderated"


async def test_who_comes_back_within_the_session_misses_nothing():
    """Resume with the session and the last number, as on the page."""
    async with DouyinHouse().up() as house:
        async with house.phone() as alice:
            await alice.asks("when?")
            token, session = alice.token, alice.session
        async with house.phone(token=token) as again:
            hello = await again.hello(session=session, after=0)
            assert hello["data"]["resumed"] is True and hello["data"]["last"] > 0
            name = await again.says("ping")
            await again.hears(name, "pong")
            assert any(frame["type"] == "done" for frame in again.got)


async def test_nothing_secret_is_logged_or_told(caplog):
    """Neither session_key, app secret, token nor openid appear in logs, answers or frames."""
    caplog.set_level(logging.DEBUG)
    async with DouyinHouse().up() as house, house.phone("openid-of-alice") as alice:
        await alice.asks("when?")
        logged = "\n".join(
            f"{r.getMessage()} {r.__dict__}" for r in caplog.records if r.name.startswith("bot_")
        )
        for secret in (*house.platform.keys.values(), house.options.secret, alice.token, "openid-of-alice"):
            assert secret not in logged
            assert secret not in str(alice.got)
        assert alice.token not in str(vars(house.notes))


async def _until(true) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)
