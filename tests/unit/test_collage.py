"""The built-in maker: what it understands, what it draws, and how a picture's story goes on."""

import colorsys
import io

import numpy as np
import pytest
from PIL import Image

from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.media import ImageRequest
from bot_media import MemoryFiles
from bot_media.images.collage import CollageMaker
from bot_media.images.collage.colour import Recolour
from bot_media.images.collage.icons import IconPack
from bot_media.images.collage.reading import Reader
from bot_media.images.grid import grid

A = PictureAction
SIDE = 160


@pytest.fixture(scope="module")
def reader():
    """A reader over the real pack."""
    return Reader(IconPack())


@pytest.fixture
def maker():
    """A maker."""
    return CollageMaker(MemoryFiles(), {"ink": "ink wash painting"})


async def on(index, progress):
    """Go on."""
    return True


async def drawn(maker, *steps, width=SIDE, height=SIDE, inputs=()):
    """Return a story's last pictures."""
    job = PictureJob(tuple(steps), width, height, Locale.EN, "alice", inputs)
    return [Image.open(io.BytesIO(data)).convert("RGB") for data in await maker.make(job.requests(), on)]


def root(prompt, seed=11):
    """Return a story's first step."""
    return Step(A.IMAGINE, prompt, seed)


def pixels(picture):
    """Return a picture as numbers in 0..1."""
    return np.asarray(picture, np.float64) / 255


def unlike(one, other):
    """Return how far two pictures differ, 0..1."""
    return float(np.abs(pixels(one) - pixels(other)).mean())


def share_of(picture, low, high):
    """Return which share of a picture is of strong colours with hues between ``low`` and ``high`` degrees."""
    flat = pixels(picture).reshape(-1, 3)
    hsv = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in flat[::7]])
    hue = hsv[:, 0] * 360
    inside = (hue >= low) & (hue <= high) if low < high else (hue >= low) | (hue <= high)
    return float((inside & (hsv[:, 1] > 0.55) & (hsv[:, 2] > 0.3)).mean())


def seen(wish):
    """Return the subjects of a wish, shortly."""
    return [(subject.icon.name, subject.count, subject.colour) for subject in wish.subjects]


@pytest.mark.parametrize(
    ("text", "subjects", "place", "time"),
    [
        ("a red fox at night, watercolour", [("fox", 1, "red")], "", "night"),
        ("雨夜小巷里的一只红色狐狸，水彩", [("fox", 1, "red")], "city", "night"),
        ("三只气球飞过春天的花田", [("balloon", 3, "")], "meadow", ""),
        (
            "a blue cat and two white dogs on the beach at sunset",
            [("cat", 1, "blue"), ("dog", 2, "white")],
            "beach",
            "sunset",
        ),
        ("five yellow fish under the sea", [("tropical-fish", 5, "yellow")], "underwater", ""),
        ("夏天的荷花池塘，几条金色的鱼", [("lotus", 1, ""), ("tropical-fish", 5, "golden")], "lake", ""),
        ("an astronaut and a rocket", [("astronaut", 1, ""), ("rocket", 1, "")], "", ""),
        ("两只白猫和一座城堡，黄昏", [("cat", 2, "white"), ("castle", 1, "")], "", "sunset"),
        ("a castle in the mountains at dawn", [("castle", 1, "")], "mountains", "dawn"),
        ("abstract thoughts", [], "", ""),
    ],
)
def test_subjects_counts_colours_and_places_are_found(reader, text, subjects, place, time):
    """In Chinese and English alike."""
    wish = reader.read(text)
    assert (seen(wish), wish.place, wish.time) == (subjects, place, time)


def test_weather_style_size_and_what_is_not_wanted(reader):
    """Qualities go where they belong; ``--no`` takes a subject away."""
    wish = reader.read("a huge whale in the rain, ink wash, 彩虹")
    assert (wish.subjects[0].size, wish.weather, wish.style) == (1.7, {"rain", "rainbow"}, "ink")
    assert reader.read("a big moon over two mountains").moon > 1
    assert reader.read("两座雪山").peaks == 2
    assert seen(reader.read("a fox and a cat in the rain", "cat, rain")) == [("fox", 1, "")]
    assert not reader.read("a fox in the rain", "rain").weather
    assert reader.read("a zorglub and a fox").unknown == ("zorglub",)


