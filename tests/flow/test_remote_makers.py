"""Makers on other machines: what goes over the wire, how they fail, stop and tell."""

import asyncio
import io
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from yinlu_testing.images_loopback import A1111Service, ComfyService, OpenAIService, encoded, speckled

from bot_core.errors import BadInput, ModelFailed, Moderated
from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_media import MemoryFiles
from bot_media.images.remote.a1111 import A1111Images
from bot_media.images.remote.comfy import ComfyImages
from bot_media.images.remote.making import RemoteOptions
from bot_media.images.remote.openai_images import OpenAIImages, nearest, openai_client
from bot_media.images.remote.service import seconds
from bot_media.images.remote.workflows import filled

A = PictureAction
QUICK = RemoteOptions(every=0.05, longest=5.0)
KINDS = ("openai", "a1111", "comfy")
SERVICES = {"openai": OpenAIService, "a1111": A1111Service, "comfy": ComfyService}


@asynccontextmanager
async def maker_of(kind, service, options=QUICK, files=None):
    """Open the maker of a service on the loopback."""
    files = files or MemoryFiles()
    async with service.open() as (url, session):
        if kind == "a1111":
            yield A1111Images(session, url, files, options)
        elif kind == "comfy":
            yield ComfyImages(session, url, files, options, model="sd15.safetensors")
        else:
            async with openai_client(f"{url}/v1", "secret", timeout=5.0) as client:
                yield OpenAIImages(client, "gpt-image-1", files, options)


def job(*steps, width=64, height=64, inputs=()):
    """Return the requests of a story."""
    return PictureJob(tuple(steps), width, height, Locale.EN, "alice", inputs).requests()


def fox(prompt="a red fox", seed=5):
    """Return a story's first step."""
    return Step(A.IMAGINE, prompt, seed)


async def on(index, progress):
    """Go on."""
    return True


