"""Slash commands and forms as Discord registers them."""

from __future__ import annotations

import pytest
from yinlu_testing.discord_rules import command_faults, modal_faults

from bot_adapters.discord.commands import declarations, fingerprint
from bot_adapters.discord.forms import VOTE_FORM, modal, submitted
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.forms import Field, FieldKind, Form
from bot_core.identity import Locale, Words

WORDS = Words("话", "words")


def test_required_options_come_first():
    """Discord wants required options first, whatever the order of the declaration."""
    optional = Argument("late", WORDS, required=False)
    needed = Argument("early", WORDS, ArgumentKind.NUMBER, minimum=0.5, maximum=2)
    (made,) = declarations([Command("go", WORDS, (optional, needed))])
    assert [option["name"] for option in made["options"]] == ["early", "late"]
    assert made["options"][0] | {"type": 10, "min_value": 0.5, "max_value": 2} == made["options"][0]
    assert command_faults([made]) == []


def test_both_languages_and_rights():
    """Descriptions and choices come in both languages; admins' commands are shown to those who manage the server."""
    kind = Argument("kind", WORDS, choices=(("a", Words("甲", "A")),))
    (made,) = declarations([Command("set", WORDS, (kind,), admin=True)])
    assert made["description_localizations"]["zh-CN"] == "话"
    assert made["options"][0]["choices"][0]["name_localizations"]["zh-TW"] == "甲"
    assert made["default_member_permissions"] == "32" and made["contexts"] == [0]


def test_a_name_that_discord_does_not_take():
    """A name with capitals or blanks is refused here, not by Discord at the start."""
    with pytest.raises(ValueError, match="can't be a command's name"):
        declarations([Command("Ask Me", WORDS)])


def test_the_fingerprint_changes_with_the_declaration():
    """The same declarations have the same fingerprint; a changed word has another."""
    one = declarations([Command("go", WORDS)])
    assert fingerprint(one) == fingerprint(declarations([Command("go", WORDS)]))
    assert fingerprint(one) != fingerprint(declarations([Command("go", Words("话", "other"))]))


@pytest.mark.parametrize("locale", list(Locale))
def test_forms_fit(locale):
    """Forms keep to Discord's limits in both languages, also with long words."""
    long = Words("长" * 200, "long" * 100)
    fields = tuple(
        Field(f"f{n}", long, kind, choices=(("a", long),), hint=long, value="v" * 5000, longest=9000)
        for n, kind in enumerate((*FieldKind, FieldKind.LINE, FieldKind.TEXT))
    )
    assert modal_faults(modal(Form(long, fields), "t" * 35, locale)) == []
    assert modal_faults(modal(VOTE_FORM, "t" * 35, locale)) == []


def test_what_was_filled_in():
    """Values come from labels and from rows, choices too; what stayed empty is left out."""
    data = {
        "components": [
            {"type": 18, "component": {"type": 3, "custom_id": "reason", "values": ["wrong"]}},
            {"type": 18, "component": {"type": 4, "custom_id": "words", "value": ""}},
            {"type": 1, "components": [{"type": 4, "custom_id": "name", "value": "Ann"}]},
        ]
    }
    assert submitted(data) == {"reason": "wrong", "name": "Ann"}
