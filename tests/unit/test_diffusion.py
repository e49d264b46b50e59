"""Diffusion models before anything is loaded: folders, options, words, edges, batches."""

import json
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot_core.errors import BadInput, MissingExtra, SettingWrong, StartRefused
from bot_core.ports.work import BatchRule
from bot_core.prompt import Part
from bot_media import MemoryFiles
from bot_media.images.choose import MakerProfile, open_maker
from bot_media.images.diffusion.canny import edges
from bot_media.images.diffusion.drawing import Sheet
from bot_media.images.diffusion.folder import check, lora_file, model_folder, variant
from bot_media.images.diffusion.maker import batches
from bot_media.images.diffusion.options import DiffusionOptions, options_of
from bot_media.images.diffusion.words import Embedded, Embeddings, loras_of
from bot_media.images.draft import Draft, Way
from bot_media.images.profile import rules_of, written

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
}


def folder(path, index=None, unet="a.safetensors", vae="a.safetensors"):
    """Lay out a model folder without weights."""
    for name, file in (("unet", unet), ("vae", vae)):
        (path / name).mkdir(parents=True)
        (path / name / file).write_bytes(b"")
    (path / "model_index.json").write_text(json.dumps(index or INDEX))
    return path


def test_safetensors_are_taken(tmp_path):
    """Both families, and weights that lie there in half precision alone."""
    assert check(folder(tmp_path / "one")) == "sd"
    xl = folder(tmp_path / "two", {**INDEX, "_class_name": "StableDiffusionXLPipeline"}, "a.fp16.safetensors")
    assert check(xl) == "xl"
    assert (variant(tmp_path / "one"), variant(xl)) == (None, "fp16")


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ({"unet": "diffusion_pytorch_model.bin"}, "only diffusion_pytorch_model.bin"),
        ({"vae": "model.ckpt"}, "any code"),
        ({"vae": "readme.txt"}, "no weights"),
        ({"index": {**INDEX, "unet": ["my_code", "MyNet"]}}, "code of its own"),
        ({"index": {"_class_name": "FluxPipeline"}}, "FluxPipeline"),
        ({"index": [1]}, "supported"),
    ],
)
def test_what_is_not_loaded_is_refused_in_words(tmp_path, spoilt, says):
    """Pickles, foreign code and other families: a sentence, before anything is opened."""
    with pytest.raises(StartRefused, match=says) as refused:
        check(folder(tmp_path / "model", **spoilt))
    assert refused.value.words.zh


def test_a_missing_or_unpinned_model_is_refused(tmp_path):
    """No folder, no index, a broken index; a name on a hub without its commit is only a path that is not there."""
    for model in (str(tmp_path / "none"), "owner/name", "owner/name@main"):
        with pytest.raises(StartRefused, match="no model folder"):
            model_folder(model)
    with pytest.raises(StartRefused, match=r"model_index\.json"):
        model_folder(str(tmp_path))
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(StartRefused, match="can't be read"):
        model_folder(str(tmp_path))


def test_a_pinned_revision_that_is_not_kept_is_refused_offline(monkeypatch, tmp_path):
    """OWNER/NAME@COMMIT is looked for in the cache; where nothing can be fetched, a sentence says so."""
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(StartRefused, match="can't be fetched"):
        model_folder("nobody/nothing@" + "0" * 40)


def test_an_unknown_lora_is_refused_and_the_known_are_named(tmp_path):
    """Names of files there alone: no path leads out of the folder."""
    (tmp_path / "inside").mkdir()
    for name in ("inside/fox", "inside/ink", "secret"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"")
    assert lora_file(tmp_path / "inside", "fox").name == "fox.safetensors"
    for name in ("cat", "../secret", ""):
        with pytest.raises(BadInput) as refused:
            lora_file(tmp_path / "inside", name)
        assert "fox, ink" in refused.value.words.en
    with pytest.raises(BadInput):
        lora_file(None, "fox")


