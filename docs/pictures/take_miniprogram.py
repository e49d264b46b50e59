"""The mini program's screens, drawn in Chromium from its own markup and styles: docs/pictures/douyin-screens.png.

Run it from the repository with the environment of `make test`. The platform's own elements are stood in for.
"""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WIDTH, HEIGHT = 750, 1334  # a screen of 375 x 667 at two pixels each, as rpx count
ELEMENTS = """
body { margin: 0; font-family: "Noto Sans CJK SC", sans-serif; }
wx-view, wx-scroll-view, wx-image, wx-textarea { display: block; }
wx-scroll-view { overflow: hidden; }
wx-input { display: block; box-sizing: border-box; color: #8a8272; line-height: 68px; }
wx-input::before { content: "…"; }
.yinlu-chat--picture { height: 620px; background: url(GRID) center / cover; }
wx-switch { width: 90px; height: 48px; border-radius: 24px; background: #d5cab4; }
"""


def main() -> None:
    """Draw every screen and put them side by side."""
    done = subprocess.run(  # noqa: S603 - our own script
        ["node", str(ROOT / "tests/miniprogram/shots.js")],  # noqa: S607
        capture_output=True,
        check=True,
        cwd=ROOT / "tests",
    )
    screens = json.loads(done.stdout)
    picture = asyncio.run(drawn())  # before Playwright's own loop
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        grid = Path(folder) / "grid.png"
        grid.write_bytes(picture)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        taken = []
        for name in sorted(screens):
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            file = Path(folder) / "screen.html"
            styles = ELEMENTS.replace("GRID", grid.as_uri())
            file.write_text(
                f"<meta charset=utf-8>{screens[name]['css']}<style>{styles}</style>{screens[name]['html']}"
            )
            page.goto(file.as_uri())
            taken.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            page.close()
        browser.close()
    sheet = Image.new("RGB", (4 * 395 + 20, 2 * 687 + 20), "#ffffff")
    for number, picture in enumerate(taken):
        small = picture.resize((375, 667), Image.Resampling.LANCZOS)
        sheet.paste(small, (20 + (number % 4) * 395, 20 + (number // 4) * 687))
    sheet.quantize(128).save(HERE / "douyin-screens.png", optimize=True)


async def drawn() -> bytes:
    """Return a grid of four pictures by the built-in maker."""
    from bot_core.ports.media import ImageRequest
    from bot_media import MemoryFiles
    from bot_media.images.collage import CollageMaker
    from bot_media.images.grid import grid, png

    async def tell(index: int, progress: object) -> bool:
        return True

    requests = [ImageRequest("夜里的红狐狸，水彩", 512, 512, 417 + n) for n in range(4)]
    made = await CollageMaker(MemoryFiles()).make(requests, tell)
    whole = grid(made)
    return whole if isinstance(whole, bytes) else png(whole)


if __name__ == "__main__":
    sys.exit(main())
