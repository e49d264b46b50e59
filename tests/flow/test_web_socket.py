"""The WebSocket of docs/protocol.md, over real sockets, with the real dispatcher and intake."""

import asyncio
import json

import aiohttp
import pytest
from yinlu_testing.web import PASSAGE, SIGNER, Tab, WebHouse, text_after, token

from bot_core.actions import Action, Press


@pytest.fixture
async def house():
    """A running web server."""
    async with WebHouse().up() as running:
        yield running


async def test_hello_tells_who_where_and_what(house):
    """The first hello brings secrets of 128 bits, the community in the member's language, examples and limits."""
    tab = Tab(house, "zh")
    async with tab.open():
        data = tab.hello["data"]
        assert (data["resumed"], data["last"], data["locale"]) == (False, 0, "zh")
        assert data["community"] == {"id": "harbour", "name": "灯港"}
        assert data["examples"] == ["渡轮几点开?", "要带什么?"]
        assert data["notice"].startswith("回答由程序生成")
        assert data["limits"] == {
            "question": 2000,
            "frame": 65536,
            "audio_seconds": 60,
            "audio_bytes": 6_000_000,
            "attachments": 5,
            "attachment_bytes": 20_000_000,
        }
        features = {"images": False, "voice": False, "queue": False, "attachments": False, "gallery": False}
        assert data["features"] == features
        assert tab.hello["id"] == "h1" and "seq" not in tab.hello
        assert len(tab.visitor) == 2 + 22 and len(tab.session) > 24


async def test_a_question_is_received_streamed_sourced_and_done(house):
    """received, searching, deltas that add up, sources that hold their quotes, and the whole answer with buttons."""
    tab = Tab(house)
    async with tab.open():
        data = await tab.ask("When does the ferry leave?", "q1")
    kinds = [frame["type"] for frame in tab.got if frame.get("id") == "q1"]
    assert kinds[:2] == ["progress", "progress"] and kinds[-2:] == ["sources", "done"]
    stages = [frame["data"]["stage"] for frame in tab.got if frame["type"] == "progress"]
    assert stages == ["received", "searching"]
    assert data["text"] == "The ferry leaves at 07:45 [1]."
    assert data["text"].startswith(text_after(tab.got)) and text_after(tab.got)
    assert (data["outcome"], data["reason"], data["label"]) == ("answered", "none", "generated")
    assert [b["action"] for row in data["buttons"] for b in row] == ["vote_up", "vote_down", "regenerate"]
    assert data["follow_ups"][0]["text"] == "What does it cost?"
    (source,) = next(frame["data"]["items"] for frame in tab.got if frame["type"] == "sources")
    assert source["passage"][source["start"] : source["end"]] == source["quote"]
    assert (source["n"], source["source"], source["heading"]) == (1, "ferry.md", ["Times"])
    answers = {f["data"]["answer"] for f in tab.got if f["type"] in ("delta", "sources", "done")}
    assert len(answers) == 1


async def test_what_the_documents_dont_say_keeps_its_reason(house):
    """An unknown outcome is told as one, with the reason."""
    tab = Tab(house)
    async with tab.open():
        data = await tab.ask("what?")
    assert (data["outcome"], data["reason"]) == ("unknown", "nothing_near")


async def test_two_tabs_see_the_same(house):
    """Every connection of a session gets every frame, in the same order."""
    one, two = Tab(house), Tab(house)
    async with one.open(), two.open(session=one.session, visitor=one.visitor):
        assert two.hello["data"]["resumed"] is True
        await one.ask("When?", "q1")
        await two.until("done", "q1")
        assert [f for f in one.got if "seq" in f] == [f for f in two.got if "seq" in f]


async def test_a_client_that_comes_back_misses_nothing(house):
    """Frames sent while it was away are replayed after the number it names, and only those."""
    tab = Tab(house)
    async with tab.open():
        sent = await tab.send("ask", {"text": "slow one"})
        await tab.until("delta", sent)
    before = tab.seq
    house.answerer.go.set()
    await asyncio.sleep(0.05)
    async with tab.open():
        assert (tab.hello["data"]["resumed"], tab.hello["data"]["last"]) == (True, tab.hello["data"]["last"])
        await tab.until("done", sent)
    assert tab.seq > before
    assert text_after(tab.got) == "The ferry leaves at 07:45 [1]."


