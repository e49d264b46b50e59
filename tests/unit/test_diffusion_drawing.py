"""Real diffusion pipelines with random weights, 64 pixels wide: what they draw, alone and in company."""

import asyncio
import io
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from bot_core.errors import BadInput, ModelFailed, StartRefused
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_media import MemoryFiles
from bot_media.images.diffusion import DiffusionOptions, opened_diffusion
from bot_media.images.grid import png

pytestmark = pytest.mark.skipif(
    find_spec("diffusers") is None or find_spec("torch") is None,
    reason="the extra diffusion is not installed",
)
A = PictureAction
QUICK = DiffusionOptions(device="cpu", scheduler="euler", steps=4, preview_every=2, threads=1)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A tiny SD model, one of XL, a LoRA and a ControlNet."""
    from yinlu_testing.tiny_diffusion import tiny, tiny_controlnet, tiny_lora

    there = tmp_path_factory.mktemp("models")
    tiny(there / "sd")
    tiny(there / "xl", xl=True, seed=1)
    (there / "loras").mkdir()
    tiny_lora(there / "loras" / "ink.safetensors", there / "sd")
    tiny_controlnet(there / "net", there / "sd")
    return there


@asynccontextmanager
async def drawing(models, kind="sd", files=None, **options):
    """Open a maker."""
    chosen = replace(QUICK, **options)
    async with opened_diffusion(str(models / kind), files or MemoryFiles(), chosen) as maker:
        yield maker


def job(*steps, width=64, height=64, inputs=()):
    """Return the requests of a story."""
    return PictureJob(tuple(steps), width, height, Locale.EN, "alice", inputs).requests()


def one(prompt="a red fox", seed=5):
    """Return the first request of a prompt."""
    return job(Step(A.IMAGINE, prompt, seed))[0]


async def on(index, progress):
    """Go on."""
    return True


def shown(data):
    """Return a picture as numbers."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16)


def apart(first, second):
    """Return by how much two pictures differ at most, 0..255."""
    return int(np.abs(shown(first) - shown(second)).max())


async def gradient(files, side=64):
    """Store a gradient."""
    row = np.tile(np.linspace(0, 255, side).astype(np.uint8), (side, 1))
    picture = Image.fromarray(np.dstack([row, row.T, np.full_like(row, 90)]))
    return await files.put(png(picture), "image/png")


@pytest.mark.parametrize("kind", ("sd", "xl"))
async def test_a_seed_gives_its_picture_alone_and_in_company(models, kind):
    """Four members' words in one batch: each picture differs from the one drawn alone by at most 1/255."""
    wishes = [
        one(prompt, seed)
        for prompt, seed in (("a fox", 1), ("一只猫", 2), ("rain --no sun", 3), ("a::2 b", 4))
    ]
    async with drawing(models, kind) as maker:
        together = await maker.make(wishes, on)
        alone = [(await maker.make([wish], on))[0] for wish in wishes]
        again = await maker.make(wishes, on)
    assert together == again
    assert max(apart(a, b) for a, b in zip(together, alone, strict=True)) <= 1
    assert min(apart(together[0], other) for other in together[1:]) > 3


async def test_words_weights_and_seeds_change_the_picture(models):
    """So do what is not wanted, and the size."""
    async with drawing(models) as maker:
        base, *others = await maker.make(
            [one(), one("a blue cat"), one(seed=6), one("a red fox --no snow"), one("a red fox::1 snow::2")],
            on,
        )
        (wide,) = await maker.make([job(Step(A.IMAGINE, "a red fox", 5), width=96, height=64)[0]], on)
    assert all(apart(base, other) > 0 for other in others)
    assert shown(wide).shape == (64, 96, 3)


@pytest.mark.parametrize("scheduler", ("euler", "euler_a", "dpm++", "ddim", "lcm", "turbo", "lightning"))
async def test_every_scheduler_draws(models, scheduler):
    """Each with its own steps and guidance, the same for a seed."""
    async with drawing(models, scheduler=scheduler, steps=0 if scheduler in ("lcm", "turbo") else 3) as maker:
        first, second = await maker.make([one()], on), await maker.make([one()], on)
    assert first == second
    assert shown(first[0]).std() > 0


@pytest.mark.parametrize("kind", ("sd", "xl"))
async def test_variations_begin_with_their_picture(models, kind):
    """A subtle one stays nearer to it than a strong one."""
    files = MemoryFiles()
    ref = await gradient(files)
    far = {}
    async with drawing(models, kind, files, steps=10) as maker:
        for action in (A.VARY_SUBTLE, A.VARY_STRONG):
            (made,) = await maker.make(
                job(Step(A.IMAGINE, "x", 1), Step(action, "x", 7, 0), inputs=(ref,))[:1], on
            )
            far[action] = made
    assert far[A.VARY_SUBTLE] != far[A.VARY_STRONG]
    assert shown(far[A.VARY_SUBTLE]).shape == (64, 64, 3)


