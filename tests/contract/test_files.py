"""What stored files promise, in a folder and in memory."""

import asyncio
import os
import shutil
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yinlu_testing.bucket import bucket

from bot_core.errors import BadInput, EngineDown, NotFound, StorageFull
from bot_core.files import FileRef
from bot_media import FolderFiles, MemoryFiles
from bot_media.bucket import Bucket, BucketFiles, read_bucket
from bot_media.files import content_key


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A bucket's address."""
    with bucket(tmp_path_factory.mktemp("bucket")) as url:
        yield url


@pytest.fixture(params=["folder", "memory", "bucket"])
def files(request, tmp_path):
    match request.param:
        case "folder":
            return FolderFiles(tmp_path / "files")
        case "bucket":
            return BucketFiles(request.getfixturevalue("address"))
        case _:
            return MemoryFiles()


async def test_what_is_put_can_be_read(files):
    """The reference has the content's hash, type, size and name; the bytes come back."""
    ref = await files.put(b"picture", "image/png", "fox.png")
    assert ref == FileRef(content_key(b"picture"), "image/png", 7, "fox.png")
    assert await files.read(ref.key) == b"picture"
    empty = await files.put(b"", "text/plain")
    assert await files.read(empty.key) == b""


async def test_equal_bytes_are_one_file(files):
    """Whatever it is called, the same content has the same key."""
    refs = await asyncio.gather(*(files.put(b"same" * 1000, "image/png", f"n{i}") for i in range(10)))
    assert len({ref.key for ref in refs}) == 1
    assert await files.read(refs[0].key) == b"same" * 1000


async def test_what_is_not_there_is_not_found(files):
    """Unknown, deleted and malformed keys alike; deleting twice is no error."""
    ref = await files.put(b"x", "text/plain")
    await files.delete(ref.key)
    await files.delete(ref.key)
    for key in (ref.key, "0" * 64):
        with pytest.raises(NotFound):
            await files.read(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../secret",
        "/etc/passwd",
        "ab/../../secret",
        "a" * 63,
        "A" * 64,
        "a" * 64 + "\n",
        "\0" * 64,
        "é" * 64,
    ],
)
async def test_a_key_never_leaves_the_folder(tmp_path, key):
    """What is no hash is nowhere: reading finds nothing, deleting removes nothing."""
    (tmp_path / "secret").write_bytes(b"secret")
    files = FolderFiles(tmp_path / "files")
    await files.put(b"x", "text/plain", "../../secret")
    with pytest.raises(NotFound):
        await files.read(key)
    await files.delete(key)
    assert (tmp_path / "secret").read_bytes() == b"secret"


@given(st.text(max_size=80))
def test_no_text_is_a_path(key):
    """Any text but 64 hex digits is refused before it meets the file system."""
    files = FolderFiles("/nonexistent")
    with pytest.raises(NotFound):
        files._read(key)


def test_making_one_touches_nothing(tmp_path):
    """The folder comes with the first file."""
    FolderFiles(tmp_path / "files")
    assert not (tmp_path / "files").exists()


async def test_files_are_for_us_alone(tmp_path):
    """No other user of the machine reads them."""
    ref = await FolderFiles(tmp_path / "files").put(b"x", "text/plain")
    path = tmp_path / "files" / ref.key[:2] / ref.key[2:]
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


async def test_a_torn_file_is_written_anew(tmp_path):
    """A file that was cut short (by a copy, a broken disk) is put right by the next put."""
    files = FolderFiles(tmp_path / "files")
    ref = await files.put(b"whole", "text/plain")
    path = tmp_path / "files" / ref.key[:2] / ref.key[2:]
    path.write_bytes(b"wh")
    await files.put(b"whole", "text/plain")
    assert await files.read(ref.key) == b"whole"


async def test_the_sweep_takes_what_was_left(tmp_path):
    """Half-written files of killed processes go, fresh ones stay."""
    files = FolderFiles(tmp_path / "files")
    assert await files.sweep() == 0
    await files.put(b"x", "text/plain")
    old, fresh = tmp_path / "files/temporary/old", tmp_path / "files/temporary/fresh"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    assert await files.sweep() == 1
    assert fresh.exists()


