"""``yinlu queue ...`` and ``yinlu worker``."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot_app.cli_start import in_words, result_of, say, say_json
from bot_core.errors import BadInput, StartRefused
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.reach import Caller
    from bot_app.settings import Settings

NO_QUEUE = Words(
    "worker 需要队列：先在同一个数据目录上运行 yinlu run,或设置 YINLU_REDIS_URL。",
    "A worker needs a queue: start `yinlu run` on the same data folder first, or set YINLU_REDIS_URL.",
)


async def status(caller: Caller, watch: bool, as_json: bool) -> int:
    """Print the lanes; with ``watch`` again every second until interrupted."""
    found = await result_of(caller, "queue_status", {})
    if as_json:
        say_json(found)
        return 0
    from rich.live import Live

    from bot_app.cli_show import out

    if not watch:
        out().print(_lanes(found["lanes"]))
        return 0
    with Live(_lanes(found["lanes"]), console=out(), auto_refresh=False) as live:
        while True:
            await asyncio.sleep(1)
            found = await result_of(caller, "queue_status", {})
            live.update(_lanes(found["lanes"]), refresh=True)


async def listing(caller: Caller, state: str, limit: int, as_json: bool) -> int:
    """Print the jobs in a state."""
    found = await result_of(caller, "queue_list", {"state": state, "limit": limit})
    if as_json:
        say_json(found)
        return 0
    if not found["jobs"]:
        say(in_words("没有这样的任务。", "There are no such jobs."))
        return 0
    from bot_app.cli_show import out, table

    heads = (
        ("任务", "job"),
        ("种类", "kind"),
        ("队伍", "lane"),
        ("成员", "member"),
        ("位置", "place"),
        ("原因", "reason"),
    )
    rows = [
        [job["job"], job["kind"], job["lane"], job["person"], job["position"] or "", job["reason"]]
        for job in found["jobs"]
    ]
    out().print(table(*(in_words(*head) for head in heads), rows=rows, whole=1))
    return 0


async def act(caller: Caller, operation: str, params: Mapping[str, object], as_json: bool) -> int:
    """Do one thing to the queue (retry, drop, pause, resume) and say that it is done."""
    found = await result_of(caller, operation, params)
    if as_json:
        say_json(found)
    elif "lanes" in found:
        from bot_app.cli_show import out

        out().print(_lanes(found["lanes"]))
    else:
        say(in_words("完成。", "Done."))
    return 0


async def long(caller: Caller, operation: str, params: Mapping[str, object], as_json: bool) -> int:
    """Do something that takes a while, with a progress bar."""
    from bot_app.cli_show import progress

    result: dict[str, Any] = {}
    with progress(as_json) as step:
        async for line in caller.call(operation, params):
            if "progress" in line:
                step(line["progress"])  # type: ignore[arg-type]  # progress lines carry an object
            elif isinstance(line.get("result"), dict):
                result = line["result"]  # type: ignore[assignment]  # just checked
    if as_json:
        say_json(result)
    else:
        say(" · ".join(f"{name}: {value}" for name, value in result.items()))
    return 0


async def work(
    settings: Settings, kinds: Sequence[str], lanes: Sequence[str], side_by_side: int, drain: float
) -> int:
    """Claim and make jobs until SIGTERM; then drain for ``drain`` seconds."""
    from bot_app.logs import set_up
    from bot_app.studio_rules import batch_rules
    from bot_app.workers import KINDS, opened_makers, run_worker
    from bot_core.ports.work import Lane

    set_up(settings.log_level, settings.log_format, settings.secrets())
    unknown = [kind for kind in kinds if kind not in KINDS]
    bad = [lane for lane in lanes if lane not in list(Lane)]
    if unknown or bad:
        takes = f"--kinds {','.join(KINDS)} --lanes {','.join(Lane)}"
        raise BadInput(", ".join((*unknown, *bad)), Words(f"可用的是：{takes}", f"It takes: {takes}"))
    rules = batch_rules(settings)
    url = await _store_url(settings)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    async with opened_makers(settings) as known:
        chosen = {kind: known[kind] for kind in kinds} if kinds else known
        say(in_words(f"worker {name}:{', '.join(chosen)}", f"worker {name}: {', '.join(chosen)}"))
        await run_worker(url, name, chosen, [Lane(lane) for lane in lanes], side_by_side, drain, rules)
    return 0


async def _store_url(settings: Settings) -> str:
    """Return where the queue is: the server of the settings, else the running owner's own."""
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    from bot_app import control
    from bot_app.owner import holder

    if holder(settings.data) is None:
        raise StartRefused("no queue", NO_QUEUE)
    async for line in control.call(settings.data, "queue_store", {}):
        result = line.get("result")
        if isinstance(result, dict) and result.get("url"):
            return str(result["url"])
    raise StartRefused("no queue", NO_QUEUE)


def _lanes(lanes: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - a Rich table, whose import takes time
    from bot_app.cli_show import table

    heads = (
        ("队伍", "lane"),
        ("等待", "waiting"),
        ("进行", "running"),
        ("完成", "done"),
        ("搁置", "set aside"),
        ("最久等待", "oldest wait"),
        ("", ""),
    )
    rows = [
        [
            lane["lane"],
            lane["waiting"],
            lane["running"],
            lane["done"],
            lane["failed"],
            f"{lane['oldest_seconds']:.0f} s" if lane["waiting"] else "",
            in_words("已暂停", "paused") if lane["paused"] else "",
        ]
        for lane in lanes
    ]
    return table(*(in_words(*head) for head in heads), rows=rows)
