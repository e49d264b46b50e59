"""What each command sends, prints and exits with, against a house that answers from constants."""

import json

import pytest
from typer.testing import CliRunner
from yinlu_testing.small_house import ANSWER, VOTE, calls, open_small_house

from bot_app.cli import app
from bot_app.cli_start import Start
from bot_app.owner import own


class Shell:
    """A terminal without a screen."""

    def __init__(self, data):
        self.data = data

    def __call__(self, *words, data=True):
        where = ["--data", str(self.data)] if data else []
        return CliRunner().invoke(app, [*words, *where], obj=Start(open_small_house))

    @property
    def last(self):
        return calls(self.data)[-1]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A shell in an empty folder, in English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YINLU_LOCALE", "en")
    monkeypatch.setenv("COLUMNS", "100")
    return Shell(tmp_path / "data")


def test_ask_prints_the_answer_with_quotes_and_sources(shell):
    """For people: the words, then each quote with its place."""
    done = shell("ask", "When does the ferry leave?")
    assert done.exit_code == 0, done.output
    assert "07:45" in done.stdout
    assert "docs/ferry.md › Ferry" in done.stdout
    assert "The ferry leaves at 07:45." in done.stdout


def test_ask_json_prints_only_the_fixed_shape(shell):
    """For programs: one JSON object, nothing else on stdout."""
    done = shell("ask", "When?", "--json", "--community", "sample")
    assert json.loads(done.stdout) == ANSWER
    assert done.stderr == ""
    assert shell.last[:2] == ("ask", {"question": "When?", "community": "sample", "locale": "en"})


def test_a_chinese_question_is_answered_in_chinese(shell):
    """Whatever the terminal's language is."""
    shell("ask", "渡轮几点开?", "--json")
    assert shell.last[1]["locale"] == "zh"


def test_ask_sends_the_history_along(shell, tmp_path):
    """--history takes [{"role", "text"}]; what is no JSON is refused in a sentence."""
    (tmp_path / "h.json").write_text('[{"role": "user", "text": "Hello"}]')
    shell("ask", "And then?", "--history", str(tmp_path / "h.json"), "--json")
    assert shell.last[1]["history"] == [{"role": "user", "text": "Hello"}]
    (tmp_path / "h.json").write_text("{")
    for file in ("h.json", "missing.json"):
        done = shell("ask", "And then?", "--history", file)
        assert (done.exit_code, done.stdout) == (1, "")
        assert file in done.stderr


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en", "There is no community called “nowhere”."), ("zh", "没有叫做「nowhere」的社区。")],
)
def test_a_refusal_is_one_sentence_in_the_members_language(shell, monkeypatch, locale, said):
    """Exit code 1, nothing on stdout, also with --json."""
    monkeypatch.setenv("YINLU_LOCALE", locale)
    done = shell("ask", "When?", "-c", "nowhere", "--json")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"{said}\n")


def test_wrong_usage_is_code_2(shell):
    """No question, an unknown option, a wrong number."""
    for words in (("ask",), ("ask", "x", "--loud"), ("run", "--port", "many"), ("fly",)):
        assert shell(*words, data=False).exit_code == 2