@pytest.mark.parametrize("kind", ("sd", "xl"))
async def test_outside_a_region_nothing_changes(models, kind):
    """Inpainting keeps what the mask leaves, zooming and panning keep the old picture."""
    files = MemoryFiles()
    ref = await gradient(files)
    before = shown(await files.read(ref.key))
    story = Step(A.IMAGINE, "x", 1)
    async with drawing(models, kind, files) as maker:
        (region,) = await maker.make(
            job(story, Step(A.REGION, "y", 7, 0, area="0.25,0.25,0.75,0.75"), inputs=(ref,))[:1], on
        )
        (pan,) = await maker.make(
            job(story, Step(A.PAN, "y", 7, 0, 1.0), width=96, height=64, inputs=(ref,))[:1], on
        )
        (zoom,) = await maker.make(job(story, Step(A.ZOOM, "y", 7, 0, 2.0), inputs=(ref,))[:1], on)
    assert np.abs(shown(region) - before)[:10].max() == 0
    assert np.abs(shown(region) - before)[24:40, 24:40].max() > 0
    assert np.abs(shown(pan)[4:60, 4:56] - before[4:60, 4:56]).max() <= 2
    assert shown(zoom).shape == (64, 64, 3)


async def test_enlarging_is_honest(models):
    """By a resampler, or gone over by the model where that was chosen."""
    files = MemoryFiles()
    ref = await gradient(files)
    requests = job(Step(A.IMAGINE, "x", 1), Step(A.UPSCALE, "x", 1, 0), width=128, height=128, inputs=(ref,))
    async with drawing(models, files=files) as maker:
        assert not maker.enlarges
        (plain,) = await maker.make(requests, on)
    async with drawing(models, files=files, refine=0.3, steps=4) as maker:
        assert maker.enlarges
        (refined,) = await maker.make(requests, on)
    assert shown(plain).shape == shown(refined).shape == (128, 128, 3)
    assert apart(plain, refined) > 0


async def test_a_lora_is_worn_by_its_own_pictures_only(models):
    """By name and weight; taken off again it leaves nothing; an unknown name is refused."""
    async with drawing(models, lora_folder=models / "loras") as maker:
        (plain,) = await maker.make([one()], on)
        mixed = await maker.make(
            [one(), one("a red fox <lora:ink:1.5>"), one("a red fox <lora:ink:0.5>")], on
        )
        (after,) = await maker.make([one()], on)
        with pytest.raises(BadInput, match="cat"):
            await maker.make([one("a red fox <lora:cat>")], on)
    assert plain == mixed[0] == after
    assert apart(mixed[0], mixed[1]) > 0
    assert apart(mixed[1], mixed[2]) > 0


async def test_a_lora_that_does_not_fit_is_refused(models, tmp_path):
    """Nonsense and another model's weights are BadInput, and the next picture is as ever."""
    import torch
    from safetensors.torch import save_file

    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    layer = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    half = {f"{layer}.lora_A.weight": torch.ones(4, 7)}
    save_file(half, tmp_path / "half.safetensors")
    save_file({**half, f"{layer}.lora_B.weight": torch.ones(9, 4)}, tmp_path / "wide.safetensors")
    async with drawing(models, lora_folder=tmp_path) as maker:
        (plain,) = await maker.make([one()], on)
        for name in ("broken", "half", "wide"):
            with pytest.raises(BadInput, match="does not fit"):
                await maker.make([one(f"a red fox <lora:{name}>")], on)
        assert await maker.make([one()], on) == [plain]
    with pytest.raises(StartRefused, match="ControlNet"):
        async with drawing(models, controlnet=tmp_path / "none"):
            pass


async def test_two_members_pictures_go_to_the_right_members(models):
    """Through dispatcher, queue, worker and outbox: each gets the grid of their own words, from one batch or two."""
    from yinlu_testing.studio import Member, StudioHouse

    async with drawing(models, steps=2) as maker:
        house = StudioHouse(maker)
        alice, bob = Member(house, "alice"), Member(house, "bob")
        async with house.open():
            await alice.types("imagine", prompt="a fox --seed 7")
            await bob.types("imagine", prompt="a cat --seed 7")
            done = await house.pictures(2, 30.0)
            shown_to = {str(out.reply): shown(await house.seed_files(out.reply)) for out in done}
        wishes = {"a fox": one("a fox", 7), "a cat": one("a cat", 7)}
        own = {words: shown((await maker.make([wish], on))[0]) for words, wish in wishes.items()}
    assert len(shown_to) == 2
    for reply, grid in shown_to.items():
        far = {words: np.abs(grid[:64, :64] - picture).mean() for words, picture in own.items()}
        assert min(far, key=far.get) in reply


