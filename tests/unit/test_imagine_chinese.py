"""Prompts as they are typed on Chinese keyboards."""

import pytest

from bot_core.prompt import PromptWrong, read


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("狐狸--ar 3:2", "狐狸 --ar 3:2"),
        ("狐狸 －－ar 3：2", "狐狸 --ar 3:2"),
        ("狐狸，雪--no 雨，雾、霜", "狐狸，雪 --no 雨, 雾, 霜"),
        ("狐狸 ——ar 3：2", "狐狸 --ar 3:2"),
        ("狐狸：：2 雪：：1", "狐狸::2 雪::1"),
    ],
)
def test_parameters_are_understood(typed, plain):
    """Wide hyphens, wide colons, Chinese commas, and no space before a parameter."""
    assert str(read(typed)[0]) == plain


@pytest.mark.parametrize("typed", ["猫——它在看书", "猫—Tom", "a well--known fox"])
def test_dashes_within_words_stay_words(typed):
    """A dash that begins no parameter is part of the words."""
    assert str(read(typed)[0]) == typed


def test_a_wrong_parameter_is_told_at_its_place():
    """The place counts the letters as they were typed."""
    with pytest.raises(PromptWrong, match="wrong at 3") as wrong:
        read("狐狸--ar 9:1")
    assert wrong.value.words.zh.startswith("第 3 个字符")
