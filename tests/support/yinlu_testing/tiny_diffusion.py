"""Tiny Stable Diffusion models with random weights, built from configs alone: real pipelines in a second, no hub."""

from __future__ import annotations

import json
from pathlib import Path


def tokenizer(folder: Path):
    """Return a CLIP tokenizer over bytes: 514 tokens, takes any language."""
    from transformers import CLIPTokenizer

    letters = _byte_letters()
    names = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({name: number for number, name in enumerate(names)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def _byte_letters() -> list[str]:
    """Return the printable letters that stand for the 256 bytes in byte-level vocabularies."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {number: chr(number) for number in plain}
    extra = 0
    for number in range(256):
        if number not in letters:
            letters[number] = chr(256 + extra)
            extra += 1
    return [letters[number] for number in range(256)]


def tiny(folder: Path, *, xl: bool = False, seed: int = 0, channels: tuple[int, int] = (16, 32)) -> Path:
    """Build a model with 8-fold latents and save it as safetensors in the diffusers layout."""
    import torch
    from diffusers import (
        AutoencoderKL,
        EulerDiscreteScheduler,
        StableDiffusionPipeline,
        StableDiffusionXLPipeline,
    )

    torch.manual_seed(seed)
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
    )
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
    )
    text, words = _text(), tokenizer(folder / "made-tokenizer")
    if xl:
        pipe = StableDiffusionXLPipeline(
            vae=vae,
            text_encoder=_text(),
            text_encoder_2=_text(projected=True),
            tokenizer=words,
            tokenizer_2=words,
            unet=_unet(channels, xl=True),
            scheduler=scheduler,
        )
    else:
        pipe = StableDiffusionPipeline(
            vae=vae,
            text_encoder=text,
            tokenizer=words,
            unet=_unet(channels),
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _text(projected: bool = False):
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=32,
        intermediate_size=64,
        projection_dim=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def _unet(channels: tuple[int, int], xl: bool = False):
    from diffusers import UNet2DConditionModel

    more = (
        {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 32 + 6 * 8,
            "use_linear_projection": True,
        }
        if xl
        else {}
    )
    return UNet2DConditionModel(
        block_out_channels=channels,
        layers_per_block=1,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=64 if xl else 32,
        attention_head_dim=8,
        norm_num_groups=8,
        **more,
    )


def tiny_controlnet(folder: Path, model: Path) -> Path:
    """Build a ControlNet that goes with a tiny model."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    torch.manual_seed(3)
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 8, 16, 16))
    for block in (*net.controlnet_down_blocks, net.controlnet_cond_embedding.conv_out):  # as made: zeros
        torch.nn.init.normal_(block.weight, std=0.3)
    net.save_pretrained(folder, safe_serialization=True)
    return folder


def tiny_lora(file: Path, model: Path) -> Path:
    """Write a LoRA of random weights for a tiny model's attention."""
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(4)
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    unet.add_adapter(LoraConfig(r=4, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v"]))
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    StableDiffusionPipeline.save_lora_weights(
        file.parent, layers, weight_name=file.name, safe_serialization=True
    )
    return file