async def test_a_controlnet_is_guided_by_a_pictures_edges(models):
    """A picture prompt becomes a guide; another picture gives another result."""
    files = MemoryFiles()
    flat = await files.put(png(Image.new("RGB", (64, 64), "grey")), "image/png")
    square = Image.new("RGB", (64, 64))
    square.paste((255, 255, 255), (16, 16, 48, 48))
    edged = await files.put(png(square), "image/png")
    made = []
    async with drawing(models, files=files, controlnet=models / "net") as maker:
        for ref in (flat, edged):
            made += await maker.make(job(Step(A.IMAGINE, "x", 1), inputs=(ref,))[:1], on)
    assert apart(*made) > 0


async def test_progress_and_previews_come_from_the_latents(models):
    """Every picture hears of each step; previews are small pictures in the files."""
    files, told = MemoryFiles(), []

    async def tell(index, progress):
        told.append((index, progress))
        return True

    async with drawing(models, files=files, steps=6) as maker:
        await maker.make([one(), one(seed=6)], tell)
    for index in (0, 1):
        fractions = [progress.fraction for whose, progress in told if whose == index]
        assert fractions == sorted(fractions)
        assert (fractions[0], fractions[-1], len(fractions)) == (0.0, 1.0, 8)
    previews = [progress.preview for _, progress in told if progress.preview]
    assert len(previews) == 4
    assert Image.open(io.BytesIO(await files.read(previews[0].key))).format == "JPEG"


async def test_a_stop_is_obeyed_within_a_step(models):
    """The one who stopped gets nothing and hears no more, the other's picture is as ever; all stopped: no more steps."""
    steps = []

    async def tell(index, progress):
        steps.append(index)
        return index == 1 or steps.count(0) < 3

    async with drawing(models, steps=8) as maker:
        stopped, whole = await maker.make([one(), one(seed=6)], tell)
        assert stopped == b""
        assert steps.count(0) == 3
        assert apart(whole, (await maker.make([one(seed=6)], on))[0]) <= 1
        heard = []

        async def never(index, progress):
            heard.append(index)
            return len(heard) < 3

        assert await maker.make([one()], never) == [b""]
        assert len(heard) == 3


async def test_a_cancelled_call_frees_the_thread(models):
    """The next batch is drawn, and soon."""
    async with drawing(models, steps=200) as maker:
        begun = asyncio.Event()

        async def tell(index, progress):
            begun.set()
            return True

        making = asyncio.create_task(maker.make([one()], tell))
        await begun.wait()
        await asyncio.sleep(0.05)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        maker._pencil._options = replace(maker._pencil._options, steps=2)
        async with asyncio.timeout(3):
            assert (await maker.make([one()], on))[0]


async def test_a_prompt_that_stops_early_is_softer(models):
    """--stop ends with the picture that was foreseen then; --q takes fewer steps; --tile wraps around."""
    counts = {}
    async with drawing(models, steps=8) as maker:
        made = {}
        for words in ("x", "x --stop 50", "x --q 0.5", "x --tile"):
            count = 0

            async def tell(index, progress):
                nonlocal count
                count += 1
                return True

            (made[words],) = await maker.make([one(words)], tell)
            counts[words] = count - 2
        (plain,) = await maker.make([one("x")], on)
    assert counts == {"x": 8, "x --stop 50": 4, "x --q 0.5": 4, "x --tile": 8}
    assert len(set(made.values())) == 4
    assert plain == made["x"]


async def test_a_batch_too_large_for_the_memory_is_halved(models):
    """Out of memory at more than two: all four come all the same; at one it is told."""
    import torch

    async with drawing(models) as maker:
        unet = maker._pencil._model.base.unet
        real, most = unet.forward, 2

        def cramped(sample, *args, **named):
            if sample.shape[0] > 2 * most:  # guidance doubles a batch
                raise torch.OutOfMemoryError("too much")
            return real(sample, *args, **named)

        whole = await maker.make([one(seed=n) for n in range(4)], on)
        unet.forward = cramped
        halved = await maker.make([one(seed=n) for n in range(4)], on)
        assert max(apart(a, b) for a, b in zip(whole, halved, strict=True)) <= 1
        most = 0
        with pytest.raises(ModelFailed, match="memory"):
            await maker.make([one()], on)


@pytest.mark.parametrize("options", ({"dtype": "bf16"}, {"channels_last": True}, {"slicing": False}))
async def test_faster_ways_draw_the_same(models, options):
    """Nearly: half precision and other layouts change little."""
    async with drawing(models) as maker:
        (usual,) = await maker.make([one()], on)
    async with drawing(models, **options) as maker:
        (other,) = await maker.make([one()], on)
    assert np.abs(shown(usual) - shown(other)).mean() < 4


async def test_the_model_is_loaded_in_the_thread_that_draws(models, tmp_path):
    """The event loop goes on meanwhile; a folder that is none is refused in words; no thread is left."""
    async with drawing(models) as maker:
        assert maker.name == "sd"
        assert any(thread.name.startswith("diffusion") for thread in threading.enumerate())
    assert not any(thread.name.startswith("diffusion") for thread in threading.enumerate())
    with pytest.raises(StartRefused):
        async with opened_diffusion(str(tmp_path / "none"), MemoryFiles()):
            pass