async def test_a_question_survives_a_crash_and_is_answered_in_the_same_session():
    """Acknowledged, killed, restarted: the session goes on, the answer comes, one question is one answer."""
    house = WebHouse()
    await house.start()
    tab = Tab(house)
    async with tab.open():
        sent = await tab.send("ask", {"text": "slow one"})
        await tab.until("delta", sent)
        await house.crash()
    async with house.up():
        house.answerer.go.set()
        async with tab.open():
            assert tab.hello["data"]["resumed"] is True
            done = await tab.until("done", sent)
            assert done["data"]["text"] == "The ferry leaves at 07:45 [1]."
            await tab.send("ask", {"text": "slow one"}, sent)
            assert await tab.quiet()
    assert len(house.ledger.records) == 1


async def test_a_delivery_that_is_repeated_after_a_crash_replaces_itself(house):
    """Cut off between showing and marking: the repeat carries the same answer id, so no client shows two."""
    house.outbox.cut = True
    tab = Tab(house)
    async with tab.open():
        first = await tab.ask("When?", "q1")
        house.outbox.cut = False
        await house.face.deliver(await _outgoing(house, tab))
        again = (await tab.until("done", "q1"))["data"]
    assert again["answer"] == first["answer"]


async def _outgoing(house, tab):
    from bot_adapters.web.sessions import channel_of
    from bot_core.identity import Origin
    from bot_core.ports.work import Outgoing
    from bot_handlers.ask import reply_of

    (record,) = house.ledger.records.values()
    channel = channel_of(tab.session)
    return Outgoing(
        f"web:{channel}:q1",
        0,
        Origin("web", "page", channel),
        "harbour",
        "web:x",
        reply_of(record.answer),
        record,
    )


@pytest.mark.parametrize("forged", ["s_" + "A" * 35, "s_x", "", 7, "s_" + "é" * 35, "v_" + "A" * 22])
async def test_a_session_we_did_not_give_is_not_resumed(house, forged):
    """A made-up session leads to a new one, never to somebody's."""
    tab = Tab(house)
    async with tab.open(session=forged, visitor="v_" + "A" * 22):
        assert tab.hello["data"]["resumed"] is False
        assert tab.hello["session"] != forged


async def test_a_session_belongs_to_its_visitor(house):
    """Knowing a session is not enough: another visitor gets a new one."""
    alice, eve = Tab(house), Tab(house)
    async with alice.open():
        await alice.ask("When?")
    async with eve.open(session=alice.session, visitor="v_" + "B" * 22, after=0):
        assert eve.hello["data"]["resumed"] is False
        assert await eve.quiet()


async def test_a_session_whose_frames_are_gone_starts_anew(house):
    """Past the bound of the log the client is told to begin from an empty view."""
    house.frames.kept = 3
    tab = Tab(house)
    async with tab.open():
        await tab.ask("When?")
    tab.seq, old = 1, tab.session
    async with tab.open():
        assert tab.hello["data"]["resumed"] is False
        assert tab.session != old


async def test_votes_with_reason_and_words(house):
    """👎 with a reason is recorded for the visitor and shown in every tab; the last vote wins."""
    one, two = Tab(house), Tab(house)
    async with one.open(), two.open(session=one.session, visitor=one.visitor):
        done = await one.ask("When?")
        await one.send("vote", {"token": token(done, "vote_up")})
        assert (await one.until("vote"))["data"]["value"] == "up"
        down = {"token": token(done, "vote_down"), "reason": "outdated", "words": "new timetable"}
        sent = await one.send("vote", down)
        shown = await one.until("vote", sent)
        expected = {"answer": done["answer"], "value": "down", "reason": "outdated"}
        assert expected.items() <= shown["data"].items()
        await two.until("vote", sent)
    (vote,) = house.ledger.cast.values()
    assert (vote.value, vote.reason, vote.words) == ("down", "outdated", "new timetable")
    assert vote.person.startswith("web:") and one.visitor not in vote.person


async def test_a_vote_does_not_wait_for_an_answer_that_is_being_written(house):
    """Votes have a line of their own."""
    tab = Tab(house)
    async with tab.open():
        done = await tab.ask("When?")
        await tab.send("ask", {"text": "slow one"}, "slow")
        await tab.until("delta", "slow")
        await tab.send("press", {"token": token(done, "vote_up")})
        assert (await tab.until("vote"))["data"]["value"] == "up"


async def test_pressed_buttons_do_what_they_say(house):
    """A follow-up and 🔁 are asked again as questions, under the press's id."""
    tab = Tab(house)
    async with tab.open():
        done = await tab.ask("When?")
        sent = await tab.send("press", {"token": done["follow_ups"][0]["token"]})
        await tab.until("done", sent)
        sent = await tab.send("press", {"token": token(done, "regenerate")})
        again = await tab.until("done", sent)
    assert [q.text for q in house.answerer.asked] == ["When?", "What does it cost?", "When?"]
    assert again["data"]["answer"] != done["answer"]


