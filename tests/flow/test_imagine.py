"""The studio's whole way: command, place, progress, grid, buttons, children; on two platforms at once."""

import asyncio
import io

import pytest
from PIL import Image
from yinlu_testing.bad_pictures import plain
from yinlu_testing.studio import Member, StudioHouse, actions, button

from bot_core.actions import Action
from bot_core.answers import VoteValue
from bot_core.events import Attachment
from bot_core.files import FileRef
from bot_core.identity import ADMIN, Locale
from bot_core.pictures import PictureAction, picture_job
from bot_core.replies import Picture, Style
from bot_handlers.imagine.options import StudioOptions
from bot_media import FlatImages
from bot_queue.jobs_memory import QueueOptions

RED_FOX = "a red fox at night --ar 3:2 --seed 7"


@pytest.fixture
async def house():
    """A studio with one worker that draws at once."""
    async with StudioHouse().open() as opened:
        yield opened


async def grid_of(house, member, prompt=RED_FOX):
    """Let a member draw; return the message with the grid."""
    before = len([out for out in house.sent if out.reply.made])
    await member.types("imagine", prompt=prompt)
    return (await house.pictures(before + 1))[-1].reply


async def child_of(house, member, reply, label, **values):
    """Press a button under pictures (or fill in its form); return the message with the child's pictures."""
    before = len([out for out in house.sent if out.reply.made])
    pressed = button(reply, label)
    answers = await (member.submits(pressed, **values) if values else member.presses(pressed))
    assert answers, "nothing was said"
    assert answers[0].error is None, answers[0].text
    return (await house.pictures(before + 1))[-1].reply


async def test_a_prompt_is_answered_at_once_with_its_place(house):
    """The answer to /imagine names the prompt, the place and the time, and can be stopped by its button."""
    alice = Member(house, "alice")
    (told,) = await alice.types("imagine", prompt=RED_FOX)
    assert told.text.startswith(
        "**a red fox at night --ar 3:2 --seed 7** - alice (fast)\n\nwaiting · place 1 · about "
    )
    assert actions(told) == [Action.STOP]


async def test_the_grid_is_a_new_message_with_its_buttons(house):
    """U1-U4 and reroll, V1-V4, and votes; seed and job id are shown."""
    reply = await grid_of(house, Member(house, "alice"))
    labels = [[found.label for found in row] for row in reply.rows]
    assert labels == [["U1", "U2", "U3", "U4", "🔄"], ["V1", "V2", "V3", "V4"], ["👍", "👎"]]
    assert "seed 7" in reply.text
    assert reply.made[:8] in reply.text
    picture = Image.open(io.BytesIO(await house.seed_files(reply)))
    assert abs(picture.width / picture.height - 1.5) < 0.1


async def test_the_whole_family_of_a_picture(house):
    """Imagine, U2, each button under the single picture, V3 under its grid, reroll: every child knows its story."""
    alice = Member(house, "alice")
    grid = await grid_of(house, alice)
    single = await child_of(house, alice, grid, "U2")
    assert "Image #2 alice" in single.text
    assert not [found for row in single.rows for found in row if found.label.startswith("U")]
    shapes = {
        "🪄 Vary (subtle)": PictureAction.VARY_SUBTLE,
        "🪄 Vary (strong)": PictureAction.VARY_STRONG,
        "🔍 2x": PictureAction.ENLARGE,
        "🔎 1.5x": PictureAction.ZOOM,
        "⬅️": PictureAction.PAN,
    }
    for label, action in shapes.items():
        made = await child_of(house, alice, single, label)
        view = await house.handler.find("harbour", made.made)
        job = picture_job(view.job.payload)
        assert [step.action for step in job.steps] == [PictureAction.IMAGINE, PictureAction.UPSCALE, action]
        assert job.parent == single.made
        assert len(job.inputs) == 1
    zoomed = await child_of(house, alice, single, "🔎 2x")
    varied = await child_of(house, alice, zoomed, "V3")
    assert "Variations by alice" in varied.text
    again = await child_of(house, alice, grid, "🔄")
    story = picture_job((await house.handler.find("harbour", again.made)).job.payload).steps
    assert [step.seed for step in story] == [7], "a seed that was asked for is kept"


async def test_a_pan_gets_wider_and_an_enlargement_larger(house):
    """Sizes follow from the button."""
    alice = Member(house, "alice")
    single = await child_of(house, alice, await grid_of(house, alice, "a fox"), "U1")

    async def size(reply):
        view = await house.handler.find("harbour", reply.made)
        job = picture_job(view.job.payload)
        return job.width, job.height

    assert await size(single) == (128, 128)
    assert await size(await child_of(house, alice, single, "🔍 4x")) == (512, 512)
    assert await size(await child_of(house, alice, single, "➡️")) == (96, 64)
    assert await size(await child_of(house, alice, single, "⬆️")) == (64, 96)
    assert await size(await child_of(house, alice, single, "🔎 2x")) == (64, 64)


