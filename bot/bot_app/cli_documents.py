"""``yinlu ingest`` and ``yinlu documents``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot_app.cli_start import in_words, language, result_of, say, say_json
from bot_core.errors import NotFound
from bot_core.identity import Words
from bot_core.unread import reason_words

if TYPE_CHECKING:
    from bot_app.reach import Caller


async def ingest(
    caller: Caller, sources: Sequence[str], community: str | None, audience: Sequence[str], as_json: bool
) -> int:
    """Read files, folders and web addresses; 1 where not a single document could be read."""
    urls, paths = _told_apart(sources)
    from bot_app.cli_show import progress

    params: dict[str, object] = {
        "paths": [str(path) for path in paths],
        "cwd": str(Path.cwd()),
        "community": community,
    }
    params |= {"urls": urls} if urls else {}
    params |= {"audience": list(audience)} if audience else {}
    with progress(as_json) as step:
        result = await result_of(caller, "ingest", params, step)
    if as_json:
        say_json(result)
    else:
        _show(result)
    read = sum(result[name] for name in ("added", "updated", "unchanged"))
    return 1 if result["failed"] and not read else 0


def _told_apart(sources: Sequence[str]) -> tuple[list[str], list[Path]]:
    """Return web addresses, and paths that are there. Raises NotFound."""
    urls = [source for source in sources if source.lower().startswith(("http://", "https://"))]
    paths = [Path(source).expanduser() for source in sources if source not in urls]
    for path in paths:
        if not path.exists():
            raise NotFound(
                str(path), Words(f"没有这个文件或目录：{path}", f"There is no file or folder {path}")
            )
    return urls, paths


def _show(result: dict[str, Any]) -> None:
    from rich.text import Text

    from bot_app.cli_show import err, out

    for failure in result["failed"]:
        err().print(Text(f"✗ {failure['source']}: {_why(failure)}", style="red"))
    names = {
        "added": in_words("新增", "added"),
        "updated": in_words("更新", "updated"),
        "removed": in_words("移除", "removed"),
        "unchanged": in_words("未变", "unchanged"),
    }
    counts = [f"{result[name]} {word}" for name, word in names.items()]
    counts.append(f"{len(result['failed'])} {in_words('失败', 'failed')}")
    out().print(Text(" · ".join(counts)))


STATES = {"ready": ("就绪", "ready"), "waiting": ("改进中", "improving"), "failed": ("读不了", "failed")}


async def listing(caller: Caller, community: str | None, as_json: bool) -> int:
    """List documents, and what could not be read."""
    result = await result_of(caller, "documents", {"community": community})
    if as_json:
        say_json(result)
        return 0
    from bot_app.cli_show import out, table

    documents, failed = result["documents"], result.get("failed", [])
    heads = [
        ("状态", "state"),
        ("段落", "passages"),
        ("语言", "language"),
        ("日期", "date"),
        ("来源", "source"),
        ("标题", "title"),
        ("谁能看", "audience"),
    ]
    rows = [_row(document) for document in documents]
    rows += [[_state("failed"), "", "", "", f["source"], _why(f), ""] for f in failed]
    if rows:
        out().print(table(*(in_words(*head) for head in heads), rows=rows, whole=4))
    passages = sum(document.get("passages", 0) for document in documents)
    say(
        in_words(
            f"社区 {result['community']}：{len(documents)} 个文档，{passages} 个段落，{len(failed)} 个读不了",
            f"{result['community']}: {len(documents)} documents, {passages} passages, {len(failed)} failed",
        )
    )
    return 0


def _row(document: dict[str, Any]) -> list[object]:
    audience = ", ".join(document.get("audience") or []) or in_words("所有人", "everyone")
    names = ("passages", "language", "date", "source", "title")
    state = _state(document.get("state", "ready"))
    return [state, *(document.get(name, "") for name in names), audience]


def _why(failure: dict[str, Any]) -> str:
    return reason_words(failure["reason"]).of(language())


def _state(state: str) -> str:
    return in_words(*STATES.get(state, (state, state)))


async def show(caller: Caller, source: str, community: str | None, as_json: bool) -> int:
    """Show a document's passages, each below its path of headings."""
    result = await result_of(caller, "show", {"source": source, "community": community})
    if as_json:
        say_json(result)
        return 0
    from rich.text import Text

    from bot_app.cli_show import out

    console = out()
    console.print(Text(result["title"] or result["source"], style="bold"))
    if result["url"]:
        console.print(Text(result["url"], style="dim"))
    for passage in result["passages"]:
        roles = ", ".join(passage["audience"]) or in_words("所有人", "everyone")
        about = " · ".join(part for part in (passage["language"], passage["date"], roles) if part)
        heading = " › ".join(passage["heading"])
        console.print(Text(f"\n[{passage['position'] + 1}] {heading}  ({about})", style="cyan"))
        console.print(Text(passage["text"]))
    return 0


async def audience(
    caller: Caller, source: str, roles: Sequence[str], community: str | None, as_json: bool
) -> int:
    """Set who may read a document or a folder; it holds for later documents too."""
    params = {"source": source, "roles": list(roles), "community": community}
    result = await result_of(caller, "audience", params)
    if as_json:
        say_json(result)
        return 0
    readers = ", ".join(result["audience"]) or in_words("所有人", "everyone")
    say(
        in_words(
            f"{source}：{readers}(现有 {result['documents']} 个文档，以后放进来的也一样)",
            f"{source}: {readers} (now: {result['documents']}; later ones too)",
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


async def reindex(caller: Caller, community: str | None, as_json: bool) -> int:
    """Embed every document anew; questions are answered from the old index meanwhile."""
    from bot_app.cli_show import progress

    with progress(as_json) as step:
        result = await result_of(caller, "reindex", {"community": community}, step)
    if as_json:
        say_json(result)
    else:
        count = result["documents"]
        say(in_words(f"已重建 {count} 个文档的索引", f"The index was built anew; documents: {count}"))
    return 0


async def page(caller: Caller, as_json: bool) -> int:
    """Print the page's address with an admin's ticket."""
    result = await result_of(caller, "page", {})
    if as_json:
        say_json(result)
    else:
        for link in result["links"]:
            say(link)
    return 0
