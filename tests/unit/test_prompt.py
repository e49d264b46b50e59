"""The grammar of picture prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_core.identity import Locale
from bot_core.prompt import Part, Prompt, PromptWrong, Ratio, Rules, count, read

STYLES = {"ink": "ink wash painting", "neon": "neon lights"}
RULES = Rules(jobs=40, styles=STYLES)


def words(text, **more):
    """Return the words of every variant."""
    return [prompt.words for prompt in read(text, Rules(jobs=40, styles=STYLES, **more))]


def wrong(text, rules=RULES):
    """Return the error of a prompt that can't be read."""
    with pytest.raises(PromptWrong) as caught:
        read(text, rules)
    return caught.value


def test_plain_words_are_one_prompt():
    """Words alone: one part of weight one, everything else as usual."""
    assert read("  a red   fox\nat night ") == [Prompt(parts=(Part("a red fox at night"),))]


def test_every_parameter_is_read():
    """Each parameter fills its field."""
    (prompt,) = read(
        "a fox --ar 6:4 --seed 4294967295 --chaos 20 --stylize 250 --iw 1.5 --q .5 --stop 80 "
        "--no cat, mouse --tile --repeat 3 --relax --style ink",
        RULES,
    )
    assert prompt == Prompt(
        parts=(Part("a fox"),),
        no=("cat", "mouse"),
        ratio=Ratio(3, 2),
        seed=4294967295,
        chaos=20,
        stylize=250,
        picture_weight=1.5,
        quality=0.5,
        stop=80,
        tile=True,
        repeat=3,
        lane="relax",
        style="ink",
    )


def test_short_names_and_telephone_dashes_are_understood():
    """``--s`` is stylize, and a telephone's long dash stands for two hyphens where letters follow."""
    assert read("a fox —ar 16:9 –c 5 --s 50")[0] == read("a fox --aspect 16:9 --chaos 5 --stylize 50")[0]
    assert words("dusk — and dawn -- together") == ["dusk — and dawn -- together"]


def test_weights_part_the_words():
    """``::`` ends a part, a number behind it weighs it, ``--no`` equals a weight of -0.5."""
    (prompt,) = read("hot:: dog::2 bun::-.5 mustard --no ketchup")
    assert prompt.parts == (Part("hot"), Part("dog", 2.0), Part("bun", -0.5), Part("mustard"))
    assert prompt.weighted[-1] == Part("ketchup", -0.5)
    assert prompt.words == "hot dog mustard"


def test_permutations_multiply_and_nest():
    """Every combination, in the order they are written; parameters may vary too."""
    assert words("a {red, blue {big, small}} bird") == ["a red bird", "a blue big bird", "a blue small bird"]
    assert [str(p) for p in read("x {a, b} --ar {1:1, 3:2}")] == [
        "x a",
        "x a --ar 3:2",
        "x b",
        "x b --ar 3:2",
    ]
    assert count("{a,b}{c,d}{e,f,g}") == 12


def test_a_backslash_escapes():
    r"""``\,`` is a comma within a choice; ``\{`` is a brace."""
    assert words(r"a {red\, white, blue} flag") == ["a red, white flag", "a blue flag"]
    assert words(r"\{set\} and \\") == ["{set} and \\"]


def test_chinese_is_understood():
    """Full-width braces, commas and colons do what their narrow forms do."""
    assert words("一只{红，蓝}色的狐狸") == ["一只红色的狐狸", "一只蓝色的狐狸"]
    assert read("狐狸：：2 雪 --ar 3：2 --no 人，车")[0] == Prompt(
        parts=(Part("狐狸", 2.0), Part("雪")), ratio=Ratio(3, 2), no=("人", "车")
    )


def test_links_at_the_start_are_picture_prompts():
    """Links before the words are pictures; later ones are words."""
    (prompt,) = read("<https://example.org/a.png> http://example.org/b.jpg a fox --iw 2")
    assert prompt.pictures == ("https://example.org/a.png", "http://example.org/b.jpg")
    assert prompt.parts == (Part("a fox"),)
    assert read("https://example.org/a.png")[0].parts == ()
    assert "at most 1 picture" in wrong("http://a/1 http://a/2 x", Rules(pictures=1)).words.en


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 1, "say what to draw"),
        ("--ar 3:2", 1, "say what to draw"),
        ("a fox --ar 5:1", 7, "1:3 to 3:1"),
        ("a fox --ar 3", 7, "1:3 to 3:1"),
        ("a fox --ar 0:1", 7, "1:3 to 3:1"),
        ("a fox --seed -1", 7, "0 to 4294967295"),
        ("a fox --seed 4294967296", 7, "0 to 4294967295"),
        ("a fox --chaos 101", 7, "0 to 100"),
        ("a fox --stylize 1.5", 7, "0 to 1000"),
        ("a fox --iw 2.1", 7, "0 to 2"),
        ("a fox --q .3", 7, ".25, .5 or 1"),
        ("a fox --stop 9", 7, "10 to 100"),
        ("a fox --repeat 0", 7, "1 to 40"),
        ("a fox --tile big", 7, "takes no value"),
        ("a fox --no", 7, "what to leave out"),
        ("a fox --style oil", 7, "ink, neon"),
        ("a fox --aar 3:2", 7, "did you mean --ar"),
        ("a fox --weird 3", 7, "There are: --ar"),
        ("a fox --seed 1 --seed 2", 16, "stands twice"),
        ("a fox --fast --relax", 14, "choose one of"),
        ("a {red, blue", 3, "never closed"),
        ("a } b", 3, "no brace is open"),
        ("a {} b", 3, "empty"),
        ("{" * 9 + "a" + "}" * 9, 9, "8 deep"),
        ("a::-2 b", 1, "more than 0"),
        ("::2 b", 1, "words must stand before"),
        ("a::101", 2, "-100 to 100"),
        ("{a, b} x --ar {1:1, 9:1}", 10, "1:3 to 3:1"),
    ],
)
def test_an_error_names_the_place_and_what_is_allowed(text, position, says):
    """Before anything is queued, in both languages."""
    error = wrong(text)
    assert (error.position, says in error.words.en) == (position, True), error.words.en
    assert error.words.of(Locale.ZH) != error.words.of(Locale.EN)


