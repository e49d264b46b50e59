"""ImageModel: every maker, the twin, the built-in one, a real diffusion pipeline, and services on the loopback."""

import io
from contextlib import AsyncExitStack
from importlib.util import find_spec

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from yinlu_testing.images_loopback import A1111Service, ComfyService, OpenAIService

from bot_core.errors import BadInput, SettingWrong, StartRefused
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_media import FlatImages, MemoryFiles
from bot_media.images.choose import MakerProfile, how, open_maker

A = PictureAction
LOOPBACK = {"openai": OpenAIService, "a1111": A1111Service, "comfyui": ComfyService}
TINY = {"device": "cpu", "scheduler": "euler", "steps": 3, "threads": 1}
NO_DIFFUSION = find_spec("diffusers") is None or find_spec("torch") is None
NAMES = [
    "twin",
    "collage",
    pytest.param(
        "diffusers", marks=pytest.mark.skipif(NO_DIFFUSION, reason="the extra diffusion is not installed")
    ),
    *LOOPBACK,
]
DRAWS_FROM_SEEDS = ("twin", "collage", "diffusers", "a1111", "comfyui")  # OpenAI's services take no seed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=NAMES)
async def made(request, tmp_path_factory):
    """Every maker with its name and its files."""
    files, kind = MemoryFiles(), request.param
    async with AsyncExitStack() as stack:
        if kind == "twin":
            yield FlatImages(), kind, files
            return
        profile = MakerProfile(kind)
        if kind in LOOPBACK:
            service = LOOPBACK[kind]()
            url, _ = await stack.enter_async_context(service.open())
            url = f"{url}/v1" if kind == "openai" else url
            profile = MakerProfile(kind, url, "key", "some-model", options={"every": 0.05})
        if kind == "diffusers":
            from yinlu_testing.tiny_diffusion import tiny

            folder = tiny(tmp_path_factory.mktemp("model") / "sd")
            profile = MakerProfile(kind, folder=str(folder), options=TINY)
        yield await stack.enter_async_context(open_maker(profile, files)), kind, files


def job(*steps, width=64, height=64, inputs=()):
    """Return the requests of a story."""
    return PictureJob(tuple(steps), width, height, Locale.EN, "alice", inputs).requests()


def root(seed=11):
    """Return a story's first step."""
    return Step(A.IMAGINE, "a red fox at night", seed)


async def on(index, progress):
    """Go on."""
    return True


def size(data):
    """Return a picture's size, decoded whole."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    assert picture.format == "PNG"
    return picture.size


async def test_one_png_of_its_size_per_request(made):
    """In the order of the requests, whatever their sizes; none for none."""
    maker, _, _ = made
    requests = [*job(root(), width=96, height=64)[:2], *job(root(50), width=64, height=96)[:1]]
    pictures = await maker.make(requests, on)
    assert [size(data) for data in pictures] == [(96, 64), (96, 64), (64, 96)]
    assert await maker.make([], on) == []


async def test_every_picture_hears_how_far_it_is(made):
    """Fractions rise to 1 for each request."""
    maker, _, _ = made
    told = {0: [], 1: []}

    async def tell(index, progress):
        told[index].append(progress.fraction)
        return True

    await maker.make(job(root())[:2], tell)
    for fractions in told.values():
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


async def test_who_stops_gets_nothing_and_the_others_theirs(made):
    """The stopped one's picture comes empty."""
    maker, _, _ = made

    async def tell(index, progress):
        return index != 1

    whole, stopped = await maker.make([job(root())[0], job(root(90))[0]], tell)
    assert size(whole) == (64, 64)
    assert stopped == b""


async def test_a_seed_gives_its_picture(made):
    """Alone or in a batch, up to 1/255; another seed gives another picture."""
    maker, kind, _ = made
    four = await maker.make(job(root()), on)
    assert len(set(four)) == 4
    if kind in DRAWS_FROM_SEEDS:
        (alone,) = await maker.make(job(root())[2:3], on)
        far = np.asarray(Image.open(io.BytesIO(alone)), int) - np.asarray(
            Image.open(io.BytesIO(four[2])), int
        )
        assert np.abs(far).max() <= 1


