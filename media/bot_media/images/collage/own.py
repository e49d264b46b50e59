"""Subjects that the icon set lacks, drawn here in its manner: 32 x 32, lit from the left, a few flat colours."""
# ruff: noqa: E501 - paths are data

from __future__ import annotations

SHADE = '<path fill="#000" fill-opacity=".13" d="{}"/>'


def _lighthouse() -> str:
    return (
        '<path fill="#ffe9a0" fill-opacity=".6" d="M13.4 7.6 1.5 3.6v9.2zM18.6 7.6 30.5 3.6v9.2z"/>'
        '<path fill="#7d8796" d="M3.5 30.5c1.6-3.6 6-4.6 12.5-4.6s10.9 1 12.5 4.6z"/>'
        '<path fill="#f6f2ea" d="M12.4 11h7.2l2.2 17.6H10.2z"/>'
        '<path fill="#d8413c" d="m12 14.2h8l.5 4h-9zM11 22.2h10l.5 4h-11z"/>'
        '<path fill="#5b6472" d="M11 9.9h10v1.7H11z"/><path fill="#ffd447" d="M13 5.7h6v4.4h-6z"/>'
        '<path fill="#5b6472" d="M15.6 5.7h.8v4.4h-.8z"/><path fill="#b8322e" d="m12 6 4-4.6L20 6z"/>'
        '<path fill="#5b3a29" d="M14.6 28.6v-2.4a1.4 1.4 0 0 1 2.8 0v2.4z"/><circle cx="16" cy="20.2" r="1" fill="#5b6472"/>'
        + SHADE.format("M16.9 11h2.7l2.2 17.6h-4z")
    )


def _windmill() -> str:
    sail = (
        '<g transform="rotate({} 16 11.5)"><path fill="#8a5a34" d="M15.6 0h.8v11.5h-.8z"/>'
        '<path fill="#fff8ea" d="M16.4.6h3.1v8.2h-3.1z"/>'
        '<path fill="#c9a77a" d="M16.4 3.2h3.1v.5h-3.1zM16.4 5.9h3.1v.5h-3.1z"/></g>'
    )
    return (
        '<path fill="#e9d9bd" d="M12.2 12h7.6l2.7 18.5h-13z"/>'
        '<path fill="#a5483a" d="M11.5 12.4c.4-4.2 2-6 4.5-6s4.1 1.8 4.5 6z"/>'
        '<path fill="#6e4a2f" d="M14.2 30.5v-4.2a1.8 1.8 0 0 1 3.6 0v4.2z"/><path fill="#7fb2d6" d="M14.9 16.6h2.2v2.8h-2.2z"/>'
        + SHADE.format("M17 12h2.8l2.7 18.5H18z")
        + "".join(sail.format(turn) for turn in (38, 128, 218, 308))
        + '<circle cx="16" cy="11.5" r="1.3" fill="#6e4a2f"/>'
    )


def _pagoda() -> str:
    parts = ['<path fill="#8d8578" d="M7 29h18v1.8H7z"/>', '<path fill="#d9a441" d="M15.5 0h1v4h-1z"/>']
    for tier in range(5):
        half, top = 3.2 + tier * 0.95, 4.2 + tier * 5
        parts.append(
            f'<path fill="#c2453a" d="M{16 - half + 0.9} {top + 2}h{2 * half - 1.8}v3.2h-{2 * half - 1.8}z"/>'
        )
        parts.append(f'<path fill="#f2d9a8" d="M15.1 {top + 2.7}h1.8v2.3h-1.8z"/>')
        parts.append(
            f'<path fill="#3f5a66" d="M{16 - half - 2} {top + 1.4}c{half * 0.7} .2 {half + 1} -.6 {half + 2} -1.6'
            f'c1 1 {half * 0.3 + 1} 1.8 {half + 2} 1.6l-1 1.1h-{2 * half + 2}z"/>'
        )
    return "".join(parts) + SHADE.format("M17 5h3l2 24h-5z")


def _pyramid() -> str:
    courses = "".join(
        f"M{16 - y * 0.9:.1f} {4.5 + y * 1.55:.1f}h{y * 1.8:.1f}v.35h-{y * 1.8:.1f}z" for y in (4, 7, 10, 13)
    )
    return (
        '<path fill="#e8c27a" d="M16 3.5 31 29H1z"/><path fill="#c99b52" d="M16 3.5 31 29H19z"/>'
        f'<path fill="#a97f3d" fill-opacity=".35" d="{courses}"/>'
    )


def _great_wall() -> str:
    def teeth(left: float, top: float, count: int, slope: float) -> str:
        return "".join(
            f'<path fill="#b0a48f" d="M{left + n * 2.2:.1f} {top + n * slope:.1f}h1.4v1.9h-1.4z"/>'
            for n in range(count)
        )

    return (
        '<path fill="#7d9a5b" d="M0 31c4-9 7-10 10-13 4 4 8 1 12-4 4 5 7 9 10 17z"/>'
        '<path fill="#9a8f7c" d="M0 24.5 11 17.8v13.2H0z"/><path fill="#8c816f" d="m21 15.6 11 7.4v8H21z"/>'
        + teeth(0.2, 22.9, 5, -1.33)
        + teeth(21.4, 14.3, 5, 1.5)
        + '<path fill="#a99d88" d="M9.5 10.5h13V31h-13z"/>'
        + teeth(9.6, 8.9, 6, 0)
        + '<path fill="#4d463b" d="M14 31v-6a2 2 0 0 1 4 0v6zM11.4 15a1 1 0 0 1 2 0v2.4h-2zM15 15a1 1 0 0 1 2 0v2.4h-2zM18.6 15a1 1 0 0 1 2 0'
        'v2.4h-2z"/>' + SHADE.format("M17.5 10.5h5V31h-5z")
    )


