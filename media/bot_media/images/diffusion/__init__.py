"""Stable Diffusion 1.5, 2.1 and XL in the worker's own process (extra ``diffusion``).

::

    opened_diffusion(model, files, options)      a context manager that yields DiffusionImages, the model loaded
    DiffusionOptions(...), options_of(values)    scheduler, steps, dtype, LoRAs, ControlNet, ...
    model_folder(model)                          the checked folder of a path or of OWNER/NAME@COMMIT

Nothing here imports torch by itself: that happens in the thread that draws, when the model is loaded.
"""

from bot_media.images.diffusion.folder import model_folder
from bot_media.images.diffusion.maker import DiffusionImages, opened_diffusion
from bot_media.images.diffusion.options import DiffusionOptions, options_of

__all__ = ["DiffusionImages", "DiffusionOptions", "model_folder", "opened_diffusion", "options_of"]
