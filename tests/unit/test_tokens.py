"""Signed buttons: small, for ever, and no one else's."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_core.actions import Action, Press
from bot_core.errors import ForgedButton
from bot_core.tokens import Signer

presses = st.builds(
    Press,
    st.sampled_from(list(Action)),
    st.binary(min_size=12, max_size=12).map(bytes.hex),
    st.integers(0, 255),
)
SIGNER = Signer({3: b"k" * 32}, 3)


@given(presses, st.text(max_size=40))
def test_what_is_signed_is_read(press, community):
    """Every press comes back as it was, from a token that fits every platform."""
    token = SIGNER.sign(community, press)
    assert len(token.encode()) <= 64
    assert SIGNER.read(community, token) == press


@given(presses, st.integers(0, 25), st.integers(1, 255))
def test_a_changed_byte_is_refused(press, at, flip):
    """No byte of a token can be changed."""
    import base64

    raw = bytearray(base64.urlsafe_b64decode(SIGNER.sign("c", press) + "="))
    raw[at] ^= flip
    with pytest.raises(ForgedButton):
        SIGNER.read("c", base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())


@given(presses)
def test_another_communitys_button_is_refused(press):
    """A button means nothing in another community."""
    with pytest.raises(ForgedButton):
        SIGNER.read("other", SIGNER.sign("c", press))


@given(st.text(max_size=80))
def test_rubbish_is_refused(text):
    """Anything that we did not sign raises ForgedButton, and nothing else."""
    with pytest.raises(ForgedButton):
        SIGNER.read("c", text)


def test_a_token_has_one_spelling():
    """The spare bits of base64 can't make a second token out of one."""
    token = SIGNER.sign("c", Press(Action.VOTE_UP))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = token[:-1] + letters[letters.index(token[-1]) ^ 1]
    with pytest.raises(ForgedButton):
        SIGNER.read("c", other)


def test_old_keys_stay_valid_after_rotation():
    """Rotation signs with the new key and still reads the old one's buttons; a removed key's are refused."""
    old = SIGNER.sign("c", Press(Action.REROLL))
    rotated = Signer({3: b"k" * 32, 4: b"n" * 32}, 4)
    assert rotated.read("c", old).action is Action.REROLL
    assert rotated.sign("c", Press(Action.REROLL)) != old
    with pytest.raises(ForgedButton):
        Signer({4: b"n" * 32}, 4).read("c", old)


def test_an_action_of_a_newer_version_is_refused():
    """A good signature over an action we don't know is refused, not guessed."""
    import base64

    from bot_core.tokens import _tag

    body = bytes((1, 3, 250, 0)) + bytes(12)
    raw = body + _tag(b"k" * 32, body, "c")
    with pytest.raises(ForgedButton):
        SIGNER.read("c", base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


def test_signatures_are_compared_in_constant_time(monkeypatch):
    """The comparison is hmac.compare_digest."""
    calls = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: calls.append(1) or real(a, b))
    SIGNER.read("c", SIGNER.sign("c", Press(Action.VOTE_UP)))
    assert calls


@pytest.mark.parametrize("keys", [{1: b"short"}, {300: b"k" * 16}, {}])
def test_bad_keys_are_refused(keys):
    """Keys are checked when the signer is made."""
    with pytest.raises(ValueError, match="key"):
        Signer(keys, next(iter(keys), 1))
