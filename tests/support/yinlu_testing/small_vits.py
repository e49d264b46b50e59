"""Makes a VITS with random weights as a folder that Coqui loads. Run by Coqui's own interpreter: small_vits.py FOLDER."""

import sys
from pathlib import Path


def main(folder):
    """Write config.json and model.pth."""
    import torch
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    small = VitsArgs(
        num_layers_text_encoder=2,
        num_layers_posterior_encoder=2,
        num_layers_flow=1,
        upsample_initial_channel_decoder=64,
    )
    torch.manual_seed(1)
    config = VitsConfig(model_args=small, use_phonemes=False, text_cleaner="basic_cleaners")
    model = Vits(config)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_json(str(folder / "config.json"))
    torch.save({"model": model.state_dict()}, folder / "model.pth")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
