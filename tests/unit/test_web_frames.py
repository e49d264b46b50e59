"""Envelopes, deltas and sources: what goes over the wire, value by value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yinlu_testing.twins import TwinFrames

from bot_adapters.web.envelope import numbered, read_envelope
from bot_adapters.web.face import WebFace
from bot_adapters.web.guard import Guard
from bot_adapters.web.locales import accepted
from bot_adapters.web.options import WebOptions
from bot_adapters.web.problems import status_of
from bot_adapters.web.render import sources_data
from bot_adapters.web.sessions import Sessions
from bot_core import errors
from bot_core.answers import Citation
from bot_core.conversation import DraftText
from bot_core.errors import BadInput
from bot_core.identity import Locale, Origin
from bot_core.ports.work import Outgoing
from bot_core.replies import Picture, Reply, Text, say
from bot_core.tokens import Signer

SIGNER = Signer({1: b"k" * 32}, 1)
ORIGIN = Origin("web", "page", "a" * 24)
EVENT = f"web:{'a' * 24}:q1"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text() | JSON.map(json.dumps))
def test_whatever_comes_is_an_envelope_or_bad_input(text):
    """Reading never fails in another way, and what is read can be stored."""
    try:
        envelope = read_envelope(text)
    except BadInput:
        return
    json.dumps([envelope.type, envelope.id, dict(envelope.data)], ensure_ascii=False).encode()


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()), st.integers(1))
def test_stored_frames_get_session_and_number(data, seq):
    """What is stored names no session; what is sent is the envelope of the protocol."""
    stored = json.dumps({"type": "x", "data": data})
    sent = json.loads(numbered(stored, "s_1", seq))
    assert (sent["v"], sent["session"], sent["seq"], sent["type"]) == (1, "s_1", seq, "x")


def _face():
    frames = TwinFrames()
    return WebFace(frames, SIGNER, draft_interval=0), frames


def _sent(frames):
    return [json.loads(text) for _, text in frames.sessions.get(ORIGIN.channel, [])]


@given(st.lists(st.text(), min_size=1))
async def test_deltas_lead_every_client_to_the_draft(texts):
    """Applied in order, in code points, deltas give the last text that was shown, whatever changed."""
    face, frames = _face()
    shown = ""
    for text in texts:
        before = len(_sent(frames))
        await face.draft(ORIGIN, DraftText(EVENT, 0, text))
        for frame in _sent(frames)[before:]:
            if frame["type"] == "delta":
                shown = shown[: frame["data"]["offset"]] + frame["data"]["text"]
                assert shown == text


async def test_only_what_changed_is_sent():
    """An offset in code points, the tail alone; nothing for nothing; a stage once."""
    face, frames = _face()
    for stage in ("searching", "searching", "reading"):
        await face.draft(ORIGIN, DraftText(EVENT, 0, "", stage))
    for text in ("😀 The", "😀 The ferry", "😀 The ferry"):
        await face.draft(ORIGIN, DraftText(EVENT, 0, text))
    sent = _sent(frames)
    assert [frame["data"].get("stage") for frame in sent[:2]] == ["searching", "reading"]
    assert [(f["data"]["offset"], f["data"]["text"]) for f in sent[2:]] == [(0, "😀 The"), (5, " ferry")]
    assert {frame["id"] for frame in sent} == {"q1"}


async def test_drafts_are_skipped_while_frames_cant_be_kept():
    """A draft is never the last word."""
    face, frames = _face()
    frames.down = True
    await face.draft(ORIGIN, DraftText(EVENT, 0, "The"))
    frames.down = False
    await face.draft(ORIGIN, DraftText(EVENT, 0, "The ferry"))
    assert _sent(frames)[0]["data"] == {
        "answer": _sent(frames)[0]["data"]["answer"],
        "offset": 0,
        "text": "The ferry",
    }


async def test_a_long_answer_does_not_fill_the_sessions_log(monkeypatch):
    """Deltas come less often the longer an answer takes: 60 s of words are well under the log's 500 frames."""
    now = 100.0
    monkeypatch.setattr("bot_adapters.web.face.monotonic", lambda: now)
    face, frames = _face()
    for n in range(1, 1200):
        await face.draft(ORIGIN, DraftText(EVENT, 0, "word " * n))
        now += 0.05
    assert 100 < len(_sent(frames)) < 300