async def test_remix_and_region_ask_by_a_form(house):
    """The form holds the prompt to edit; what was filled in becomes the child's prompt and region."""
    alice = Member(house, "alice")
    single = await child_of(house, alice, await grid_of(house, alice), "U1")
    press = house.context.signer.read("harbour", button(single, "✏️").token)
    form = await house.handler.form("harbour", press, Locale.ZH)
    assert [(field.name, field.value) for field in form.fields] == [
        ("prompt", "a red fox at night --ar 3:2 --seed 7")
    ]
    made = await child_of(house, alice, single, "✏️", prompt="a blue fox --seed 9")
    assert "**a blue fox --seed 9**" in made.text
    region = await child_of(house, alice, single, "🖌", area="0,0,0.5,1", prompt="a tree")
    step = picture_job((await house.handler.find("harbour", region.made)).job.payload).last
    assert (step.action, step.area, step.prompt) == (PictureAction.REGION, "0,0,0.5,1", "a tree")
    (told,) = await alice.submits(button(single, "🖌"), area="1,0,0,1", prompt="x")
    assert told.error == "BadInput"


async def test_a_subject_is_cut_out_or_put_before_other_words(house):
    """One picture; without words it ends there, with words it can be asked for again; other numbers of pictures are refused."""
    alice = Member(house, "alice")
    sent = await house.files.put(plain(), "image/png", "me.png")
    mine = Attachment("me.png", "image/png", sent.size, sent)
    await alice.types("cutout", (mine,))
    cut = (await house.pictures(1))[-1].reply
    step = picture_job((await house.handler.find("harbour", cut.made)).job.payload)
    assert (step.last.action, step.inputs) == (PictureAction.CUTOUT, (sent,))
    assert [one.label for row in cut.rows for one in row] == ["👍", "👎"]
    assert "Cut out by a program" in cut.text
    await alice.types("cutout", (mine,), prompt="the sea at night --ar 3:2")
    behind = (await house.pictures(2))[-1].reply
    step = picture_job((await house.handler.find("harbour", behind.made)).job.payload)
    assert (step.last.action, step.last.prompt) == (PictureAction.BACKDROP, "the sea at night --ar 3:2")
    assert [one.label for row in behind.rows for one in row] == ["🔄", "👍", "👎"]
    for given in ((), (mine, mine)):
        (told,) = await alice.types("cutout", given)
        assert told.error == "BadInput" and "one picture" in told.text


async def test_a_painted_mask_goes_along(house):
    """What was painted over the picture is the step's mask, with its box as area; another kind of file is refused."""
    alice = Member(house, "alice")
    single = await child_of(house, alice, await grid_of(house, alice), "U1")
    mask = await house.files.put(plain(), "image/png", "mask.png")
    painted = Attachment("mask.png", "image/png", mask.size, mask)
    before = len([out for out in house.sent if out.reply.made])
    await alice.submits(button(single, "🖌"), (painted,), area="0,0,0.5,0.5", prompt="a tree")
    made = (await house.pictures(before + 1))[-1].reply.made
    step = picture_job((await house.handler.find("harbour", made)).job.payload).last
    assert (step.mask, step.area) == (mask, "0,0,0.5,0.5")
    odd = Attachment("mask.pdf", "application/pdf", mask.size, mask)
    (told,) = await alice.submits(button(single, "🖌"), (odd,), area="0,0,0.5,0.5", prompt="x")
    assert told.error == "BadInput"


async def test_anybody_may_press_and_a_press_shows(house):
    """Bob presses U2 under alice's grid; the button turns for everybody, and the child is his."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    grid = await grid_of(house, alice)
    single = await child_of(house, bob, grid, "U2")
    assert "bob" in single.text
    edits = [reply for _, reply in house.faces["test"].edits if reply.made == grid.made]
    assert button(edits[-1], "U2").style is Style.CHOSEN
    assert button(edits[-1], "U1").style is Style.PLAIN
    assert edits[-1].parts == (), "the picture stays where it is"


async def test_votes_are_recorded(house):
    """👍 under pictures is a vote like any other."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    grid = await grid_of(house, alice)
    (thanks,) = await bob.presses(button(grid, "👍"))
    assert thanks.vote.value is VoteValue.UP
    (kept,) = await house.ledger.votes("harbour")
    assert (kept.vote.person, kept.record.question.text) == ("test:bob", RED_FOX)
    assert kept.record.answer.model == "picture:collage"


