"""What a studio refuses or cannot do: the member reads why, in their language; nothing is shown, nothing is left."""

import asyncio
import os
import sys
import time

import pytest
from yinlu_testing import bad_pictures
from yinlu_testing.batches import Batch, lease
from yinlu_testing.studio import Member, StudioHouse

from bot_core.errors import ModelFailed, StorageFull
from bot_core.files import FileRef
from bot_core.identity import Locale
from bot_core.pictures import PictureAction
from bot_core.ports.safety import Decision, Verdict
from bot_core.ports.work import Progress
from bot_media import FlatImages, FolderFiles, MemoryFiles
from bot_media.studio import Studio
from bot_safety import AllowAll, Guarded, MemoryModerator, PicturePrompts

A = PictureAction


class RefusesPictures(AllowAll):
    """Refuses pictures that go out, those that come in, or both."""

    def __init__(self, *, out=False, into=False):
        self.refused = {True: out, False: into}

    async def picture(self, community, data, *, outgoing=False):
        """Refuse by direction alone."""
        return Verdict(Decision.REFUSE if self.refused[outgoing] else Decision.ALLOW, "nudity")


class Previewing(FlatImages):
    """Shows a preview of what it draws."""

    def __init__(self, files):
        super().__init__()
        self.files = files

    async def make(self, requests, tell):
        """Tell a preview first."""
        preview = await self.files.put(bad_pictures.plain(), "image/png")
        await tell(0, Progress("drawing", 0.5, preview))
        return await super().make(requests, tell)


class OneFails(FlatImages):
    """Fails for everybody while one of them wishes for "broken"."""

    async def make(self, requests, tell):
        """Fail, or draw."""
        if any("broken" in request.prompt for request in requests):
            raise ModelFailed("image", "secret-model-name", "stack trace at 0x7f")
        return await super().make(requests, tell)


class FillsUp(MemoryFiles):
    """Has room for a few files."""

    def __init__(self, most):
        super().__init__()
        self.most, self.kept = most, []

    async def put(self, data, media_type, name=""):
        """Store, or be full."""
        if len(self.kept) >= self.most:
            raise StorageFull("/some/path")
        ref = await super().put(data, media_type, name)
        self.kept.append(ref.key)
        return ref

    async def delete(self, key):
        """Remove."""
        self.kept.remove(key)
        await super().delete(key)


async def only(studio, *args, **fields):
    """Make one job; return what comes of it."""
    (result,) = await studio(Batch(lease(*args, **fields)))
    return result


async def stored(files, data):
    """Return a member's picture, stored."""
    return await files.put(data, "image/png", "sent.png")


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (bad_pictures.claims(100_000, 100_000), "图片太大", "too large"),
        (bad_pictures.claims(20_000, 20_000), "图片太大", "too large"),
        (bad_pictures.corrupt(), "损坏", "damaged"),
        (b"%PDF-1.7 not a picture", "不是我能读的图片", "no picture I can read"),
        (b"", "不是我能读的图片", "no picture I can read"),
        (b"\0" * 20_000_001, "图片文件太大", "file is too large"),
    ],
)
async def test_a_bad_picture_is_refused_soon_in_the_members_language(data, zh, en):
    """Bombs, damage and other kinds: one sentence, within a second, and the rest of the batch is made."""
    files = MemoryFiles()
    studio = Studio(FlatImages(), files)
    ref = await stored(files, data)
    begun = time.monotonic()
    batch = Batch(
        lease(inputs=[ref], locale=Locale.ZH, number=1), lease(number=2), lease(inputs=[ref], number=3)
    )
    chinese, good, english = await studio(batch)
    assert time.monotonic() - begun < 2
    assert zh in str(chinese)
    assert en in str(english)
    assert len(good.files) == 5


async def test_an_animation_counts_as_its_first_picture_and_what_is_gone_is_told():
    """A GIF that moves is taken; a picture that was deleted is not."""
    files = MemoryFiles()
    studio = Studio(FlatImages(), files)
    assert len((await only(studio, inputs=[await stored(files, bad_pictures.animated())])).files) == 5
    gone = FileRef("0" * 64, "image/png", 9)
    assert "no longer here" in str(await only(studio, inputs=[gone]))


@pytest.mark.parametrize("locale", list(Locale))
async def test_refused_words_and_pictures_say_why_without_the_category(locale):
    """What was sent, what was made and what was written have their own sentence each; nothing is stored."""
    files = MemoryFiles()
    sent = await stored(files, bad_pictures.plain())
    words = MemoryModerator({"forbidden": Verdict(Decision.REFUSE, "taste")})
    cases = [
        (words, {"prompt": "forbidden fruit"}, ("社区规则", "rules")),
        (RefusesPictures(into=True), {"inputs": [sent]}, ("附带的图片", "came along")),
        (RefusesPictures(out=True), {}, ("画出来的图片", "What came out")),
    ]
    for moderator, fields, says in cases:
        before = len(files._files)
        result = await only(Studio(FlatImages(), files, moderator=moderator), locale=locale, **fields)
        assert says[0 if locale is Locale.ZH else 1] in str(result)
        assert "taste" not in str(result)
        assert "nudity" not in str(result)
        assert len(files._files) == before


