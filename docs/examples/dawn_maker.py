"""A maker of pictures: a sky whose colours follow from the words. YINLU_EXTENSIONS=dawn_maker, YINLU_PICTURE_MAKER=extension."""

import asyncio
import hashlib
import io
import random
from contextlib import asynccontextmanager

from PIL import Image, ImageDraw

from bot_core.ports.work import Progress

SHADES = {
    "night": (18, 24, 60),
    "夜": (18, 24, 60),
    "fire": (200, 70, 30),
    "火": (200, 70, 30),
    "sea": (30, 110, 140),
    "海": (30, 110, 140),
}


class Dawn:
    """Makes one PNG per request; the same words and seed give the same picture, in any batch."""

    name = "dawn"

    def __init__(self, files):
        self.files = files  # the pictures that members send along: await files.read(request.inputs[0].key)

    async def make(self, requests, tell):
        """Tell progress before each; a member who stopped gets nothing, and the others theirs."""
        made = []
        for index, request in enumerate(requests):
            wanted = await tell(index, Progress("drawing", 0.1))
            made.append(await asyncio.to_thread(drawn, request) if wanted else b"")
            await tell(index, Progress("drawing", 1.0))
        return made


def drawn(request):
    words = request.prompt.lower()
    chance = random.Random(f"{request.seed}|{words}")
    own = tuple(hashlib.blake2b(words.encode(), digest_size=3).digest())
    top = next((shade for word, shade in SHADES.items() if word in words), own)
    bottom = tuple(min(255, 120 + value // 2 + chance.randrange(30)) for value in top)
    picture = Image.new("RGB", (request.width, request.height))
    paint = ImageDraw.Draw(picture)
    for y in range(request.height):
        share = y / request.height
        shade = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        paint.line([(0, y), (request.width, y)], shade)
    x, y, r = chance.random() * request.width, chance.random() * request.height * 0.6, request.width // 12
    paint.ellipse([x - r, y - r, x + r, y + r], fill=(255, 236, 190))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def maker(files):
    yield Dawn(files)