def test_most_common_words_name_an_icon(reader):
    """What members draw most is known by its plain name, in both languages."""
    english = "cat dog fox bird fish tree flower house castle boat car train plane rocket moon robot dragon unicorn wizard"
    chinese = "猫 狗 狐狸 鸟 鱼 树 花 房子 城堡 船 汽车 火车 飞机 火箭 机器人 龙 独角兽 熊猫 兔子 老虎 蝴蝶 蘑菇 蛋糕 吉他"
    unknown = [
        word
        for word in (english + " " + chinese).split()
        if not (reader.read(word).subjects or reader.read(word).moon)
    ]
    assert unknown == []


def test_a_colour_word_recolours_but_keeps_eyes_and_light():
    """Hue changes; nearly black and nearly white stay."""
    blue = Recolour("blue")
    assert blue.colour("#111111") == "#111111"
    assert blue.colour("#fdfdfd") == "#fdfdfd"
    hue, _, _ = colorsys.rgb_to_hls(*(int(blue.colour("#ff822d")[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    assert 200 <= hue * 360 <= 236


async def test_four_seeds_are_four_compositions(maker):
    """A grid's pictures differ from each other; the same seed gives the same picture, byte for byte."""
    job = PictureJob((root("a red fox and two balloons"),), SIDE, SIDE, Locale.EN, "alice")
    first, again = await maker.make(job.requests(), on), await maker.make(job.requests(), on)
    assert first == again
    pictures = [Image.open(io.BytesIO(data)) for data in first]
    assert all(unlike(pictures[a], pictures[b]) > 0.02 for a in range(4) for b in range(a))


@pytest.mark.parametrize(
    ("word", "low", "high"),
    [
        ("red", 345, 15),
        ("blue", 200, 240),
        ("green", 100, 160),
        ("紫色", 255, 295),
        ("粉色", 315, 350),
        ("yellow", 40, 62),
    ],
)
async def test_the_asked_colour_is_in_the_picture(maker, word, low, high):
    """A large balloon of a colour, in a grey fog: that colour is there, and more of it than of another balloon's."""
    other = "green" if word != "green" else "red"
    asked = await drawn(maker, root(f"a huge {word} balloon in a room", 3))
    usual = await drawn(maker, root(f"a huge {other} balloon in a room", 3))
    assert (
        np.mean([share_of(a, low, high) for a in asked])
        > np.mean([share_of(u, low, high) for u in usual]) + 0.02
    )


async def test_subject_and_count_are_in_the_picture(maker):
    """Pictures of different subjects differ where the subjects are; more subjects change more of the picture."""
    empty, one, four = [
        (await drawn(maker, root(text, 5)))[0]
        for text in ("a meadow at noon", "a meadow at noon with one cow", "a meadow at noon with four cows")
    ]
    cow, pig = (
        unlike(empty, one),
        unlike(one, (await drawn(maker, root("a meadow at noon with one pig", 5)))[0]),
    )
    assert cow > 0.01
    assert pig > 0.005
    assert unlike(empty, four) > cow


async def test_night_is_darker_than_day(maker):
    """A time of day is a light."""
    night, day = [
        np.mean([pixels(p).mean() for p in await drawn(maker, root(f"a house {when}"))])
        for when in ("at night", "at noon")
    ]
    assert night < day * 0.6


async def test_every_style_changes_the_picture(maker):
    """A style is seen, and is not the same as another."""
    words = [
        "watercolour",
        "ink",
        "papercut",
        "poster",
        "pastel",
        "sketch",
        "pixel",
        "neon",
        "oil",
        "vintage",
        "monochrome",
    ]
    plain = (await drawn(maker, root("a fox by a lake", 4)))[0]
    made = {word: (await drawn(maker, root(f"a fox by a lake, {word}", 4)))[0] for word in words}
    assert all(unlike(plain, picture) > 0.02 for picture in made.values())
    assert all(unlike(made[a], made[b]) > 0.01 for a in words for b in words if a < b)


async def test_varying_subtly_moves_and_strongly_recomposes(maker):
    """Subtle variations are nearer to their parent than strong ones; the backdrop stays in both."""
    prompt = "a red fox and two balloons in a meadow"
    first = root(prompt)
    single = (await drawn(maker, first, Step(A.UPSCALE, prompt, 12, 1)))[0]
    parent = (await drawn(maker, first))[1]
    assert unlike(single, parent) < 0.001, "the picture that was picked"
    upscale = Step(A.UPSCALE, prompt, 12, 1)
    subtle = await drawn(maker, first, upscale, Step(A.VARY_SUBTLE, prompt, 50, 0))
    strong = await drawn(maker, first, upscale, Step(A.VARY_STRONG, prompt, 60, 0))
    assert 0.001 < np.mean([unlike(single, p) for p in subtle]) < np.mean([unlike(single, p) for p in strong])


async def test_enlarging_draws_the_vectors_anew(maker):
    """Four times the pixels, and truly sharper than the small one stretched."""
    prompt = "a castle in a meadow"
    small = (await drawn(maker, root(prompt)))[0]
    large = (
        await drawn(
            maker,
            root(prompt),
            Step(A.UPSCALE, prompt, 11, 0),
            Step(A.ENLARGE, prompt, 11, 0, 4.0),
            width=640,
            height=640,
        )
    )[0]
    assert large.size == (640, 640)
    stretched = small.resize((640, 640), Image.Resampling.BICUBIC)
    assert unlike(large.resize((160, 160), Image.Resampling.BOX), small) < 0.02

    def sharpness(picture):
        grey = pixels(picture.convert("L"))
        return np.abs(np.diff(grey, axis=0)).max(axis=0).mean()

    assert sharpness(large) > sharpness(stretched) * 1.2


async def test_zooming_out_continues_the_scene(maker):
    """In the middle of the wider view stands the picture it came from; around it is more of the world."""
    prompt = "a red fox and two balloons in a meadow"
    first, upscale = root(prompt), Step(A.UPSCALE, prompt, 11, 0)
    single = (await drawn(maker, first, upscale))[0]
    wide = (await drawn(maker, first, upscale, Step(A.ZOOM, prompt, 70, 0, 2.0)))[0]
    middle = wide.crop((SIDE // 4, SIDE // 4, SIDE * 3 // 4, SIDE * 3 // 4))
    assert unlike(middle, single.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX)) < 0.02
    panned = (await drawn(maker, first, upscale, Step(A.PAN, prompt, 80, 0, 1.0), width=SIDE * 3 // 2))[0]
    assert unlike(panned.crop((0, 0, SIDE, SIDE)), single) < 0.01


async def test_a_region_changes_and_the_rest_stays(maker):
    """Only what the rectangle covers is made anew, from the new words."""
    prompt = "a red fox in a meadow"
    first, upscale = root(prompt), Step(A.UPSCALE, prompt, 11, 0)
    single = (await drawn(maker, first, upscale))[0]
    made = (await drawn(maker, first, upscale, Step(A.REGION, "a castle", 90, 0, area="0,0.3,0.5,1")))[0]
    left, right = (0, SIDE * 3 // 10, SIDE // 2 - 8, SIDE), (SIDE // 2 + 24, 0, SIDE, SIDE)
    assert unlike(made.crop(left), single.crop(left)) > 0.03
    assert unlike(made.crop(right), single.crop(right)) < 0.02


async def test_a_picture_prompt_lends_its_colours(maker):
    """What a member attached tints the light; a blend holds something of every picture."""
    files = maker._files
    refs = []
    for colour in ((230, 30, 30), (30, 60, 230)):
        out = io.BytesIO()
        Image.new("RGB", (90, 60), colour).save(out, "PNG")
        refs.append(await files.put(out.getvalue(), "image/png"))
    plain = (await drawn(maker, root("a house at noon", 2)))[0]
    red = (await drawn(maker, root("a house at noon", 2), inputs=(refs[0],)))[0]
    assert pixels(red)[:30, :, 0].mean() > pixels(plain)[:30, :, 0].mean() + 0.05
    both = (await drawn(maker, Step(A.BLEND, "", 5), inputs=tuple(refs)))[0]
    assert share_of(both, 345, 15) > 0.15
    assert share_of(both, 215, 245) > 0.15


async def test_what_is_stopped_comes_empty(maker):
    """Nothing more is drawn for it; the others come."""
    requests = [ImageRequest("a fox", SIDE, SIDE, seed) for seed in range(3)]

    async def without_the_second(index, progress):
        return index != 1

    made = await maker.make(requests, without_the_second)
    assert [bool(data) for data in made] == [True, False, True]


async def test_a_grid_is_drawn_within_seconds(maker):
    """A whole grid of 512 pixel pictures, on one busy core; quality.md asks for a second on a quiet machine."""
    import time

    started = time.perf_counter()
    made = await maker.make(
        PictureJob((root("a red fox at night, watercolour"),), 512, 512, Locale.EN, "a").requests(), on
    )
    assert time.perf_counter() - started < 8
    whole = Image.open(io.BytesIO(grid(made)))
    assert whole.size == (1028, 1028)