async def test_memory_has_room_for_so_much():
    """The twin can be full, for tests of what surrounds it."""
    files = MemoryFiles(room=10)
    ref = await files.put(b"12345678", "text/plain")
    with pytest.raises(StorageFull):
        await files.put(b"abc", "text/plain")
    assert await files.put(b"12345678", "text/plain") == ref


async def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    """StorageFull, no half file, and writing goes on when there is room again."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True
    ).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        files = FolderFiles(folder / "files")
        ref = await files.put(b"x" * 40_000, "text/plain")
        with pytest.raises(StorageFull):
            await files.put(b"y" * 80_000, "text/plain")
        assert list((folder / "files/temporary").iterdir()) == []
        with pytest.raises(NotFound):
            await files.read(content_key(b"y" * 80_000))
        await files.delete(ref.key)
        await files.put(b"y" * 60_000, "text/plain")
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


async def test_a_folder_that_can_not_be_is_an_engine_down(tmp_path):
    """Where a file stands in the folder's place the error says that files are down."""
    (tmp_path / "files").write_bytes(b"")
    with pytest.raises(EngineDown):
        await FolderFiles(tmp_path / "files").put(b"x", "text/plain")


WRITES = """
import asyncio, sys
from pathlib import Path
from bot_media import FolderFiles

async def main(folder):
    files = FolderFiles(Path(folder))
    for number in range(100_000):
        ref = await files.put(str(number).encode() * 20_000, "text/plain")
        print(ref.key, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_killed_writer_leaves_whole_files(tmp_path):
    """kill -9 while writing: what was acknowledged is there, and whatever is there is whole."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(tmp_path / "files")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    first = (await asyncio.to_thread(writer.stdout.readline)).decode().strip()
    await asyncio.sleep(0.2)
    writer.kill()
    rest, _ = await asyncio.to_thread(writer.communicate)
    files = FolderFiles(tmp_path / "files")
    whole = [line for line in rest.decode().split("\n")[:-1] if len(line) == 64]
    for key in [first, *whole]:
        assert content_key(await files.read(key)) == key
    shutil.rmtree(tmp_path / "files/temporary")
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            assert content_key(path.read_bytes()) == path.parent.name + path.name


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("s3://K:s%2Fx@pics/yinlu?region=eu-west-1", Bucket("pics", "yinlu", "", "eu-west-1", "K", "s/x")),
        ("s3://pics", Bucket("pics")),
        ("https://K:S@minio.local:9000/pics/a/b", Bucket("pics", "a/b", "https://minio.local:9000", "us-east-1", "K", "S")),
    ],
)  # fmt: skip
def test_an_address_names_bucket_key_and_place(url, read):
    """Amazon's by its name, anybody else's by host and path; key and secret may hold any character."""
    assert read_bucket(url) == read


def test_an_address_without_a_bucket_is_refused():
    """Before anything is stored."""
    with pytest.raises(BadInput):
        BucketFiles("https://K:S@minio.local")


async def test_a_bucket_keeps_a_key_under_its_prefix(tmp_path):
    """One object per content, with its media type; what is no key asks nobody."""
    with bucket(tmp_path) as url:
        files = BucketFiles(url)
        ref = await files.put(b"picture", "image/png")
        (kept,) = [path for path in tmp_path.rglob("*_object") if path.is_file()]
        assert f"community/{ref.key[:2]}/{ref.key[2:]}" in str(kept)
        await files.delete("../../other")
        with pytest.raises(NotFound):
            await files.read("../../other")


@pytest.mark.parametrize("wrong", ["no bucket", "nobody there", "wrong key"])
async def test_a_bucket_that_is_not_there_is_told_and_names_no_secret(address, wrong):
    """A missing bucket, a server that is away, a key that is not known: the engine is down, the secret stays out of it."""
    url = {
        "no bucket": address.replace("/pictures", "/elsewhere"),
        "nobody there": "http://S3RVER:hush-hush@127.0.0.1:9/pictures",
        "wrong key": address.replace("S3RVER:S3RVER", "other:hush-hush"),
    }[wrong]
    with pytest.raises(EngineDown) as told:
        await BucketFiles(url).put(b"x", "text/plain")
    assert "hush-hush" not in str(told.value)
