"""Core values survive in stores."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_core import answers, events, replies
from bot_core.actions import Action, Press
from bot_core.codec import decode, encode
from bot_core.files import FileRef
from bot_core.identity import Locale, Origin, Person
from bot_core.ports.work import Outgoing

times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
texts = st.text(max_size=30)
files = st.builds(FileRef, texts, texts, st.integers(0, 10**9), texts)
presses = st.builds(Press, st.sampled_from(list(Action)))
scalars = st.one_of(texts, st.integers(-(10**9), 10**9), st.booleans(), st.floats(-1e6, 1e6))
contents = st.one_of(
    st.builds(events.Said, texts, st.lists(st.builds(answers.Turn, texts, texts), max_size=2).map(tuple)),
    st.builds(events.Invoked, texts, st.dictionaries(texts, scalars, max_size=3)),
    st.builds(events.Pressed, texts, st.none() | texts, st.none() | presses),
    st.builds(events.Spoke, files, st.none() | st.floats(0, 100)),
    st.just(events.Joined()),
    st.builds(events.Submitted, texts, st.dictionaries(texts, texts, max_size=3), st.none() | presses),
)
origins = st.builds(Origin, texts, texts, texts, st.none() | texts)
incomings = st.builds(
    events.Incoming,
    id=texts,
    origin=origins,
    person=st.builds(Person, texts, texts),
    locale=st.sampled_from(list(Locale)),
    time=times,
    content=contents,
    roles=st.frozensets(texts, max_size=3),
    attachments=st.lists(
        st.builds(events.Attachment, texts, texts, st.integers(0, 9), st.none() | files), max_size=2
    ).map(tuple),
    reply_to=st.none()
    | st.builds(events.Quoted, texts, st.none() | st.builds(Person, texts), texts, st.booleans()),
)


@given(incomings)
def test_an_event_comes_back_as_it_was(incoming):
    """Whatever a platform can send survives in the journal."""
    assert decode(events.Incoming, encode(incoming)) == incoming


def _outgoing() -> Outgoing:
    citation = answers.Citation(1, "a.md", "A", ("x", "y"), "q", "a q b", "p1", "v1", start=2, end=3)
    question = answers.Question(
        "0" * 24, "c", "q?", Locale.ZH, audience=frozenset({"r"}), history=(answers.Turn("user", "u"),)
    )
    answer = answers.Answer(
        "0" * 24,
        answers.Outcome.RELATED,
        "t [1]",
        (citation,),
        (answers.Retrieved("a.md", "t", 0.5, signals={"use": 0.1}),),
        answers.Reason.NEAR_BUT_NOT_THIS,
        timings_ms={"search": 1.5},
    )
    button = replies.Button("👍", Action.VOTE_UP, style=replies.Style.PRIMARY)
    reply = replies.Reply(
        (replies.Text("t"), replies.Picture(FileRef("k", "image/png", 3), "a fox")),
        (citation,),
        ((button,),),
        label=replies.Label.GENERATED,
        answer="0" * 24,
        outcome=answers.Outcome.RELATED,
        follow_ups=("more?",),
        vote=replies.VoteShown("0" * 24, answers.VoteValue.DOWN, answers.VoteReason.WRONG),
    )
    record = answers.AnswerRecord(question, answer, datetime(2026, 1, 1, tzinfo=UTC), "web")
    return Outgoing("e", 0, Origin("web", "p", "c"), "c", "web:1", reply, record)


def test_a_send_comes_back_with_its_record():
    """What waits in the outbox is complete: reply, sources, buttons and the ledger's record."""
    outgoing = _outgoing()
    assert decode(Outgoing, encode(outgoing)) == outgoing


def test_a_newer_field_is_ignored_and_a_missing_one_defaults():
    """An older and a newer process can share a store."""
    origin = decode(Origin, '{"$":"Origin","platform":"web","place":"p","channel":"c","colour":"red"}')
    assert origin == Origin("web", "p", "c", None)


@pytest.mark.parametrize(
    "text", ["[]", "3", '{"$":"Incoming"}', '{"$":"Incoming","id":"x","content":{"$":"Bomb"}}']
)
def test_what_is_no_event_raises_value_error(text):
    """Rubbish in a store is one kind of error."""
    with pytest.raises(ValueError, match=r"not a|Incoming"):
        decode(events.Incoming, text)