@pytest.mark.parametrize("kind", ["press", "vote"])
async def test_forged_and_foreign_buttons_are_refused_in_words(house, kind):
    """Rubbish, a tampered token and one of another community: one sentence each, nothing stored."""
    good = SIGNER.sign("harbour", Press(Action.VOTE_UP, "ab" * 12))
    tampered = ("B" if good[0] != "B" else "C") + good[1:]
    foreign = SIGNER.sign("other", Press(Action.VOTE_UP, "ab" * 12))
    tab = Tab(house, "zh")
    async with tab.open():
        for bad in ("rubbish", tampered, foreign, "é", "x" * 5000):
            sent = await tab.send(kind, {"token": bad})
            error = (await tab.until("error", sent))["data"]
            assert (error["code"], error["text"]) == ("ForgedButton", "这个按钮在这里无效。")
    assert not house.journal.seen


async def test_a_vote_needs_a_vote_button(house):
    """A good token of another kind is no vote."""
    tab = Tab(house)
    async with tab.open():
        done = await tab.ask("When?")
        sent = await tab.send("vote", {"token": token(done, "regenerate")})
        assert (await tab.until("error", sent))["data"]["code"] == "BadInput"


async def test_a_repeated_id_is_handled_once(house):
    """The same id, sent three times and from two tabs, is one question."""
    one, two = Tab(house), Tab(house)
    async with one.open(), two.open(session=one.session, visitor=one.visitor):
        for tab in (one, two, one):
            await tab.send("ask", {"text": "When?"}, "same")
        await one.until("done", "same")
        assert await one.quiet()
    assert len(house.answerer.asked) == 1


async def test_ids_of_different_sessions_dont_meet(house):
    """Two members may choose the same id."""
    one, two = Tab(house), Tab(house)
    async with one.open(), two.open():
        await asyncio.gather(one.ask("One?", "q"), two.ask("Two?", "q"))
    assert sorted(q.text for q in house.answerer.asked) == ["One?", "Two?"]


async def test_cancel_stops_and_keeps_what_was_written(house):
    """A running answer ends as stopped with its words so far; one that waits is stopped when its turn comes."""
    tab = Tab(house)
    async with tab.open():
        running = await tab.send("ask", {"text": "slow one"})
        waiting = await tab.send("ask", {"text": "slow two"})
        await tab.until("delta", running)
        await tab.send("cancel", {"of": waiting})
        await tab.send("cancel", {"of": running})
        first = (await tab.until("done", running))["data"]
        assert (first["outcome"], first["text"]) == ("stopped", "The ferry ")
        second = (await tab.until("done", waiting))["data"]
        assert (second["outcome"], second["text"], second["buttons"]) == ("stopped", "Stopped.", [])
        assert (await tab.ask("When?"))["outcome"] == "answered"
    assert len(house.ledger.records) == 1


async def test_cancelling_somebody_elses_question_does_nothing(house):
    """Ids are read within the session alone."""
    alice, eve = Tab(house), Tab(house)
    async with alice.open(), eve.open():
        await alice.send("ask", {"text": "slow one"}, "q1")
        await alice.until("delta", "q1")
        await eve.send("cancel", {"of": "q1"})
        assert await eve.quiet()
        house.answerer.go.set()
        assert (await alice.until("done", "q1"))["data"]["outcome"] == "answered"


async def test_history_brings_questions_answers_buttons_and_the_own_vote(house):
    """Oldest first, this session only, with buttons that work and the member's vote."""
    tab, other = Tab(house), Tab(house)
    async with tab.open(), other.open():
        await other.ask("Not mine?")
        done = await tab.ask("When?")
        await tab.ask("what?")
        await tab.send("vote", {"token": token(done, "vote_up")})
        await tab.until("vote")
        sent = await tab.send("history", {})
        turns = (await tab.until("history", sent))["data"]["turns"]
        assert [turn["question"] for turn in turns] == ["When?", "what?"]
        assert [turn["vote"] for turn in turns] == [{"value": "up", "reason": None}, None]
        assert turns[0]["sources"][0]["passage"] == PASSAGE and turns[0]["id"] == done["answer"]
        await tab.send("press", {"token": token(turns[0], "vote_down")})
        assert (await tab.until("vote"))["data"]["value"] == "down"


