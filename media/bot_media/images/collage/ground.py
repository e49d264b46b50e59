"""The ground of each place, from the horizon to the picture's lower edge and beyond."""

from __future__ import annotations

from collections.abc import Callable

from bot_media.images.collage.backdrop import Stage
from bot_media.images.collage.growth import Place
from bot_media.images.collage.nature import beach, desert, forest, lake, meadow, sea, snowfield
from bot_media.images.collage.settled import above_clouds, city, room, space, underwater


def ground(stage: Stage, place: Place) -> list[str]:
    """Return the ground with what grows or stands on it; ``place`` draws an icon standing at a point."""
    makers: dict[str, Callable[[Stage, Place], list[str]]] = {
        "meadow": meadow,
        "forest": forest,
        "mountains": meadow,
        "sea": sea,
        "beach": beach,
        "lake": lake,
        "desert": desert,
        "city": city,
        "space": space,
        "sky": above_clouds,
        "snowfield": snowfield,
        "underwater": underwater,
        "room": room,
    }
    return makers[stage.place](stage, place)
