"""What the guides tell is there: settings files, members' commands, makefile targets, extras, benchmarks."""

import ast
import re
import tomllib

import pytest
from yinlu_testing.guides import ROOT, blocks, page

from bot_app.settings import load_settings
from bot_safety.rules import parse_rules

GUIDES = [*sorted(file.stem for file in (ROOT / "docs").glob("*.md")), "README"]
TEXT = {name: page(name).read_text() for name in GUIDES}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FATHERS = {"/newbot", "/revoke", "/setjoingroups", "/setprivacy"}  # said to Telegram's BotFather
ELSEWHERE = {
    "/roll",
    "/cancel",
    "/save",
}  # of docs/examples, of forms in Telegram, of a document that was answered from
PATHS = {"/metrics", "/readyz", "/healthz", "/operator", "/ws", "/data", "/rerank", "/speech", "/tmp"}


def commands():
    """Return every slash command that a handler declares, by its source."""
    found = set()
    for file in (ROOT / "handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command":
                first = node.args[0]
                assert isinstance(first, ast.Constant), file
                found.add(f"/{first.value}")
    return found


def test_every_command_of_members_exists():
    """`/word` in code, alone or with what is said behind it, is a command that a handler declares, or a path."""
    known = commands() | FATHERS | ELSEWHERE | PATHS
    assert len(known) > 30
    for name, text in TEXT.items():
        said = set(re.findall(r"`(/[a-z]+)(?: [^`/]*)?`", text))
        assert said <= known, (name, said - known)


def settings_files():
    """Return the blocks of settings files in the guides."""
    found = [block for name in GUIDES for block in blocks(name)]
    return [
        block
        for block in found
        if re.search(r"^\[models\.|^picture_\w+ = |^port = ", block.text, re.MULTILINE)
    ]


@pytest.mark.parametrize("block", settings_files(), ids=lambda block: f"{block.page}: {block.heading}")
def test_every_settings_file_is_taken(block, tmp_path, monkeypatch):
    """A block of settings loads as `yinlu.toml`; of alternatives ("or ...") each for itself."""
    monkeypatch.chdir(tmp_path)
    for part in re.split(r"^# or .*$", block.text, flags=re.MULTILINE):
        key = tmp_path / "key"
        key.write_text("name:a-secret-of-the-tests")
        key.chmod(0o600)
        (tmp_path / "yinlu.toml").write_text(re.sub(r'(key_file = )"[^"]+"', rf'\1"{key}"', part))
        load_settings()


def test_there_are_settings_files():
    """The rule above looks at something."""
    assert {block.page for block in settings_files()} >= {"models", "pictures", "settings"}


def test_every_extra_exists():
    """`pip install 'yinlu[extra]'` and `EXTRAS=a,b` name extras of the package."""
    extras = set(PROJECT["project"]["optional-dependencies"])
    for name, text in TEXT.items():
        for said in re.findall(r"(?:yinlu|\.)\[([a-z0-9,]+)\]|EXTRAS=([a-z0-9,]+)", text):
            assert set("".join(said).split(",")) <= extras, (name, said)


def test_every_target_and_benchmark_exists():
    """`make word` is a target of the Makefile, `make bench-word` and `python -m benchmarks word` a benchmark."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    measured = {file.stem.removeprefix("bench_") for file in (ROOT / "benchmarks").glob("bench_*.py")}
    for name, text in TEXT.items():
        code = re.findall(r"`([^`\n]+)`", text) + [line for b in blocks(name) for line in b.text.splitlines()]
        for line in code:
            for target in re.findall(r"(?:^|\s)make ([a-z-]+)(?![\w.])", line):
                bench = target.removeprefix("bench-")
                assert target in targets or bench in measured, (name, line)
            for said in re.findall(r"python -m benchmarks ([a-z_]+)", line):
                assert said in measured, (name, line)


def test_files_that_a_guide_copies_are_there():
    """What a block copies or installs from the repository is in it."""
    for name in GUIDES:
        for block in blocks(name):
            for word in re.findall(r"(?<![\w/.])(?:deploy|docs)/[\w./@*-]+", block.text):
                assert list(ROOT.glob(word.rstrip("./"))), (name, word)


def test_the_rules_that_are_shown_are_taken():
    """joining.md's list of rules is one, and finds what it says."""
    (block,) = [block for block in blocks("joining") if block.language == "json"]
    refused, spoilers, numbers = parse_rules(block.text)
    assert refused.spans("best casino bonus here") and not refused.spans("a casino")
    assert spoilers.spans("the lighthouse burns") and not spoilers.spans(
        "spoiler warning: the lighthouse burns"
    )
    assert numbers.spans("13812345678")