async def test_a_permutation_asks_first():
    """The count is confirmed by who asked, once; nothing is queued before."""
    async with StudioHouse().open() as house:
        alice, bob = Member(house, "alice"), Member(house, "bob")
        (question,) = await alice.types("imagine", prompt="a {red, blue} bird --repeat 2")
        assert "4 jobs" in question.text
        (refused,) = await bob.presses(button(question, "Start"))
        assert refused.error == "BadInput"
        told = await alice.presses(button(question, "Start"))
        assert len(told) == 4
        made = await house.pictures(4)
        assert sorted({out.reply.text.split("**")[1] for out in made}) == ["a blue bird", "a red bird"]
        assert len({out.reply.made for out in made}) == 4
        (gone,) = await alice.presses(button(question, "Start"))
        assert "can't do that" in gone.text


async def test_a_wrong_prompt_is_told_before_anything_is_queued(house):
    """The place and what is allowed, in the member's language."""
    (told,) = await Member(house, "alice", locale=Locale.ZH).types("imagine", prompt="狐狸 --ar 9:1")
    assert told.text == "第 4 个字符「--ar 9:1」：可以是 1:3 到 3:1 的宽高比，如 3:2。"
    assert told.private
    assert not (await house.queue.status())[0].waiting


async def test_the_message_follows_the_job():
    """Waiting, percent, done: one message, edited; the picture comes in a message of its own."""
    async with StudioHouse(FlatImages(seconds=0.1)).open() as house:
        await Member(house, "alice").types("imagine", prompt="a fox")
        await house.pictures()
        async with asyncio.timeout(3):
            while not any("Done" in reply.text for _, reply in house.faces["test"].edits):
                await asyncio.sleep(0.01)
    edits = house.faces["test"].edits
    assert {message for message, _ in edits} == {"m1"}
    states = [reply.text.splitlines()[2] for _, reply in edits]
    percents = [int(state.split()[1].rstrip("%")) for state in states if state.startswith("drawing")]
    assert percents == sorted(percents)
    assert len(percents) >= 2
    assert states[-1] == "Done: see below."
    assert not edits[-1][1].rows


async def test_only_the_owner_or_an_admin_stops_a_job():
    """A waiting job stops at once; another member's press is refused."""
    async with StudioHouse(FlatImages(seconds=0.2)).open() as house:
        alice, bob = Member(house, "alice"), Member(house, "bob")
        (told,) = await alice.types("imagine", prompt="a fox")
        (refused,) = await bob.presses(button(told, "⏹"))
        assert refused.error == "NotAllowed"
        (stopped,) = await alice.presses(button(told, "⏹"))
        assert stopped.text == "Stopped"
        await alice.types("imagine", prompt="a cat")
        admin = Member(house, "root", roles=frozenset({ADMIN}))
        (ended,) = await admin.types("stopall")
        assert ended.text == "1 jobs were stopped."
        await asyncio.sleep(0.4)
        assert not [out for out in house.sent if out.reply.made]
        (denied,) = await bob.types("stopall")
        assert denied.error == "NotAllowed"


async def test_limits_are_told_with_their_numbers():
    """Over the waiting limit a job is refused with the numbers and a way out."""
    options = QueueOptions(most_waiting=2)
    async with StudioHouse(FlatImages(seconds=1), queue_options=options).open(workers=0) as house:
        alice = Member(house, "alice")
        for _ in range(2):
            (told,) = await alice.types("imagine", prompt="a fox")
            assert told.error is None
        (refused,) = await alice.types("imagine", prompt="a fox")
        assert refused.error == "JobRefused"
        assert "You have 2 jobs waiting, and at most 2 may wait." in refused.text
        (listed,) = await alice.types("jobs")
        assert listed.text.count("waiting · place") == 2
        await alice.presses(button(listed, "⏹ 1"))
        assert (await alice.types("imagine", prompt="a fox"))[0].error is None


async def test_a_grid_is_shown_again_elsewhere(house):
    """/show continues on another platform what was begun on the first."""
    grid = await grid_of(house, Member(house, "alice"))
    (shown,) = await Member(house, "alice", platform="other").types("show", job=grid.made)
    assert shown.made == grid.made
    single = await child_of(house, Member(house, "alice", platform="other"), shown, "U3")
    assert "Image #3" in single.text
    assert house.sent[-1].origin.platform == "other"
    (missing,) = await Member(house, "alice").types("show", job="0" * 24)
    assert missing.error == "NotFound"


