"""A language model that only the settings name: it writes, what it costs is kept, and without it there are the quotes."""

from __future__ import annotations

import json

import pytest
from yinlu_testing.aimock import KEY, running_aimock
from yinlu_testing.house import yinlu

PAGE = "# Harbour\n\n## Membership\n\nThe fee is thirty-one euro a year, paid in March.\n"
SAID = "ANSWER: yes\nMembership costs thirty-one euro a year. [1] It is paid in March. [1]"
QUESTION = "How much is the membership fee?"


@pytest.fixture(scope="module")
def aimock():
    """A language model on the loopback."""
    with running_aimock() as running:
        yield running


@pytest.fixture
def data(tmp_path):
    """A data folder with one document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "harbour.md").write_text(PAGE)
    assert yinlu("ingest", str(tmp_path / "docs"), "--data", str(tmp_path / "data")).returncode == 0
    return tmp_path / "data"


def settings(tmp_path, url):
    """Write a settings file with a model for answers; its key lies in a file of its own."""
    (tmp_path / "key").write_text(f"{KEY}\n")
    file = tmp_path / "yinlu.toml"
    file.write_text(
        f'[models.answer]\nurl = "{url}"\nkey_file = "{tmp_path / "key"}"\nmodel = "small"\n'
        "price_in = 2.0\nprice_out = 8.0\n"
    )
    return str(file)


def test_the_settings_file_names_a_model(tmp_path, data, aimock):
    """Its words are the answer, with the documents' quotes; the doctor finds it; nothing shows its key."""
    aimock.says("membership fee", SAID)
    config = settings(tmp_path, aimock.url)
    asked = yinlu("ask", QUESTION, "--json", "--data", str(data), YINLU_CONFIG=config)
    answer = json.loads(asked.stdout)
    assert (answer["outcome"], answer["answer"].split(" [1]")[0]) == (
        "answered",
        "Membership costs thirty-one euro a year.",
    )
    assert {citation["quote"] for citation in answer["citations"]} <= {
        "The fee is thirty-one euro a year, paid in March."
    }
    looked = yinlu("doctor", "--json", "--data", str(data), YINLU_CONFIG=config)
    (check,) = [c for c in json.loads(looked.stdout)["checks"] if c["id"] == "model.answer"]
    assert check["state"] in ("ok", "warning")
    assert KEY not in asked.stdout + asked.stderr + looked.stdout + looked.stderr


def test_a_model_that_is_away(tmp_path, data):
    """The member gets the quotes; a line on stderr says why."""
    config = settings(tmp_path, "http://127.0.0.1:9/v1")
    asked = yinlu("ask", QUESTION, "--json", "--data", str(data), YINLU_CONFIG=config)
    answer = json.loads(asked.stdout)
    assert (answer["outcome"], "thirty-one euro" in answer["answer"]) == ("answered", True)
    assert "quotes instead" in asked.stderr
    assert KEY not in asked.stdout + asked.stderr
