"""Labels of generated content: a visible mark, metadata that says what it is, and a mark nobody sees.

::

    marked(picture)                         -> picture with "AI生成" in its corner
    with_aigc(data, Aigc(...))              -> PNG or JPEG with the AIGC record in its XMP
    aigc_of(data)                           -> the record, or None
    hidden(picture, payload: bytes)         -> picture that carries 12 bytes in its brightness
    found(picture)                          -> these bytes, or None
    clean(data, Bounds())                   -> what a member sent, decoded and written anew without its metadata
"""

from bot_media.labels.clean import Bounds, clean
from bot_media.labels.hidden import found, hidden
from bot_media.labels.mark import marked
from bot_media.labels.metadata import Aigc, aigc_of, with_aigc

__all__ = ["Aigc", "Bounds", "aigc_of", "clean", "found", "hidden", "marked", "with_aigc"]