async def test_messages_carry_an_id_made_from_their_key():
    """Sent twice, edited: always the same message."""
    face, frames = _face()
    outgoing = Outgoing(EVENT, 1, ORIGIN, "harbour", "p", say("hello"))
    name = await face.deliver(outgoing)
    assert await face.deliver(outgoing) == name
    await face.edit(ORIGIN, name, say("changed"))
    assert [frame["data"]["message"] for frame in _sent(frames)] == [name] * 3
    assert _sent(frames)[-1]["data"]["text"] == "changed"


async def test_pictures_are_parts_with_their_description():
    """Anything but words is a part with a URL of ours."""
    from bot_core.files import FileRef

    face, frames = _face()
    reply = Reply((Text("look"), Picture(FileRef("ab12", "image/png", 3), "a fox")))
    await face.deliver(Outgoing(EVENT, 0, ORIGIN, "harbour", "p", reply))
    (part,) = _sent(frames)[0]["data"]["parts"]
    assert part == {"kind": "picture", "url": "/files/ab12", "alt": "a fox", "media_type": "image/png"}


@given(st.integers(1, 12), st.integers(0, 20_000), st.integers(1, 400), st.integers(0, 20_000))
def test_long_passages_are_cut_around_their_quote(count, before, length, after):
    """Sources of one answer fit a frame in Chinese too, and the quote stays marked exactly."""
    quote = "引" * length
    passage = "前" * before + quote + "后" * after
    citation = Citation(
        1, "a.md", "A", (), quote, passage, "p", "v", "javascript:x", start=before, end=before + length
    )
    items = sources_data((citation,) * count)
    for item in items:
        assert item["passage"][item["start"] : item["end"]] == quote
        assert item["passage"] in passage
        assert item["url"] == ""
    assert len(json.dumps(items, ensure_ascii=False).encode()) < 65_000


def test_sessions_are_bound_to_visitor_and_secret():
    """Recognised after a restart by the secret alone; by nobody else's, for nobody else."""
    sessions, other = Sessions(b"a" * 16), Sessions(b"b" * 16)
    visitor = sessions.new_visitor()
    session = sessions.new_session(visitor)
    assert Sessions(b"a" * 16).is_session(session, visitor)
    assert not other.is_session(session, visitor)
    assert not sessions.is_session(session, sessions.new_visitor())
    assert not sessions.is_session(session[:-1], visitor)
    assert not sessions.is_session(session + "=", visitor)
    with pytest.raises(ValueError):
        Sessions(b"short")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr;q=1, en;q=0.2, zh;q=0.3", "zh"),
        ("en, zh", "en"),
        ("zh;q=x, en;q=0.1", "en"),
        ("," * 10_000, "en"),
    ],
)
def test_accept_language(header, locale):
    """The language liked best among ours."""
    assert accepted({"Accept-Language": header}) == Locale(locale)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("example.org", True),
        ("EXAMPLE.org:443", True),
        ("[fe80::1]:80", True),
        ("fe80::2", True),
        ("[", False),
    ],
)
def test_configured_hosts_are_ours(host, known):
    """Names and addresses from the settings, with or without port; * is everything."""
    guard = Guard(WebOptions(host="fe80::1", hosts=("example.org",)))
    assert guard.host_known(host) is known
    assert Guard(WebOptions(hosts=("*",))).host_known(host)


def test_every_error_has_a_status():
    """Refused is the caller's (4xx, or 501 for what is not installed), everything else ours (5xx)."""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.YinluError):
            expected = issubclass(kind, errors.Refused) and kind is not errors.MissingExtra
            assert (status_of(name) < 500) is expected, name
    assert status_of("Unheard") == 500
