"""Contact sheets of what the built-in maker draws, to be looked at: ``python docs/pictures/contact_sheet.py``.

Forty prompts with one picture each, and every step of one picture's story.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot_core.identity import Locale
from bot_core.pictures import PictureAction, PictureJob, Step
from bot_core.ports.work import Progress
from bot_media import MemoryFiles
from bot_media.images.collage import CollageMaker

A = PictureAction
HERE = Path(__file__).parent
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIDE, LABEL, COLUMNS = 300, 26, 8
DRAWN = 600  # pixels
PROMPTS = """a red fox at night, watercolour
雨夜小巷里的一只狐狸，水彩
three blue whales in the sea
沙漠里的两只骆驼，日落
a lighthouse in a storm
春天樱花树下的猫
an astronaut on the moon
海底的章鱼和小鱼
a snowy village at christmas
雪山下的小木屋
hot air balloons over mountains at dawn
竹林里的熊猫
a yellow taxi in the city, rain
夜晚的城市，霓虹
a pirate ship, stormy sea, ukiyo-e
森林里的城堡，雾
a bowl of noodles on a table
生日蛋糕和气球
a robot playing guitar
机器人在下棋，像素
five penguins on ice
七只彩色的鸟
a dragon over a castle, oil painting
龙在云中，水墨
a bicycle in an autumn park
秋天的公园长椅
sunflowers in a field, van gogh
荷花池里的青蛙
a rocket launch into space
太空中的宇航员和星球
a dinosaur in the jungle
一只白色的兔子坐在月亮上
a cup of coffee, cosy, pastel
图书馆里看书的女孩
a train through the mountains, sunset
海边的冲浪者
a happy dog on the beach
海上的帆船，浮世绘
the sound of silence
自由与希望""".splitlines()
ROOT = Step(A.IMAGINE, "a red fox under a tree by the lake", 11)
STORY = {
    "the grid": [ROOT],
    "vary subtle": [ROOT, Step(A.VARY_SUBTLE, ROOT.prompt, 30, 0)],
    "vary strong": [ROOT, Step(A.VARY_STRONG, ROOT.prompt, 40, 0)],
    "zoom out 2x": [ROOT, Step(A.ZOOM, ROOT.prompt, 50, 0, 2.0)],
    "pan right": [ROOT, Step(A.PAN, ROOT.prompt, 60, 0, 1.0)],
    "region: an owl": [ROOT, Step(A.REGION, "an owl", 70, 0, area="0.05,0.05,0.45,0.55")],
    "remix: in winter": [ROOT, Step(A.REMIX, "a red fox under a tree in the snow, winter", 80, 0)],
}


async def on(index: int, progress: Progress) -> bool:
    """Go on."""
    return True


async def drawn(maker: CollageMaker, steps: list[Step], count: int) -> list[Image.Image]:
    """Return the first pictures of a story's last step."""
    job = PictureJob(tuple(steps), DRAWN, DRAWN, Locale.EN, "sheet")
    made = await maker.make(job.requests()[:count], on)
    return [Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE)) for data in made]


def sheet(cells: list[tuple[str, Image.Image]], columns: int) -> Image.Image:
    """Return labelled pictures in rows."""
    rows = -(-len(cells) // columns)
    whole = Image.new("RGB", (columns * (SIDE + 6), rows * (SIDE + LABEL)), "white")
    font = ImageFont.truetype(str(FONT), 15) if FONT.is_file() else ImageFont.load_default(13)
    pen = ImageDraw.Draw(whole)
    for number, (text, picture) in enumerate(cells):
        left, top = number % columns * (SIDE + 6), number // columns * (SIDE + LABEL)
        whole.paste(picture, (left, top + LABEL - 4))
        pen.text((left + 4, top + 1), text, "black", font=font)
    return whole


async def main() -> None:
    """Draw both sheets."""
    maker = CollageMaker(MemoryFiles())
    prompts = [
        (text, (await drawn(maker, [Step(A.IMAGINE, text, 100 + number)], 1))[0])
        for number, text in enumerate(PROMPTS)
    ]
    sheet(prompts, COLUMNS).save(HERE / "collage-prompts.jpg", quality=80)
    steps = [(name, picture) for name, story in STORY.items() for picture in await drawn(maker, story, 4)]
    sheet(steps, 4).save(HERE / "collage-steps.jpg", quality=80)


if __name__ == "__main__":
    asyncio.run(main())