async def test_earlier_words_of_a_story_are_judged_too():
    """A variation of a refused prompt is refused."""
    moderator = PicturePrompts(AllowAll())
    result = await only(Studio(FlatImages(), MemoryFiles(), moderator=moderator), prompt="naked child")
    assert "rules" in str(result)


async def test_a_refused_preview_is_shown_to_nobody_and_removed():
    """Progress goes on without it."""
    for refuse, shown in ((True, 0), (False, 1)):
        files = MemoryFiles()
        batch = Batch(lease())
        await Studio(Previewing(files), files, moderator=RefusesPictures(out=refuse))(batch)
        assert len([progress for progress in batch.told if progress.preview]) == shown
        assert len(batch.told) >= 2
        if refuse:
            assert not files._files


async def test_a_check_that_fails_lets_nothing_pass_where_the_setting_says_so():
    """Closed, it refuses and says that the check is down; open, it draws."""

    class Fails(AllowAll):
        async def picture(self, community, data, *, outgoing=False):
            raise OSError("the net is gone")

    closed = Studio(FlatImages(), MemoryFiles(), moderator=Guarded(Fails(), closed=True))
    assert "can't be reached" in str(await only(closed))
    opened = Studio(FlatImages(), MemoryFiles(), moderator=Guarded(Fails(), closed=False))
    assert len((await only(opened)).files) == 5


async def test_one_failing_wish_is_split_off_and_told_without_our_secrets():
    """The worker makes a failed batch one by one; the one that fails reads a plain sentence."""
    studio = Studio(OneFails(), MemoryFiles())
    with pytest.raises(ModelFailed):
        await studio(Batch(lease("broken", number=1), lease(number=2)))
    alone = await only(studio, "broken", locale=Locale.ZH)
    assert "模型暂时没有回应" in str(alone)
    assert "secret" not in str(alone)


@pytest.mark.parametrize("most", [0, 1, 3])
async def test_a_full_disk_leaves_no_part_of_a_grid(most):
    """All of a job's pictures are stored or none; the path is not told; the job may be tried again."""
    files = FillsUp(most)
    result = await only(Studio(FlatImages(), files), locale=Locale.ZH)
    assert "磁盘满" in str(result)
    assert "/some/path" not in str(result)
    assert files.kept == []


async def test_a_file_that_may_not_grow_is_a_full_disk_and_leaves_nothing(tmp_path):
    """The real folder, where the system refuses to write (RLIMIT_FSIZE, in a process of its own)."""
    program = """
import asyncio, resource, signal, sys
from pathlib import Path
from bot_core.errors import StorageFull
from bot_media import FolderFiles

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
files = FolderFiles(Path(sys.argv[1]))

async def main():
    small = await files.put(b"s" * 50_000, "image/png")
    try:
        await files.put(b"l" * 500_000, "image/png")
    except StorageFull as error:
        print("full", len(await files.read(small.key)))

asyncio.run(main())
"""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    out, _ = await made.communicate()
    assert out.decode().strip() == "full 50000"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert await FolderFiles(tmp_path).sweep() == 0


async def test_the_member_reads_it_on_the_card():
    """Through queue, worker and follower: the sentence in Chinese, and no picture anywhere."""
    house = StudioHouse()
    house.studio = Studio(FlatImages(), house.files, moderator=RefusesPictures(out=True))
    async with house.open():
        await Member(house, "alice", locale=Locale.ZH).types("imagine", prompt="一只狐狸")
        async with asyncio.timeout(5):
            while not any("谁都看不到它" in out.reply.text for out in house.sent):
                await asyncio.sleep(0.01)
    assert not any(out.reply.made for out in house.sent)
    assert not house.files._files


async def test_fifty_parts_and_more_are_refused_before_they_are_queued():
    """A prompt of too many parts or jobs says how many are allowed; nothing is queued."""
    async with StudioHouse().open() as house:
        alice = Member(house, "alice")
        for prompt in (
            "::1 ".join(f"part {n}" for n in range(60)) + "::1",
            "{a,b,c,d,e,f,g,h} {1,2,3,4,5,6,7}",
        ):
            (told,) = await alice.types("imagine", prompt=prompt)
            assert told.error == "PromptWrong"
            assert "at most" in told.text