async def test_errors_are_sentences_in_the_members_language(house):
    """Empty, too long, not text, no id: each with its code and sentence; the connection stays."""
    tab = Tab(house, "zh")
    async with tab.open():
        for text, sentence in (
            ("  ", "请先写下问题。"),
            ("长" * 3000, "问题太长了。"),
            (7, "需要文字字段「text」。"),
        ):
            sent = await tab.send("ask", {"text": text})
            error = (await tab.until("error", sent))["data"]
            assert error == {"code": "BadInput", "text": sentence, "retry_after": None}
        await tab.socket.send_json({"v": 1, "type": "ask", "data": {"text": "?"}})
        assert "id" in (await tab.until("error"))["data"]["text"]
        sent = await tab.send("ask", {"text": "boom"})
        assert "secret" not in (await tab.until("error", sent))["data"]["text"]


async def test_what_is_not_installed_says_so_kindly(house):
    """Voice and jobs answer with a sentence until their parts are there; the sound behind is ignored."""
    tab = Tab(house)
    async with tab.open():
        for kind in ("audio.start", "job"):
            sent = await tab.send(kind, {})
            assert (await tab.until("error", sent))["data"]["code"] == "NotYet"
        await tab.socket.send_bytes(b"\x00\x00\x00\x01sound")
        assert (await tab.ask("When?"))["outcome"] == "answered"


async def test_unknown_types_and_fields_are_ignored(house):
    """Either side may be newer."""
    tab = Tab(house)
    async with tab.open():
        await tab.send("teleport", {"to": "moon"})
        await tab.socket.send_json({"v": 2, "id": "p", "type": "ping", "data": {"x": 1}, "mood": "good"})
        assert (await tab.next())["type"] == "pong"


async def test_the_language_can_change_within_a_session(house):
    """A second hello on the same connection goes on with the same session in the other language."""
    tab = Tab(house)
    async with tab.open():
        await tab.ask("When?")
        again = {"locale": "zh", "session": tab.session, "visitor": tab.visitor, "after": tab.seq}
        await tab.send("hello", again)
        hello = (await tab.until("hello"))["data"]
        assert (hello["resumed"], hello["locale"], hello["community"]["name"]) == (True, "zh", "灯港")
        await tab.send("ask", {"text": ""})
        assert (await tab.until("error"))["data"]["text"] == "请先写下问题。"


async def test_a_full_journal_is_told_and_nothing_is_acknowledged(house):
    """No `received` for what was not stored; the same id may be sent again."""
    house.journal.room = 0
    tab = Tab(house)
    async with tab.open():
        sent = await tab.send("ask", {"text": "When?"}, "q1")
        assert (await tab.until("error", sent))["data"]["code"] == "Busy"
        house.journal.room = 10
        assert (await tab.ask("When?", "q1"))["outcome"] == "answered"
    assert not any(f["type"] == "progress" and f["seq"] == 1 for f in tab.got if "seq" in f)


async def test_engines_that_are_away_are_told(house):
    """hello fails with a sentence and 1013; a running connection is told of each failed request."""
    tab, late = Tab(house), Tab(house)
    async with tab.open():
        house.frames.down = True
        await tab.send("ask", {"text": ""}, "q1")
        assert (await tab.until("error", "q1"))["data"]["code"] == "BadInput"
        house.frames.down = False
        await tab.ask("When?")
    house.frames.down = True
    late.session, late.visitor = tab.session, tab.visitor
    with pytest.raises(ConnectionError):
        async with late.open():
            pass
    assert late.got[-1]["data"]["code"] == "EngineDown"
    assert late.socket.close_code == 1013


async def test_going_down_says_goodbye_and_keeps_the_session():
    """At shutdown connections close as going away; the next process resumes them."""
    house = WebHouse()
    tab = Tab(house)
    await house.start()
    async with tab.open():
        await tab.ask("When?")
        code, _ = await asyncio.gather(tab.closed(), house.stop())
        assert code == 1001
    async with house.up(), tab.open():
        assert tab.hello["data"]["resumed"] is True
        assert not house.face.hub.published


async def test_secrets_are_stored_as_hashes_only(house):
    """Neither visitor nor session stands in frames, events or records."""
    tab = Tab(house)
    async with tab.open():
        await tab.ask("When?")
    stored = repr((house.frames.sessions, house.journal.seen, house.ledger.records, house.sent))
    assert tab.visitor not in stored and tab.session not in stored


async def test_a_plain_get_is_no_websocket(house):
    """Without an upgrade /ws answers 400 in words."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.url}/ws") as response:
        assert response.status == 400
        assert "error" in json.loads(await response.text())
