"""path.toml: read as it says, refused with a sentence that names the place."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot_core.errors import BadInput
from bot_handlers.joining.path_file import DEFAULT, Paths, StepKind, read_path

GREET = '[[step]]\nkind = "greet"\nzh = "你好"\nen = "Hello"\n'
SAMPLE = Path(__file__).parents[2] / "docs" / "joining.md"


def test_the_sample_in_the_documentation_is_good():
    """What the page tells people to copy is read without a complaint."""
    text = SAMPLE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert {step.kind for step in read_path(text)} == set(StepKind)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[[step]\n", "line 1"),
        ("", "[[step]]"),
        ("other = 1\n" + GREET, "[[step]]"),
        (GREET + '[[step]]\nkind = "dance"\n', "step 2: kind must be one of greet"),
        (GREET + "colour = 3\n", "step 1 (greet): colour is not known"),
        ('[[step]]\nkind = "rules"\nzh = "好"\n', "step 1 (rules): en must be a text"),
        (GREET + "required = 1\n", "step 1 (greet): required is true or false"),
        (GREET + 'roles = "x"\n', "step 1 (greet): roles is a list"),
        (GREET.replace("greet", "introduce"), "step 1 (introduce): where"),
        (GREET.replace("greet", "interests"), "[[step.choice]]"),
        (GREET + '[[step.choice]]\nzh = "a"\nen = "b"\n', "[[step.choice]]"),
        (GREET.replace("greet", "interests") + '[[step.choice]]\nzh = "a"\n', "choice 1"),
        (GREET.replace("greet", "done") + GREET, "done can only be the last"),
        (GREET * 21, "at most 20 steps"),
    ],
)
def test_what_is_wrong_is_named(text, names):
    """The sentence says which line or step, in both languages."""
    with pytest.raises(BadInput) as caught:
        read_path(text)
    assert names in caught.value.words.en
    assert caught.value.words.zh.startswith("path.toml：")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    """Nothing else is raised, whatever the file holds."""
    with suppress(BadInput):
        assert read_path(text)


async def test_a_broken_file_keeps_the_steps_that_were_there(tmp_path):
    """A reload that fails says so and changes nothing; a missing file means the built-in steps."""
    paths, file = Paths(tmp_path), tmp_path / "communities" / "harbour" / "path.toml"
    assert await paths.of("harbour") == DEFAULT
    file.parent.mkdir(parents=True)
    file.write_text(GREET, encoding="utf-8")
    assert await paths.reload("harbour") == 1
    file.write_bytes(b"\xff")
    with pytest.raises(BadInput):
        await paths.reload("harbour")
    assert len(await paths.of("harbour")) == 1