def shown(data):
    """Return a picture as numbers."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16)


async def stored(files, picture=None):
    """Store a picture, a gradient by default."""
    row = np.linspace(0, 255, 64).astype(np.uint8)
    plain = Image.fromarray(np.dstack([np.tile(row, (64, 1))] * 3))
    return await files.put(encoded(picture or plain), "image/png")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_grid_is_four_pictures_of_the_asked_size(kind):
    """Words and size reach the service; four different PNGs come."""
    service = SERVICES[kind]()
    async with maker_of(kind, service) as maker:
        pictures = await maker.make(job(fox(), width=96, height=64), on)
    assert {Image.open(io.BytesIO(data)).size for data in pictures} == {(96, 64)}
    assert len(set(pictures)) == 4
    assert "a red fox" in str(service.asked[0])


@pytest.mark.parametrize("kind", ("a1111", "comfy"))
async def test_pictures_follow_their_own_seeds(kind):
    """The seed goes to the service with each picture: the same one gives the same picture in any company."""
    service = SERVICES[kind]()
    async with maker_of(kind, service) as maker:
        four = await maker.make(job(fox(seed=2**32 - 2)), on)
        again = await maker.make([job(fox(seed=2**32 - 2))[3]], on)
    assert again[0] == four[3]
    assert np.array_equal(shown(four[0]), shown(speckled(64, 64, 2**32 - 2)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", (429, 500, 503))
async def test_a_busy_service_is_asked_again(kind, status):
    """429 and 5xx are tried again after the time that the service names."""
    service = SERVICES[kind]()
    service.says(status, {"error": {"message": "busy"}}, **{"Retry-After": "0.2"})
    async with maker_of(kind, service) as maker:
        began = time.monotonic()
        pictures = await maker.make(job(fox())[:1], on)
    assert pictures[0]
    assert time.monotonic() - began >= 0.19
    assert len(service.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_a_service_that_stays_broken_fails_in_words(kind):
    """After three tries ModelFailed, with a sentence for the member and the status for the log."""
    service = SERVICES[kind]()
    for _ in range(3):
        service.says(500, {"error": {"message": "boom"}}, **{"Retry-After": "0"})
    async with maker_of(kind, service) as maker:
        with pytest.raises(ModelFailed) as failed:
            await maker.make(job(fox())[:1], on)
    assert "500" in str(failed.value)
    assert failed.value.words.zh
    assert len(service.asked) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", ("no json", {"strange": 1}, {"images": ["!"], "data": [{"b64_json": "!"}]}))
async def test_nonsense_fails_in_words(kind, body):
    """What is no picture is ModelFailed, whatever came."""
    service = SERVICES[kind]()
    service.says(200, body)
    async with maker_of(kind, service) as maker:
        with pytest.raises(ModelFailed):
            await maker.make(job(fox())[:1], on)


@pytest.mark.parametrize("kind", ("openai", "a1111"))
async def test_bytes_that_are_no_picture_fail_in_words(kind):
    """Valid base64 of nonsense is ModelFailed, so that the job is tried again."""
    service = SERVICES[kind]()
    service.says(200, {"images": ["bm90aGluZw=="], "data": [{"b64_json": "bm90aGluZw=="}]})
    async with maker_of(kind, service) as maker:
        with pytest.raises(ModelFailed):
            await maker.make(job(fox())[:1], on)


@pytest.mark.parametrize("kind", ("openai", "a1111"))
async def test_refused_content_is_told_as_such(kind):
    """A content filter's no is Moderated: not tried again, and told without lecturing."""
    service = SERVICES[kind]()
    service.says(400, {"error": {"code": "moderation_blocked", "message": "rejected by the safety system"}})
    async with maker_of(kind, service) as maker:
        with pytest.raises(Moderated):
            await maker.make(job(fox())[:1], on)
    assert len(service.asked) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_slow_service_is_given_up(kind):
    """Beyond the longest time ModelFailed, and the service is told to stop."""
    service = SERVICES[kind]()
    service.wait = 30.0
    async with maker_of(kind, service, replace(QUICK, longest=0.4)) as maker:
        began = time.monotonic()
        with pytest.raises(ModelFailed):
            await maker.make(job(fox())[:1], on)
    assert time.monotonic() - began < 3
    assert service.interrupted or kind == "openai"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_member_who_stops_is_obeyed(kind):
    """No more is told, the picture comes empty soon, and the service is interrupted where it can be."""
    service = SERVICES[kind]()
    service.wait = 30.0
    told = []

    async def tell(index, progress):
        told.append(progress.fraction)
        return len(told) < 4

    async with maker_of(kind, service) as maker:
        began = time.monotonic()
        assert await maker.make(job(fox())[:1], tell) == [b""]
    assert time.monotonic() - began < 3
    assert len(told) == 4
    assert service.interrupted or kind == "openai"


@pytest.mark.parametrize("kind", ("a1111", "comfy"))
async def test_a_cancelled_batch_interrupts_the_service(kind):
    """Cancelling the call reaches the service before it returns."""
    service = SERVICES[kind]()
    service.wait = 30.0
    async with maker_of(kind, service) as maker:
        making = asyncio.create_task(maker.make(job(fox()), on))
        await asyncio.sleep(0.4)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        assert service.interrupted


