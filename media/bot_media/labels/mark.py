"""The visible mark of generated pictures: "AI生成" in a corner.

GB 45438-2025 asks for a mark in a corner whose text is at least 5 % of the picture's shortest side high. The outlines
are those of Noto Sans CJK SC Bold (SIL Open Font License 1.1), so that no font is needed.
"""

from __future__ import annotations

import io

import resvg_py
from PIL import Image

SHARE = 0.05  # of the shortest side: the least height of the text
WIDE, HIGH = 2971.0, 1000.0  # the outlines' own box
OUTLINES = (
    "M-4 880H146L198 690H437L489 880H645L408 139H233ZM230 575 252 494C274 417 295 333 315 252H319"
    "C341 331 361 417 384 494L406 575ZM732 880H880V139H732ZM1179 43C1144 181 1079 318 1001 403"
    "C1031 419 1085 455 1109 475C1142 435 1173 385 1202 329H1410V506H1137V622H1410V824H1022V941H1926V824H1536V622"
    "H1836V506H1536V329H1875V212H1536V30H1410V212H1255C1274 166 1290 119 1303 71ZM2485 32"
    "C2485 81 2487 131 2489 180H2079V474C2079 604 2073 780 1996 900C2023 914 2077 958 2098 982"
    "C2181 859 2202 663 2205 516H2336C2334 642 2330 691 2319 705C2312 714 2302 717 2289 717"
    "C2272 717 2239 716 2203 713C2220 743 2233 790 2235 825C2282 826 2325 825 2352 821C2381 816 2402 807 2422 782"
    "C2445 752 2450 662 2454 451C2454 437 2454 407 2454 407H2205V298H2496C2509 449 2531 590 2566 704"
    "C2508 770 2439 825 2361 867C2387 890 2431 940 2448 966C2510 928 2566 883 2617 830C2661 912 2718 962 2788 962"
    "C2881 962 2921 918 2940 731C2908 719 2865 691 2838 664C2833 790 2821 840 2798 840C2765 840 2733 798 2705 726"
    "C2778 627 2836 511 2878 380L2757 351C2733 432 2701 507 2661 574C2643 493 2629 399 2620 298H2931V180H2827"
    "L2876 129C2839 95 2766 50 2711 21L2638 93C2679 117 2730 151 2766 180H2613C2611 131 2610 82 2611 32Z"
)


def marked(picture: Image.Image, share: float = SHARE) -> Image.Image:
    """Return the picture with the mark in its lower right corner, legible on light and dark alike."""
    text = max(8, round(min(picture.size) * share * 1.1))
    pad = max(2, text // 4)
    width, height = round(text * WIDE / HIGH) + 2 * pad, text + 2 * pad
    scale = text / HIGH
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" rx="{pad}" fill="#101418" fill-opacity="0.52"/>'
        f'<path transform="translate({pad} {pad}) scale({scale:.5f})" fill="#ffffff" fill-opacity="0.95" d="{OUTLINES}"/></svg>'
    )
    data = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    badge = Image.open(io.BytesIO(data)).convert("RGBA")
    whole = picture.convert("RGB").copy()
    edge = max(2, min(picture.size) // 64)
    whole.paste(badge, (picture.width - width - edge, picture.height - height - edge), badge)
    return whole