async def test_settings_are_the_members_own(house):
    """Lane and suffix are kept and used; /info tells them; another member's stay as they were."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    await alice.types("relax")
    await alice.types("prefer", suffix="watercolour --ar 1:1 --no text")
    (told,) = await alice.types("imagine", prompt="a fox")
    assert told.text.startswith("**a fox, watercolour --no text** - alice (relax)")
    assert "**a fox** - bob (fast)" in (await bob.types("imagine", prompt="a fox"))[0].text
    (info,) = await alice.types("info")
    assert "Lane: relax" in info.text
    (settings,) = await alice.types("settings")
    assert "watercolour" in settings.text
    await alice.presses(button(settings, "fast"))
    assert "(fast)" in (await alice.types("imagine", prompt="a fox"))[0].text
    (bad,) = await alice.types("prefer", suffix="--ar 9:1")
    assert "1:3 to 3:1" in bad.text
    await alice.types("prefer", suffix="")
    assert "**a cat** -" in (await alice.types("imagine", prompt="a cat"))[0].text


async def test_pictures_can_be_blended(house):
    """Two to five pictures, no words."""
    refs = [
        await house.files.put(plain(colour), "image/png", f"{colour}.png")
        for colour in ("red", "teal", "gold")
    ]
    attachments = tuple(Attachment(ref.name, ref.media_type, ref.size, ref) for ref in refs)
    alice = Member(house, "alice")
    await alice.types("blend", attachments)
    (out,) = await house.pictures()
    job = picture_job((await house.handler.find("harbour", out.reply.made)).job.payload)
    assert (job.last.action, job.inputs) == (PictureAction.BLEND, tuple(refs))
    assert (await alice.types("blend", attachments[:1]))[0].error == "BadInput"
    note = Attachment("note.txt", "text/plain", 3, FileRef("a" * 64, "text/plain", 3))
    (told,) = await alice.types("imagine", (note,), prompt="like this")
    assert "note.txt" in told.text


async def test_the_gallery_shows_keeps_and_deletes(house):
    """One's own newest first, by words and page; favourites; only one's own can be deleted, and then it is gone."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    for prompt in ("a red fox", "a blue cat", "a green owl", "a pink fish", "a grey fox"):
        await grid_of(house, alice, prompt)
    (first,) = await alice.types("gallery")
    assert "5 in all, page 1 of 2" in first.text
    assert first.text.index("grey fox") < first.text.index("pink fish")
    assert len([part for part in first.parts if isinstance(part, Picture)]) == 4
    (foxes,) = await alice.types("gallery", words="FOX")
    assert "2 in all" in foxes.text
    assert "no pictures" in (await bob.types("gallery"))[0].text
    (shared,) = await bob.types("gallery", whose="all", page=2)
    assert "red fox" in shared.text
    assert not [found for row in shared.rows for found in row if found.label.endswith("🗑")]
    await bob.presses(button(shared, "1 ⭐"))
    (kept,) = await bob.types("gallery", whose="favourites")
    assert "1 in all" in kept.text
    (shown,) = await bob.presses(button(kept, "1 ▶"))
    assert shown.made
    (again,) = await bob.presses(button(kept, "1 ⭐"))
    assert "No longer" in again.text
    trash = button(foxes, "1 🗑")
    (refused,) = await bob.presses(trash)
    assert refused.error == "NotAllowed"
    assert (await alice.presses(trash))[0].text == "Deleted."
    assert (await alice.presses(trash))[0].error == "NotFound"
    assert "1 in all" in (await alice.types("gallery", words="fox"))[0].text


async def test_another_communitys_job_is_not_found(house):
    """An id alone opens nothing."""
    grid = await grid_of(house, Member(house, "alice"))
    with pytest.raises(Exception, match=grid.made):
        await house.handler.find("elsewhere", grid.made)


async def test_no_picture_goes_to_the_wrong_member():
    """Two hundred jobs of twenty members, mixed with children: each message is its asker's, with its own prompt."""
    options = StudioOptions(grid=64, full=64)
    queue = QueueOptions(most_waiting=60)
    async with StudioHouse(FlatImages(steps=1), options, queue).open(workers=3) as house:
        members = [Member(house, f"member{n}") for n in range(20)]
        for turn in range(5):
            for member in members:
                await member.types("imagine", prompt=f"a fox number {turn} of {member.name}")
        first = await house.pictures(100, 30)
        for out in first:
            name = out.person.removeprefix("test:")
            await Member(house, name).presses(button(out.reply, "V2"))
        made = await house.pictures(200, 30)
        for out in made:
            name = out.person.removeprefix("test:")
            assert out.reply.text.split("**")[1].endswith(f"of {name}")
            assert f" {name}" in out.reply.text.split("**")[2]
        pictures = {part.file.key for out in first for part in out.reply.parts if isinstance(part, Picture)}
        assert len(pictures) == 100