@pytest.mark.parametrize(
    ("step", "wide", "tall"),
    [
        (Step(A.VARY_SUBTLE, "a red fox", 3, 0), 64, 64),
        (Step(A.VARY_STRONG, "a red fox", 3, 0), 64, 64),
        (Step(A.UPSCALE, "a red fox", 11, 0), 128, 128),
        (Step(A.ENLARGE, "a red fox", 11, 0, 2.0), 128, 128),
        (Step(A.ZOOM, "a red fox", 3, 0, 1.5), 64, 64),
        (Step(A.PAN, "a red fox", 3, 0, 0.0), 96, 64),
        (Step(A.REGION, "a blue cat", 3, 0, area="0.2,0.2,0.8,0.8"), 64, 64),
        (Step(A.REMIX, "a blue cat", 3, 0), 64, 64),
    ],
    ids=lambda value: value.action.value if isinstance(value, Step) else "",
)
async def test_every_step_of_a_story_is_made(made, step, wide, tall):
    """From the picture that was picked, at the size that was asked for."""
    maker, _, files = made
    picked = await files.put((await maker.make(job(root())[:1], on))[0], "image/png")
    requests = job(root(), step, width=wide, height=tall, inputs=(picked,))
    (picture, *_) = await maker.make(requests[:1], on)
    assert size(picture) == (wide, tall)


async def test_pictures_are_blended(made):
    """Two pictures and no words are enough."""
    maker, _, files = made
    inputs = [await files.put(data, "image/png") for data in (await maker.make(job(root())[:2], on))]
    (picture,) = await maker.make(job(Step(A.BLEND, "", 4), inputs=tuple(inputs))[:1], on)
    assert size(picture) == (64, 64)


async def test_a_picture_that_is_none_is_refused(made):
    """What members send is decoded within bounds: BadInput, in words."""
    maker, kind, files = made
    if kind == "twin":
        return
    broken = await files.put(b"GIF89a but no more", "image/gif")
    with pytest.raises(BadInput):
        await maker.make(job(Step(A.BLEND, "", 4), inputs=(broken, broken))[:1], on)


async def test_what_a_resampler_does_is_told(made):
    """A maker without a network for enlarging says so; the collage draws its vectors anew."""
    maker, kind, _ = made
    assert maker.name
    assert (how(maker, "upscale") is not None) == (kind not in ("twin", "collage"))
    assert how(maker, "imagine") is None


@pytest.mark.parametrize(
    "profile",
    [
        MakerProfile("paint"),
        MakerProfile("openai", "http://127.0.0.1:9/v1"),
        MakerProfile("a1111"),
        MakerProfile("comfyui", "http://127.0.0.1:9"),
        MakerProfile("diffusers"),
        MakerProfile("a1111", "http://127.0.0.1:9", options={"stepps": 3}),
        MakerProfile("a1111", "http://127.0.0.1:9", options={"steps": "many"}),
        MakerProfile("openai", model="m", options={"sizes": ["large"]}),
        MakerProfile("comfyui", "http://127.0.0.1:9", model="m", options={"workflows": {"dance": "x"}}),
    ],
)
async def test_a_wrong_profile_names_its_setting(profile):
    """SettingWrong, before anything is asked or loaded."""
    with pytest.raises(SettingWrong) as wrong:
        async with open_maker(profile, MemoryFiles()):
            pass
    assert wrong.value.name.startswith("models.image.")


async def test_a_workflow_that_is_none_is_refused(tmp_path):
    """A missing file, no JSON, and the other format that ComfyUI saves."""
    for name, text in (("none", None), ("bad", "{"), ("ui", '{"nodes": []}')):
        file = tmp_path / name
        if text is not None:
            file.write_text(text)
        options = {"workflows": {"words": str(file)}}
        with pytest.raises(StartRefused):
            async with open_maker(
                MakerProfile("comfyui", "http://127.0.0.1:9", model="m", options=options), MemoryFiles()
            ):
                pass


async def test_the_key_is_not_shown():
    """A profile in a log holds no secret; the screen names the model, or the built-in maker as what it is."""
    assert "secret" not in repr(MakerProfile("openai", key="secret"))
    assert MakerProfile().shown.en == "built-in collage"
    assert MakerProfile("diffusers", folder="/models/sd15").shown.en == "sd15"