def _pavilion() -> str:
    posts = "".join(f'<path fill="#b23a30" d="M{x} 14h1.5v13.5h-1.5z"/>' for x in (6.6, 12, 18.5, 23.9))
    return (
        '<path fill="#9aa3a8" d="M3.5 27.4h25v3.2h-25z"/>'
        + posts
        + '<path fill="#d9b36b" d="M6.4 15.4h19.2v1.5H6.4zM6.6 23h18.8v1H6.6z"/>'
        '<path fill="#3f6b5c" d="M1.2 14.2c6-1 10.6-4.6 12.8-9.6h4c2.2 5 6.8 8.6 12.8 9.6l-2.6 1.6H3.8z"/>'
        '<path fill="#d9a441" d="M15.2 1.6h1.6v3.2h-1.6z"/><circle cx="16" cy="1.6" r="1.1" fill="#d9a441"/>'
        + SHADE.format("M18 4.6c2.2 5 6.8 8.6 12.8 9.6l-2.6 1.6H17z")
    )


def _arch_bridge() -> str:
    posts = "".join(
        f'<path fill="#a89f90" d="M{x:.1f} {8.2 + 0.028 * (x - 16) ** 2:.2f}h1v4h-1z"/>'
        for x in (2, 5.6, 9.2, 12.8, 16.4, 20, 23.6, 27.2)
    )
    return (
        '<path fill="#b9b0a1" d="M0 26C4 17 9 11.6 16 11.6S28 17 32 26v1h-6.4a9.7 9.7 0 0 0-19.2 0H0z"/>'
        '<path fill="#8f8677" d="M6.4 27a9.7 9.7 0 0 1 19.2 0h-1.8a7.9 7.9 0 0 0-15.6 0z"/>'
        + posts
        + '<path fill="none" stroke="#a89f90" stroke-width="1.1" d="M1 15.2C6 10 11 8 16 8s10 2 15 7.2"/>'
    )


def _skyscraper() -> str:
    windows = "".join(
        f'<path fill="#bfe3f7" d="M{x} {y}h1.6v1.7H{x}z"/>'
        for x in (11, 13.6, 16.8, 19.4)
        for y in range(7, 28, 3)
    )
    low = "".join(
        f'<path fill="#ffe08a" d="M{x} {y}h1.3v1.5H{x}z"/>'
        for x in (4.2, 6.4, 25, 27)
        for y in range(18, 29, 3)
    )
    return (
        '<path fill="#6b7c93" d="M3 16.5h6v14H3zM23.5 16.5h6v14h-6z"/><path fill="#4a6fa5" d="M10 5h12v25.5H10z"/>'
        '<path fill="#3b5a87" d="M13 2.4h6V5h-6z"/><path fill="#6b7c93" d="M15.6 0h.8v2.6h-.8z"/>'
        + windows
        + low
        + SHADE.format("M16.4 5H22v25.5h-5.6z")
    )


def _igloo() -> str:
    return (
        '<path fill="#e8f3fa" d="M2 29a14 14 0 0 1 28 0z"/><path fill="#cfe3ef" d="M10 29a6 7 0 0 1 12 0z"/><path fill="#4a6478" d="M12.2 29a3.8 5 0 0 1 7.6 0z"/>'
        '<path fill="none" stroke="#b4cddd" stroke-width=".7" d="M3.4 23.4h7.2M21.4 23.4h7.2M6.6 19.2h18.8M10.6 16.6h10.8M9 19.2v4.2M23 19.2v4.2M13 16.6'
        'v2.6M19 16.6v2.6M16 15v1.6M6 23.4V29M26 23.4V29"/>'
        + SHADE.format("M16 15a14 14 0 0 1 14 14h-7a12 14 0 0 0-7-14z")
    )


def _campfire() -> str:
    return (
        '<ellipse cx="16" cy="28.4" rx="11.5" ry="2.6" fill="#6d6a66"/>'
        '<path fill="#ef5a2a" d="M16 4c1 4 7.2 8 7.2 14.6a7.2 7.2 0 0 1-14.4 0C8.8 14 13 13 16 4z"/>'
        '<path fill="#ffa53a" d="M16.3 11c.6 3 4.2 5 4.2 9a4.4 4.4 0 0 1-8.8 0c0-3 2.8-4.2 4.6-9z"/>'
        '<path fill="#ffe27a" d="M16.2 17c.4 1.8 2.2 2.6 2.2 4.8a2.3 2.3 0 0 1-4.6 0c0-1.8 1.4-2.6 2.4-4.8z"/>'
        '<path fill="#7a4a2a" d="m5.6 24.6 1-2 19.8 5.2-1 2.2z"/><path fill="#8f5a34" d="m26.4 24.6-1-2L5.6 27.8l1 2.2z"/>'
        '<circle cx="6" cy="29" r="1.7" fill="#8a867f"/><circle cx="26" cy="29" r="1.7" fill="#8a867f"/><circle cx="16" cy="30" r="1.7" fill="#99958e"/>'
    )


BUILDING = "place-building"
OWN = {
    "lighthouse": (BUILDING, _lighthouse()),
    "windmill": (BUILDING, _windmill()),
    "pagoda": (BUILDING, _pagoda()),
    "pyramid": (BUILDING, _pyramid()),
    "great-wall": (BUILDING, _great_wall()),
    "pavilion": (BUILDING, _pavilion()),
    "arch-bridge": (BUILDING, _arch_bridge()),
    "skyscraper": (BUILDING, _skyscraper()),
    "igloo": (BUILDING, _igloo()),
    "campfire": ("place-other", _campfire()),
}  # what it is called: its kind as the icon set has them, and its SVG's contents
