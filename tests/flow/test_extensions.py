"""A house with extensions of its operator's: the examples of docs/extending.md, as they are there."""

from __future__ import annotations

import asyncio
import io
import json
import re
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image
from yinlu_testing.house import RunningHouse, yinlu

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PAGE = "# Ferry\n\n## When does it leave?\n\nThe ferry leaves at nine in the morning from the east pier.\n"


class Terminal:
    """A member at the example platform."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.seen = reader, writer, ""

    async def types(self, line):
        self.writer.write(f"{line}\n".encode())
        await self.writer.drain()

    async def reads(self, pattern, seconds=60.0):
        """Read until the pattern came; return the match and forget what was before."""
        async with asyncio.timeout(seconds):
            while not (found := re.search(pattern, self.seen)):
                data = await self.reader.read(4096)
                assert data, f"the connection ended; {pattern!r} is not in {self.seen!r}"
                self.seen += data.decode()
        self.seen = self.seen[found.end() :]
        return found


@asynccontextmanager
async def terminal(port, name):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    member = Terminal(reader, writer)
    await member.reads("name")
    await member.types(name)
    yield member
    writer.close()


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory, port):
    """A running house with the three examples, and a document of its own."""
    folder = tmp_path_factory.mktemp("extended")
    (folder / "docs").mkdir()
    (folder / "docs" / "ferry.md").write_text(PAGE)
    data = folder / "data"
    assert yinlu("ingest", str(folder / "docs"), "--data", str(data)).returncode == 0
    running = RunningHouse(
        data,
        folder / "log",
        YINLU_EXTENSIONS="dice_handler,lines_platform,dawn_maker",
        YINLU_PICTURE_MAKER="extension",
        YINLU_WORKERS="1",
        YINLU_ADMINS="lines:ann",
        LINES_PORT=str(port),
        PYTHONPATH=f"{EXAMPLES}:{path()}",
    ).start()
    yield running
    running.stop()


def path():
    """Return what this process has of its own in PYTHONPATH, for those that run from a checkout."""
    import os

    return os.environ.get("PYTHONPATH", "")


async def test_three_extensions_stand_in_one_house(house, port):
    """Bound by a code, asked, voted by number, rolled, drawn: all on a platform that an extension brought."""
    code = json.loads(yinlu("admin", "code", "default", "--json", "--data", str(house.data)).stdout)["code"]
    async with terminal(port, "ann") as ann, terminal(port, "ben") as ben:
        await ann.types(f"/bind {code}")
        await ann.reads("belongs to|属于")
        await ben.types("When does the ferry leave?")
        assert "east pier" in (await ben.reads(r"The ferry leaves at nine[^\n]*")).group()
        vote = (await ben.reads(r"#(\d+) 👍")).group(1)
        await ben.types(f"#{vote}")
        await ben.types("/roll 6")
        assert 1 <= int((await ben.reads(r"You rolled (\d+) \(of 6\)")).group(1)) <= 6
        await ann.types("/roll")
        await ann.reads("You rolled")
        await ben.types("/imagine night over the sea --ar 1:1")
        name = (await ben.reads(r"\[[^\n]*?(yinlu-\d+\.png)\]", 90)).group(1)
        assert name
    votes = json.loads(yinlu("votes", "--json", "--data", str(house.data)).stdout)["votes"]
    assert [vote["value"] for vote in votes] == ["up"]
    pictures = [Image.open(file) for file in kept(house.data)]
    assert any(
        picture.getpixel((5, 5))[2] > picture.getpixel((5, 5))[0] for picture in pictures
    )  # a night's blue


def kept(data):
    """Return the stored pictures."""
    found = []
    for file in (data / "files").rglob("*"):
        if file.is_file() and (held := file.read_bytes()).startswith(b"\x89PNG"):
            found.append(io.BytesIO(held))
    return found


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("not_there_at_all", None, "extensions"),
        ("broken_one", "import not_there_either\n", "broken_one"),
        ("broken_two", "def handlers(:\n", "broken_two"),
    ],
)
def test_an_extension_that_does_not_stand_is_named(tmp_path, name, body, said):
    """The house does not start, and one sentence says which module it is."""
    if body is not None:
        (tmp_path / f"{name}.py").write_text(body)
    done = yinlu(
        "run", "--port", "0", "--data", str(tmp_path / "data"),
        YINLU_EXTENSIONS=name, PYTHONPATH=f"{tmp_path}:{path()}",
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "lines"), [("dice_handler", 35), ("lines_platform", 150), ("dawn_maker", 66)]
)
def test_the_examples_stay_short(file, lines):
    """A handler in 30 lines, a platform in 150, a maker in 60, headings aside; and the guide names each."""
    assert len((EXAMPLES / f"{file}.py").read_text().splitlines()) <= lines
    assert f"examples/{file}.py" in (EXAMPLES.parent / "extending.md").read_text()