def test_a_wrong_setting_stops_every_command(shell, monkeypatch):
    """Before anything is made."""
    monkeypatch.setenv("YINLU_PORT", "many")
    for words in (("ask", "x"), ("run",), ("doctor",), ("votes",)):
        done = shell(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "YINLU_PORT" in done.stderr
        assert "Traceback" not in done.output
    assert not shell.data.exists()


def test_ingest_sends_paths_as_given_with_the_folder_they_are_meant_from(shell, tmp_path):
    """The owner may run elsewhere; the source stays the path as it was typed."""
    (tmp_path / "docs").mkdir()
    done = shell("ingest", "docs", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["added"] == 1
    assert shell.last[1] == {"paths": ["docs"], "cwd": str(tmp_path), "community": None}


def test_ingest_tells_what_failed(shell, tmp_path):
    """The counts on stdout, each failure on stderr, brackets in names as they are."""
    (tmp_path / "docs").mkdir()
    done = shell("ingest", "docs")
    assert "1 added · 0 updated · 0 removed · 2 unchanged · 1 failed" in done.stdout
    assert "docs/[bad].md: binary" in done.stderr


def test_ingest_of_what_is_not_there_is_refused(shell):
    """A typo is no empty folder."""
    done = shell("ingest", "dcos")
    assert done.exit_code == 1
    assert "dcos" in done.stderr
    assert not (shell.data / "calls").exists()


def test_eval_in_both_modes(shell, tmp_path):
    """Questions through the answerer; --passages with queries through retrieval alone; paths become absolute."""
    (tmp_path / "q.jsonl").touch()
    (tmp_path / "p.jsonl").touch()
    done = shell("eval", "q.jsonl", "--json")
    assert json.loads(done.stdout)["results"] == [{"id": "1"}]
    assert shell.last[1] == {"community": None, "out": None, "questions": str(tmp_path / "q.jsonl")}
    done = shell("eval", "--passages", "p.jsonl", "q.jsonl", "--out", "r.jsonl", "--json")
    assert "results" not in json.loads(done.stdout)
    assert json.loads(done.stdout)["all"] == {"hit@1": 0.75}
    assert shell.last[1] == {
        "community": None,
        "out": str(tmp_path / "r.jsonl"),
        "passages": str(tmp_path / "p.jsonl"),
        "queries": str(tmp_path / "q.jsonl"),
    }
    shown = shell("eval", "q.jsonl").stdout
    assert "hit@1" in shown
    assert "0.500" in shown
    assert shell("eval", "missing.jsonl").exit_code == 1


def test_votes_are_listed_with_what_they_were_about(shell):
    """A member's words are words, not markup."""
    shown = shell("votes").stdout
    assert "outdated [bold]new[/bold]" in " ".join(shown.replace("│", " ").split())
    assert json.loads(shell("votes", "--days", "7", "--json").stdout) == {"votes": [VOTE]}
    assert shell.last[1] == {"community": None, "days": 7, "limit": 100}


def test_documents_are_listed_and_forgotten(shell):
    """Forgetting what is not there is refused."""
    assert "docs/ferry.md" in shell("documents", "list").stdout
    assert json.loads(shell("documents", "forget", "docs", "--json").stdout)["removed"] == 2
    done = shell("documents", "forget", "nothing")
    assert (done.exit_code, "nothing" in done.stderr) == (1, True)


def test_documents_are_listed_with_readers_and_failures(shell):
    """The table tells who may read a document, and names what could not be read."""
    shown = " ".join(shell("documents", "list").stdout.replace("│", " ").split())
    assert "mods" in shown and "docs/[bad].md" in shown and "binary" in shown


def test_a_document_is_shown_passage_by_passage(shell):
    """With headings, readers and words as they are."""
    shown = shell("documents", "show", "docs/ferry.md").stdout
    assert "When › Winter" in shown and "It leaves [at] nine." in shown and "mods" in shown
    assert json.loads(shell("documents", "show", "docs/ferry.md", "--json").stdout)["passages"]
    assert shell.last[1] == {"source": "docs/ferry.md", "community": None}


def test_an_audience_is_set_or_opened_but_never_by_accident(shell):
    """Roles, or --everyone; neither and both are wrong usage."""
    assert "mods" in shell("documents", "audience", "docs", "mods").stdout
    assert shell.last[1] == {"source": "docs", "roles": ["mods"], "community": None}
    assert shell("documents", "audience", "docs", "--everyone").exit_code == 0
    assert shell.last[1]["roles"] == []
    assert shell("documents", "audience", "docs").exit_code == 2
    assert shell("documents", "audience", "docs", "mods", "--everyone").exit_code == 2


def test_the_index_is_built_anew_and_the_link_printed(shell):
    """Both tell what they did; the link alone is on stdout, to be copied."""
    assert "3" in shell("documents", "reindex").stdout
    assert shell("documents", "page").stdout == "http://127.0.0.1:1/#admin=1.2\n"


def test_addresses_and_files_are_told_apart(shell, tmp_path):
    """Web addresses go as they are, beside files; an audience goes along."""
    (tmp_path / "docs").mkdir()
    done = shell("ingest", "https://example.org/a//b", "docs", "--audience", "mods", "--json")
    assert done.exit_code == 0, done.output
    assert shell.last[1]["urls"] == ["https://example.org/a//b"] and shell.last[1]["paths"] == ["docs"]
    assert shell.last[1]["audience"] == ["mods"]


def test_version_and_help_need_nothing(shell):
    """Both in a moment, without a data folder."""
    assert shell("version", data=False).stdout.startswith("yinlu ")
    for words in ((), ("ask",), ("documents", "list")):
        assert shell(*words, "--help", data=False).exit_code == 0
    assert not shell.data.exists()


def test_a_command_that_finds_no_owner_leaves_nothing_running(shell):
    """It was the owner for as long as it took."""
    shell("ask", "When?")
    with own(shell.data):
        assert not (shell.data / "control.sock").exists()


def test_doctor_changes_nothing_and_says_what_to_do(shell, monkeypatch):
    """Before the first run everything embedded is fine; a server that is not there is named with its setting."""
    done = shell("doctor", "--json")
    assert done.exit_code == 0, done.output
    checks = {check["id"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["valkey"]["reachable"] is True
    assert checks["models"]["state"] == "info"
    assert not shell.data.exists()
    monkeypatch.setenv("YINLU_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("YINLU_DATABASE_URL", "postgresql://u:hidden-word@127.0.0.1:1/db")
    monkeypatch.setenv("YINLU_QDRANT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("YINLU_MODELS__ANSWER__URL", "http://127.0.0.1:1/v1")
    done = shell("doctor", "--json")
    assert done.exit_code == 1
    failed = {
        check["id"]: check["todo"]
        for check in json.loads(done.stdout)["checks"]
        if check["state"] == "failed"
    }
    assert set(failed) == {"redis", "database", "qdrant", "model.answer"}
    assert "YINLU_REDIS_URL" in failed["redis"]
    assert "hidden-word" not in done.output
    assert "YINLU_QDRANT_URL" in shell("doctor").stdout.replace("\n", "")


def test_words_that_mean_the_same_are_listed_added_and_removed(shell):
    """Each group in a line with where it comes from; what was added is shown, what is taken out is named."""
    shown = " ".join(shell("documents", "glossary", "list").stdout.replace("│", " ").split())
    assert "Purser = 账房" in shown and "words.md" in shown and "mods" in shown
    assert "oil = 灯油" in shell("documents", "glossary", "add", "oil", "灯油").stdout
    assert shell.last[1] == {"terms": ["oil", "灯油"], "community": None}
    assert "oil" in shell("documents", "glossary", "remove", "oil").stdout
    assert json.loads(shell("documents", "glossary", "list", "--json").stdout)["groups"]
