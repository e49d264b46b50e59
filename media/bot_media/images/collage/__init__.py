"""The built-in maker: composes scenes from an openly licensed icon set. No model, no key, the same picture per seed.

It says on the screen what it is. Subjects, counts, colours, sizes, places, times of day, weather and styles are
found in the prompt (Chinese and English); the scene is a world of its own size, so that zooming out and panning
continue it, and enlarging draws the vectors anew.
"""

from bot_media.images.collage.maker import CollageMaker

__all__ = ["CollageMaker"]