def test_the_count_is_refused_before_the_variants_are_made():
    """A million variants cost nothing; repeats count as jobs."""
    assert "1048576 jobs; at most 40" in wrong("{a,b}" * 20).words.en
    assert "44 jobs" in wrong("{a,b,c,d} --repeat 11").words.en
    assert len(wrong("x" * 5000).words.en) < 100


def test_a_suffix_adds_what_the_prompt_does_not_say():
    """The member's own words and parameters win over their usual suffix."""
    (prompt,) = read("a fox --ar 3:2", RULES, suffix="watercolour --ar 1:1 --s 50 --no text")
    assert (prompt.words, prompt.ratio, prompt.stylize, prompt.no) == (
        "a fox, watercolour",
        Ratio(3, 2),
        50,
        ("text",),
    )
    assert read("", RULES, suffix="a fox")[0].words == "a fox"


@pytest.mark.parametrize("ratio", [(1, 1), (3, 2), (1, 3), (16, 9)])
def test_a_ratio_becomes_a_size_of_equal_area(ratio):
    """Sides are multiples of eight, the area about the same for every ratio."""
    width, height = Ratio.of(*ratio).size(1024)
    assert width % 8 == height % 8 == 0
    assert abs(width * height / 1024**2 - 1) < 0.03
    assert abs(width / height / (ratio[0] / ratio[1]) - 1) < 0.03


texts = st.text(st.sampled_from("abz 狐狸,，{}\\.!'é🦊"), min_size=1, max_size=20)
part_texts = texts.map(lambda text: " ".join(text.split())).filter(bool)
list_texts = (
    st.text(st.sampled_from("abz 狐\\{}"), min_size=1).map(lambda text: " ".join(text.split())).filter(bool)
)


@st.composite
def prompts(draw):
    """Any prompt that can be said."""
    weights = st.sampled_from([1.0, 2.0, 0.5, -0.25])
    parts = draw(st.lists(st.builds(Part, part_texts, weights), min_size=1, max_size=4))
    if sum(part.weight for part in parts) <= 0:
        parts = [Part(parts[0].text)]
    return Prompt(
        parts=tuple(parts),
        pictures=tuple(draw(st.lists(st.sampled_from(["https://a.b/c.png", "http://x/y?z=1"]), max_size=2))),
        no=tuple(dict.fromkeys(draw(st.lists(list_texts, max_size=3)))),
        ratio=draw(st.builds(Ratio.of, st.integers(1, 3), st.integers(1, 3))),
        seed=draw(st.none() | st.integers(0, 2**32 - 1)),
        chaos=draw(st.integers(0, 100)),
        stylize=draw(st.integers(0, 1000)),
        quality=draw(st.sampled_from([0.25, 0.5, 1.0])),
        stop=draw(st.integers(10, 100)),
        tile=draw(st.booleans()),
        repeat=draw(st.integers(1, 40)),
        lane=draw(st.sampled_from(["", "fast", "relax"])),
        style=draw(st.sampled_from(["", "ink"])),
    )


@given(prompts())
def test_a_prompt_reads_back_as_itself(prompt):
    """The plainest spelling of a prompt is read as the same prompt."""
    assert read(str(prompt), RULES) == [prompt]


@given(st.text(st.sampled_from("ab {},\\:-0123456789.—狐 arseednoq\n"), max_size=60))
def test_anything_typed_is_a_prompt_or_a_clear_error(text):
    """Never another exception; the place lies within what was typed, or one beyond."""
    try:
        made = read(text, RULES)
    except PromptWrong as error:
        assert 0 <= error.position <= len(text) + 1
        return
    assert 1 <= len(made) <= 40
    assert all(read(str(prompt), RULES) == [prompt] for prompt in made)