@pytest.mark.parametrize("kind", KINDS)
async def test_progress_rises_and_previews_are_stored(kind):
    """Progress is told while it draws; previews of the service lie in the files, small."""
    service, files = SERVICES[kind](), MemoryFiles()
    service.wait = 0.6
    told = []

    async def tell(index, progress):
        told.append(progress)
        return True

    async with maker_of(kind, service, files=files) as maker:
        await maker.make(job(fox())[:1], tell)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(set(fractions)) > 3
    previews = {progress.preview.key for progress in told if progress.preview}
    assert (len(previews) >= 2) == (kind != "openai")
    for key in previews:
        assert Image.open(io.BytesIO(await files.read(key))).format == "JPEG"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_region_is_made_anew_and_the_rest_stays(kind):
    """Outside the area no pixel changes, whatever the service returns; inside it does."""
    service, files = SERVICES[kind](), MemoryFiles()
    ref = await stored(files)
    region = Step(A.REGION, "a blue cat", 9, 0, area="0.25,0.25,0.75,0.75")
    async with maker_of(kind, service, files=files) as maker:
        (made,) = await maker.make(job(fox(), region, inputs=(ref,))[:1], on)
    before, after = shown(await files.read(ref.key)), shown(made)
    far = np.abs(after - before).max(axis=2)
    assert far[:10].max() == far[-10:].max() == 0
    assert far[20:44, 20:44].mean() > 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("step", "size", "box"),
    [
        (Step(A.ZOOM, "a fox", 9, 0, 2.0), (64, 64), (20, 20, 44, 44)),
        (Step(A.PAN, "a fox", 9, 0, 1.0), (96, 64), (4, 4, 60, 60)),
        (Step(A.PAN, "a fox", 9, 0, 2.0), (64, 96), (4, 36, 60, 92)),
    ],
)
async def test_the_view_is_continued_around_the_picture(kind, step, size, box):
    """Zooming out and panning keep the old picture's middle and make the rest anew."""
    service, files = SERVICES[kind](), MemoryFiles()
    ref = await stored(files)
    async with maker_of(kind, service, files=files) as maker:
        requests = job(fox(), step, width=size[0], height=size[1], inputs=(ref,))
        (made,) = await maker.make(requests[:1], on)
    assert Image.open(io.BytesIO(made)).size == size
    inside = shown(made)[box[1] : box[3], box[0] : box[2]]
    assert (np.diff(inside[:, :, 0].mean(axis=0)) >= 0).all()  # the gradient is still there


@pytest.mark.parametrize("kind", KINDS)
async def test_enlarging_is_resampled_here(kind):
    """What no endpoint does is done by a resampler, without asking it."""
    service, files = SERVICES[kind](), MemoryFiles()
    ref = await stored(files)
    step = Step(A.UPSCALE, "a fox", 9, 0)
    async with maker_of(kind, service, files=files) as maker:
        (made,) = await maker.make(job(fox(), step, width=128, height=128, inputs=(ref,)), on)
        assert not maker.enlarges
    assert not service.asked
    assert shown(made).shape == (128, 128, 3)
    assert abs(shown(made)[::2, ::2].astype(int) - shown(await files.read(ref.key))).mean() < 4


async def test_a1111s_own_upscaler_is_used_where_one_was_named():
    """The name goes along, and the size."""
    service, files = A1111Service(), MemoryFiles()
    ref = await stored(files)
    async with maker_of("a1111", service, replace(QUICK, upscaler="R-ESRGAN 4x+"), files) as maker:
        step = Step(A.ENLARGE, "a fox", 9, 0, 2.0)
        (made,) = await maker.make(job(fox(), step, width=128, height=128, inputs=(ref,)), on)
    assert service.asked[0]["upscaler_1"] == "R-ESRGAN 4x+"
    assert shown(made).shape == (128, 128, 3)


async def test_a1111_gets_weights_negatives_and_strengths():
    """Weights are spelled in its way, brackets are words, a subtle variation changes less than a strong one."""
    service, files = A1111Service(), MemoryFiles()
    ref = await stored(files)
    async with maker_of("a1111", service, files=files) as maker:
        await maker.make(job(fox("fox (small)::2 snow::1 --no rain, fog --tile --q 0.5"))[:1], on)
        for action in (A.VARY_SUBTLE, A.VARY_STRONG):
            await maker.make(job(fox(), Step(action, "a fox", 9, 0), inputs=(ref,))[:1], on)
    first, subtle, strong = service.asked
    assert first["prompt"] == "(fox \\(small\\):2.00), snow"
    assert first["negative_prompt"] == "rain, fog"
    assert (first["tiling"], first["steps"]) == (True, 14)
    assert 0 < subtle["denoising_strength"] < strong["denoising_strength"] < 1