def test_options_are_checked():
    """Unknown names and values are told with what they take; a scheduler brings its steps and guidance."""
    assert options_of({"scheduler": "lcm"}).sampling.steps == 4
    assert options_of({"scheduler": "turbo", "steps": 1}).sampling.steps == 1
    assert options_of({"scheduler": "euler", "guidance": 0}).sampling.guidance == 0
    for wrong in ({"schedulr": "x"}, {"scheduler": "x"}, {"steps": -1}, {"dtype": "int4"}, {"refine": 2}):
        with pytest.raises(SettingWrong):
            options_of(wrong)


def test_loras_are_taken_out_of_the_words():
    """Name and weight, bounded; the words stay."""
    parts, loras = loras_of((Part("a fox <lora:ink:0.8>, snow", 2.0), Part("<lora:big:9>"), Part("a < b")))
    assert parts == (Part("a fox, snow", 2.0), Part("a < b"))
    assert loras == (("big", 2.0), ("ink", 0.8))


class Lengths:
    """A text encoder of plain numbers: how long the words are."""

    _execution_device = "cpu"

    def encode_prompt(self, text, device, count, guided):
        return np.full((1, 2, 3), float(len(text))), None


def test_embeddings_are_weighted_and_remembered():
    """A mean by weight; equal words are embedded once; the oldest are forgotten."""
    made = Embeddings(Lengths(), False, most=2)
    assert made.of((Part("aa", 3.0), Part("aaaaaa", 1.0)), ()).tokens.mean() == 3.0
    made.of((Part("aa"),), ())
    assert (made.hits, made.misses) == (1, 2)
    made.of((Part("b"),), ())
    made.of((Part("aaaaaa"),), ())
    assert made.misses == 4
    assert isinstance(made.of((), ()), Embedded)


def test_edges_are_found_where_they_are():
    """A square's outline, thin; nothing on a flat picture."""
    picture = Image.new("L", (64, 64))
    ImageDraw.Draw(picture).rectangle((16, 16, 47, 47), fill=255)
    found = np.asarray(edges(picture).convert("L")) > 0
    assert found[28:36, 14:18].any(axis=1).all()
    assert 60 <= found.sum() <= 320
    assert not found[24:40, 24:40].any()
    assert not np.asarray(edges(Image.new("RGB", (32, 32), "grey"))).any()


def test_only_alike_pictures_share_a_batch():
    """Words and seeds may differ; size, strength, steps, tiling and LoRAs may not; batches are bounded."""

    def sheet(index, loras=(), **fields):
        values = {"width": 64, "height": 64, "seed": index, "parts": (Part(f"p{index}"),), **fields}
        return Sheet(index, Draft(Way.WORDS, against=(), **values), loras)

    sheets = [
        sheet(0),
        sheet(1, tile=True),
        sheet(2),
        sheet(3, (("ink", 1.0),)),
        sheet(4),
        sheet(5, width=72),
    ]
    found = [[one.index for one in batch] for batch in batches(sheets, 2)]
    assert found == [[0, 2], [4], [1], [3], [5]]


def test_the_usual_options_are_those_of_a_small_machine():
    """Four pictures at once, the fast solver, slicing on."""
    usual = DiffusionOptions()
    assert (usual.batch, usual.sampling.kind, usual.slicing) == (4, "DPMSolverMultistepScheduler", True)


def test_a_measured_profile_is_read_back():
    """Rules by job profile, for all steps of the measured size; nonsense is refused in words."""
    text = written("2 cores", "model", {(512, 512): BatchRule(4, 0.25)})
    found = rules_of(text)
    assert found["model:512x512:imagine"] == found["model:512x512:vary_strong"] == BatchRule(4, 0.25)
    for wrong in ("", "[]", '{"rules": {"a": 1}}', '{"rules": {"a": {"largest": 1000, "patience": 0}}}'):
        with pytest.raises(StartRefused):
            rules_of(wrong)


@pytest.mark.parametrize(
    ("package", "profile", "extra"),
    [
        ("torch", MakerProfile("diffusers", folder="."), "diffusion"),
        ("openai", MakerProfile("openai", model="gpt-image-1", key="k"), "openai"),
    ],
)
async def test_a_missing_extra_names_its_command(monkeypatch, package, profile, extra):
    """One sentence with what to install, before a model or a service is asked for."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"yinlu\[{extra}\]"):
        async with open_maker(profile, MemoryFiles()):
            pass
