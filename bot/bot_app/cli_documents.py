"""``yinlu ingest`` and ``yinlu documents``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot_app.cli_start import in_words, result_of, say, say_json
from bot_core.errors import NotFound
from bot_core.identity import Words

if TYPE_CHECKING:
    from bot_app.reach import Caller


async def ingest(caller: Caller, paths: Sequence[Path], community: str | None, as_json: bool) -> int:
    """Read documents; 1 where not a single one could be read."""
    for path in paths:
        if not path.expanduser().exists():
            raise NotFound(
                str(path), Words(f"没有这个文件或目录：{path}", f"There is no file or folder {path}")
            )
    from bot_app.cli_show import progress

    params = {
        "paths": [str(path.expanduser()) for path in paths],
        "cwd": str(Path.cwd()),
        "community": community,
    }
    with progress(as_json) as step:
        result = await result_of(caller, "ingest", params, step)
    if as_json:
        say_json(result)
    else:
        _show(result)
    read = sum(result[name] for name in ("added", "updated", "unchanged"))
    return 1 if result["failed"] and not read else 0


def _show(result: dict[str, Any]) -> None:
    from rich.text import Text

    from bot_app.cli_show import err, out

    for failure in result["failed"]:
        err().print(Text(f"✗ {failure['source']}: {failure['reason']}", style="red"))
    names = {
        "added": in_words("新增", "added"),
        "updated": in_words("更新", "updated"),
        "removed": in_words("移除", "removed"),
        "unchanged": in_words("未变", "unchanged"),
    }
    counts = [f"{result[name]} {word}" for name, word in names.items()]
    counts.append(f"{len(result['failed'])} {in_words('失败', 'failed')}")
    out().print(Text(" · ".join(counts)))


async def listing(caller: Caller, community: str | None, as_json: bool) -> int:
    """List documents."""
    result = await result_of(caller, "documents", {"community": community})
    if as_json:
        say_json(result)
        return 0
    from bot_app.cli_show import out, table

    documents = result["documents"]
    if documents:
        heads = [
            ("来源", "source"),
            ("标题", "title"),
            ("语言", "language"),
            ("段落", "passages"),
            ("日期", "date"),
        ]
        rows = [[document.get(name) or "" for _, name in heads] for document in documents]
        out().print(table(*(in_words(*head) for head in heads), rows=rows))
    say(
        in_words(
            f"社区 {result['community']}:{len(documents)} 个文档",
            f"{result['community']}: {len(documents)} documents",
        )
    )
    return 0


async def forget(caller: Caller, source: str, community: str | None, as_json: bool) -> int:
    """Remove documents; 1 where nothing had that source."""
    result = await result_of(caller, "forget", {"source": source, "community": community})
    if not result["removed"]:
        raise NotFound(
            source,
            Words(
                f"社区 {result['community']} 里没有来源为 {source} 的文档。",
                f"{result['community']} has no document {source}.",
            ),
        )
    if as_json:
        say_json(result)
    else:
        say(in_words(f"已移除 {result['removed']} 个文档", f"{result['removed']} removed"))
    return 0
