"""What `yinlu admin` sets for a community, and that it counts."""

from __future__ import annotations

import json

import pytest
from yinlu_testing.house import yinlu

RULE = {"category": "harbour gossip", "decision": "refuse", "words": ["smuggler"], "direction": "incoming"}


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    """`yinlu admin WORDS` on a data folder with a community."""
    folder = tmp_path_factory.mktemp("admin")

    def run(*words):
        return yinlu("admin", *words, "--data", str(folder / "data"), cwd=folder, YINLU_EMBEDDING="hash")

    assert run("community", "harbour", "--zh", "灯港", "--en", "Lantern Harbour").returncode == 0
    run.folder = folder
    return run


def test_admins_are_named_shown_and_taken_away(admin):
    """Each call replaces the list; what is no account is refused and changes nothing."""
    assert admin("admins", "harbour").stdout == "harbour: nobody\n"
    assert admin("admins", "harbour", "telegram:501", "discord:7").returncode == 0
    assert json.loads(admin("admins", "harbour", "--json").stdout) == {
        "admins": ["telegram:501", "discord:7"]
    }
    wrong = admin("admins", "harbour", "ann")
    assert (wrong.returncode, wrong.stderr) == (1, "“ann” is no account: write it like telegram:501.\n")
    assert "telegram:501, discord:7" in admin("admins", "harbour").stdout
    assert admin("admins", "harbour", "--none").stdout == "harbour: nobody\n"


def test_rules_are_checked_before_they_are_kept(admin):
    """A list that can't be read says where; a good one is shown as it was given, and nothing is left of it after --none."""
    file = admin.folder / "rules.json"
    file.write_text(json.dumps([{**RULE, "decision": "shout"}]))
    wrong = admin("rules", "harbour", str(file))
    assert wrong.returncode == 1 and "rule 1" in wrong.stderr
    file.write_text(json.dumps([RULE]))
    assert json.loads(admin("rules", "harbour", str(file)).stdout) == [RULE]
    assert admin("rules", "harbour", "--none").stdout == "There are no rules.\n"


def test_a_community_that_is_not_there(admin):
    """It is said, and made by nothing but `yinlu admin community`."""
    assert admin("admins", "elsewhere", "web:1").returncode == 1
