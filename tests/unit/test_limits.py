"""What the edge takes for a text and for a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_core.errors import BadInput
from bot_safety import UploadLimits, clean_text, decode_text
from bot_safety.limits import BINARY, EMPTY, ENCODING


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  怎么加入?\n", "怎么加入?"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 gone", "bell gone"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("👨‍👩‍👧 می‌خواهم", "👨‍👩‍👧 می‌خواهم"),
        ("???", "???"),
        ("x" * 2000, "x" * 2000),
    ],
)
def test_a_text_is_cleaned(text, cleaned):
    """Trimmed, its newlines evened out, controls and direction switches gone; emoji and scripts keep their joiners."""
    assert clean_text(text) == cleaned


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b", "\u3000", "\u202e", "\u200d"])
def test_nothing_is_empty(text):
    """What shows nothing says nothing."""
    with pytest.raises(BadInput) as refused:
        clean_text(text)
    assert refused.value.words == EMPTY


@pytest.mark.parametrize("length", [2001, 9001, 100_000, 5_000_000])
def test_too_long_is_told_with_both_numbers(length):
    """The member reads how long it was and how long it may be."""
    with pytest.raises(BadInput) as refused:
        clean_text("x" * length)
    assert f"{length:,}" in refused.value.words.en
    assert "2,000" in refused.value.words.zh
    assert len(clean_text("x" * 3000, longest=3000)) == 3000


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "%PDF-1.7 \x01\x02\x03\x04\x05\x06",
        bytes(range(256)).decode("latin-1"),
    ],
)
def test_a_file_sent_as_text_is_told_apart(text):
    """NULs, or many control characters, are a file."""
    with pytest.raises(BadInput) as refused:
        clean_text(text)
    assert refused.value.words == BINARY


@pytest.mark.parametrize(
    "text", ["half \ud83d", "\udce4\udcbd\udca0", "你好".encode("gbk").decode("utf-8", "replace") * 3]
)
def test_a_wrong_encoding_is_told_apart(text):
    """Lone surrogates and replacement characters are a broken encoding."""
    with pytest.raises(BadInput) as refused:
        clean_text(text)
    assert refused.value.words == ENCODING


def test_bytes_are_utf_8_or_refused():
    """A byte order mark is taken off; other encodings and binaries have their sentences."""
    assert decode_text("引路".encode()) == "引路"
    assert decode_text(b"\xef\xbb\xbfabc") == "abc"
    for data, words in (
        ("你好".encode("gb18030"), ENCODING),
        ("hi".encode("utf-16"), ENCODING),
        (b"\0\0\1", BINARY),
        (b"\xff\xd8\xff\xe0\0", BINARY),
    ):
        with pytest.raises(BadInput) as refused:
            decode_text(data)
        assert refused.value.words == words


@given(st.text(max_size=300))
def test_a_cleaned_text_is_clean(text):
    """Whatever comes: a refusal, or a text that can be stored, shown and cleaned again unchanged."""
    try:
        cleaned = clean_text(text)
    except BadInput:
        return
    assert cleaned == clean_text(cleaned) == cleaned.strip()
    assert "\0" not in cleaned
    cleaned.encode()


def test_files_have_limits_by_kind():
    """Each kind its own size; the sentence has both sizes; an empty file is refused too."""
    limits = UploadLimits(document=2_000_000, picture=500_000)
    limits.check("application/pdf", 2_000_000)
    assert limits.limit("image/png") == 500_000
    assert limits.kind("Audio/ogg; codecs=opus") == "audio"
    assert limits.kind("video/mp4") == "video"
    assert limits.kind("nonsense") == "document"
    with pytest.raises(BadInput) as refused:
        limits.check("image/png", 600_000)
    assert refused.value.words.en == "This picture is too large (600 kB, at most 500 kB)."
    with pytest.raises(BadInput) as refused:
        limits.check("application/pdf", 3_500_000)
    assert "3.5 MB" in refused.value.words.zh
    with pytest.raises(BadInput):
        limits.check("image/png", 0)
