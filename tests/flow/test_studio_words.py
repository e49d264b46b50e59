"""Help with words: examples to press, /describe, /shorten, styles and templates of a community, remix mode."""

import io

import pytest
from PIL import Image, PngImagePlugin
from yinlu_testing.studio import Member, StudioHouse, button

from bot_core.actions import Action
from bot_core.events import Attachment
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, picture_job

FILE = """
[styles]
lamp = "lit by one oil lamp, brown paper"
"Bad Name" = "x"

[templates]
poster = "a poster of {subject}, {colour}, bold letters"
plain = "no fields"
"""


@pytest.fixture
async def house(tmp_path):
    """A studio whose community has a file of styles."""
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "styles.toml").write_text(FILE)
    async with StudioHouse(styles=tmp_path).open() as opened:
        yield opened


async def sent_along(house, picture, name="p.png", **text):
    """Return a picture as a member sends it."""
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        info.add_text(key, value)
    data = io.BytesIO()
    picture.save(data, "PNG", pnginfo=info)
    ref = await house.files.put(data.getvalue(), "image/png", name)
    return Attachment(name, "image/png", ref.size, ref)


async def test_who_gives_no_words_gets_examples(house):
    """An empty prompt queues nothing; each example is a button that draws."""
    alice = Member(house, "alice", locale=Locale.ZH)
    (told,) = await alice.types("imagine", prompt=" ")
    assert told.private
    assert told.rows[0][0].label == "雨夜小巷里的一只狐狸，水彩"
    await alice.presses(told.rows[0][0])
    assert "雨夜小巷" in (await house.pictures())[0].reply.text


async def test_a_picture_is_described_by_what_can_be_told(house):
    """Colours, light and layout, four prompts to press, and that nothing looked at what it shows."""
    picture = Image.new("RGB", (300, 200), (20, 30, 90))
    picture.paste((250, 220, 60), (20, 80, 70, 130))
    alice = Member(house, "alice")
    (told,) = await alice.types("describe", (await sent_along(house, picture),))
    assert "No model that sees is set up" in told.text
    assert "Main colours: blue" in told.text
    assert "at night" in told.text
    assert "the subject on the left" in told.text
    assert told.text.count("--ar 3:2") == 4
    await alice.presses(button(told, "🎨 2"))
    assert "ink wash" in (await house.pictures())[0].reply.text
    (none,) = await alice.types("describe")
    assert none.error == "BadInput"


async def test_a_picture_that_was_made_here_names_its_own_prompt(house):
    """Our record leads to the job; another program's record to the words it left."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    await alice.types("imagine", prompt="a red fox --seed 3")
    grid = (await house.pictures())[0].reply
    data = await house.seed_files(grid)
    ref = await house.files.put(data, "image/png", "grid.png")
    (told,) = await bob.types("describe", (Attachment("grid.png", "image/png", ref.size, ref),))
    assert "1. a red fox --seed 3" in told.text
    assert "made here" in told.text
    words = "a tin robot, rust\nNegative prompt: blurry\nSteps: 20, Sampler: Euler"
    (other,) = await bob.types(
        "describe", (await sent_along(house, Image.new("RGB", (64, 64)), parameters=words),)
    )
    assert "1. a tin robot, rust\n" in other.text
    assert "blurry" not in other.text


async def test_shorten_tells_which_words_the_maker_uses(house):
    """The built-in maker knows which words it draws; the rest can go; the short prompt is a button."""
    alice, bob = Member(house, "alice"), Member(house, "bob", locale=Locale.ZH)
    (told,) = await alice.types("shorten", prompt="a majestic red fox at night, hyperrealistic, 8k --no rain")
    assert "Used: **red**, **fox**, **night**" in told.text
    assert "majestic, hyperrealistic, 8k" in told.text
    assert "`red fox night --no rain`" in told.text
    await alice.presses(button(told, "🎨"))
    assert "**red fox night --no rain**" in (await house.pictures())[0].reply.text
    (zh,) = await bob.types("shorten", prompt="雨夜小巷里的一只狐狸，史诗级光影")
    assert "会用到：**雨夜**、**小巷**、**狐狸**" in zh.text
    assert "史诗级光影" in zh.text
    (ship,) = await alice.types("shorten", prompt="a pirate ship")
    assert "`ship`" in ship.text, "of a compound the head is drawn"
    (nothing,) = await alice.types("shorten", prompt="hyperrealism")
    assert "None of these words" in nothing.text


async def test_a_communitys_styles_and_templates(house):
    """/style lists them; a style stands as its words in the job; a template asks for its fields by a form."""
    alice = Member(house, "alice")
    (listed,) = await alice.types("style")
    assert "`--style lamp`：lit by one oil lamp, brown paper" in listed.text
    assert "`--style ink`" in listed.text
    assert "Bad Name" not in listed.text
    assert "plain" not in listed.text
    await alice.types("imagine", prompt="a fox --style lamp --seed 4")
    made = (await house.pictures())[0].reply
    assert "**a fox, lit by one oil lamp, brown paper --seed 4**" in made.text
    press = house.context.signer.read("harbour", button(listed, "📝 poster").token)
    form = await house.handler.form("harbour", press, Locale.EN)
    assert [field.name for field in form.fields] == ["subject", "colour"]
    await alice.submits(button(listed, "📝 poster"), subject="a {lamp", colour="blue")
    assert house.sent[-1].reply.error == "PromptWrong", "braces are read as they are anywhere"
    await alice.submits(button(listed, "📝 poster"), subject="a lamp", colour="blue")
    assert "**a poster of a lamp, blue, bold letters**" in (await house.pictures(2))[-1].reply.text
    (missing,) = await alice.types("imagine", prompt="a fox --style unheard")
    assert "lamp" in missing.text, "what there is, the community's own included"


async def test_remix_mode_asks_for_words_at_v(house):
    """With the preference on, V asks first, privately; the form goes on from that picture; off again it draws."""
    alice, bob = Member(house, "alice"), Member(house, "bob")
    await alice.types("imagine", prompt="a red fox")
    grid = (await house.pictures())[0].reply
    (settings,) = await alice.types("settings")
    await alice.presses(button(settings, "Remix mode: off"))
    (asked,) = await alice.presses(button(grid, "V3"))
    assert asked.private
    assert asked.rows[0][0].action is Action.REMIX
    await alice.submits(asked.rows[0][0], prompt="a blue fox")
    made = (await house.pictures(2))[-1].reply
    job = picture_job((await house.handler.find("harbour", made.made)).job.payload)
    assert (job.last.action, job.last.pick, job.last.prompt) == (PictureAction.REMIX, 2, "a blue fox")
    told = await bob.presses(button(grid, "V3"))
    assert "Variations by bob" in told[0].text, "another member's V is their own"