async def test_comfys_usual_workflows_are_whole():
    """Every link leads to a node, no placeholder is left, mask and picture are uploaded."""
    service, files = ComfyService(), MemoryFiles()
    ref = await stored(files)
    region = Step(A.REGION, "a cat --no rain", 9, 0, area="0,0,0.5,0.5")
    async with maker_of("comfy", service, files=files) as maker:
        await maker.make(job(fox())[:1], on)
        await maker.make(job(fox(), Step(A.REMIX, "a cat", 9, 0), inputs=(ref,))[:1], on)
        await maker.make(job(fox(), region, inputs=(ref,))[:1], on)
    for graph in service.asked:
        assert "%" not in str(graph)
        links = [
            value[0]
            for node in graph.values()
            for value in node["inputs"].values()
            if isinstance(value, list)
        ]
        assert set(links) <= set(graph)
        assert graph["drawn"]["inputs"]["seed"] in (5, 9)
    assert len(service.uploads) == 3
    assert service.asked[2]["against"]["inputs"]["text"] == "rain"


async def test_comfys_errors_and_a_missing_socket():
    """A workflow that fails or is refused says why in the log; without a WebSocket the picture comes all the same."""
    service = ComfyService()
    service.deaf = True
    async with maker_of("comfy", service) as maker:
        assert (await maker.make(job(fox())[:1], on))[0]
        service.fails = True
        with pytest.raises(ModelFailed, match="OutOfMemory"):
            await maker.make(job(fox())[:1], on)
        service.says(400, {"error": {"message": "no such checkpoint"}, "node_errors": {}})
        with pytest.raises(ModelFailed, match="no such checkpoint"):
            await maker.make(job(fox())[:1], on)


def test_placeholders_become_what_they_stand_for():
    """A whole value takes the type, a part of one the words; what members write is never read as a placeholder."""
    graph = {"a": {"inputs": {"seed": "%seed%", "text": "%prompt%, best", "link": ["b", 0], "x": "%other%"}}}
    values = {"seed": 7, "prompt": "100%seed%"}
    assert filled(graph, values)["a"]["inputs"] == {
        "seed": 7,
        "text": "100%seed%, best",
        "link": ["b", 0],
        "x": "%other%",
    }


async def test_openai_gets_sentences_sizes_and_masks():
    """The nearest allowed size, weights and bans in words, and a mask that is clear where it is made anew."""
    service, files = OpenAIService(), MemoryFiles()
    ref = await stored(files)
    async with maker_of("openai", service, files=files) as maker:
        await maker.make(job(fox("fox::2 snow::1 --no rain"), width=96, height=64), on)
        await maker.make(job(fox(), Step(A.ZOOM, "a fox", 9, 0, 2.0), inputs=(ref,))[:1], on)
    first, second = service.asked
    assert (first["size"], first["n"]) == ("1536x1024", 4)
    assert "response_format" not in first
    assert "Without: rain" in first["prompt"]
    alpha = np.asarray(second["mask"].getchannel("A"))
    assert (alpha[512, 512], alpha[8, 8]) == (255, 0)
    assert second["mask"].size == second["image"].size == (1024, 1024)


def test_the_nearest_size_has_the_shape_and_enough_pixels():
    """Shape first, then enough pixels, then the fewest."""
    sizes = ((256, 256), (512, 512), (1024, 1024), (1536, 1024))
    assert nearest(500, 500, sizes) == (512, 512)
    assert nearest(600, 400, sizes) == (1536, 1024)
    assert nearest(640, 480, ()) == (640, 480)


def test_retry_after_is_read_in_both_spellings():
    """Seconds and dates; nonsense is none."""
    assert seconds("2") == 2.0
    assert seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert seconds("soon") is None


async def test_a_step_without_its_picture_is_refused():
    """BadInput before any service is asked."""
    service = A1111Service()
    async with maker_of("a1111", service) as maker:
        with pytest.raises(BadInput):
            await maker.make(job(fox(), Step(A.ZOOM, "a fox", 9, 0, 2.0))[:1], on)
    assert not service.asked
