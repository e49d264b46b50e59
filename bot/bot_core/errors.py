"""Every error we raise on purpose, each with the sentence a member may read.

::

    YinluError
    ├── Refused                 the member's request can't be done as it stands; nothing is broken
    │   ├── BadInput            empty, too long, binary, wrong encoding ...
    │   ├── LimitReached        too many in too short a time; carries retry_after
    │   ├── NotAllowed          the person's roles don't suffice
    │   ├── Moderated           refused by moderation; carries the category
    │   ├── UnknownCommunity    no such community, or the place is not bound to one
    │   ├── ForgedButton        a token that we did not sign, or of another community
    │   ├── NotFound            an answer, a document or a job that is not there (any more)
    │   ├── JobRefused          the queue is full, a limit or a budget is reached; carries the numbers
    │   └── MissingExtra        a part that is not installed; carries the command that installs it
    ├── Broken                  something of ours, or of a provider's, failed
    │   ├── EngineDown          Redis, Qdrant or the database can't be reached
    │   ├── StorageFull         no space left on the device
    │   ├── ModelFailed         a model's endpoint failed or took too long; carries role and model
    │   ├── LeaseLost           another worker took the job over
    │   └── JobFailed           carries the job and the attempt
    └── StartRefused            told on the command line, before anything runs
        ├── SettingWrong        carries the setting's name and what it takes
        └── OwnerRunning        carries the process id that owns the data folder
"""

from __future__ import annotations

from bot_core.identity import Words


class YinluError(Exception):
    """The root. ``words`` is safe to show to a member; ``str(error)`` is for the log."""

    words = Words(
        "出了点问题，我已经记下来了。请稍后再试。",
        "Something went wrong and has been noted. Please try again later.",
    )

    def __init__(self, detail: str = "", words: Words | None = None) -> None:
        super().__init__(detail or self.words.en)
        if words is not None:
            self.words = words


class Refused(YinluError):
    """The request can't be done as it stands."""


class BadInput(Refused):
    """What was sent can't be read or is out of bounds."""

    words = Words("这条内容我读不了。", "I can't read that.")


class LimitReached(Refused):
    """Too many requests; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: float, detail: str = "") -> None:
        self.retry_after = retry_after
        wait = max(1, round(retry_after))
        super().__init__(
            detail or f"limit reached, retry after {retry_after:.1f} s",
            Words(
                f"您发得有点快，请在 {wait} 秒后再试。",
                f"That was a little fast. Please try again in {wait} s.",
            ),
        )


class NotAllowed(Refused):
    """The person may not do this here."""

    words = Words("这个操作需要更高的权限。", "You don't have the rights to do that here.")


class Moderated(Refused):
    """Refused by moderation; ``category`` says why (``unavailable``: the check itself could not be made)."""

    words = Words(
        "这条内容不符合社区规则，我不能处理。",
        "That goes against the community's rules, so I can't work on it.",
    )
    unreachable = Words(
        "内容检查暂时连不上，为了安全这条先不处理。请稍后再试。",
        "The check of what is sent can't be reached, so this is not worked on for now. Please try again later.",
    )

    def __init__(self, category: str) -> None:
        self.category = category
        words = self.unreachable if category == "unavailable" else None
        super().__init__(f"refused by moderation: {category}", words)


class UnknownCommunity(Refused):
    """No such community, or a place that is not bound to one."""

    words = Words("这里还没有绑定到任何社区。", "This place does not belong to a community yet.")

    def __init__(self, name: str = "") -> None:
        self.name = name
        if not name:
            super().__init__("the place is not bound to a community")
            return
        super().__init__(
            f"unknown community: {name}",
            Words(f"没有叫做「{name}」的社区。", f"There is no community called “{name}”."),
        )


class ForgedButton(Refused):
    """The token's signature is wrong, or it is another community's."""

    words = Words("这个按钮在这里无效。", "This button is not valid here.")


class NotFound(Refused):
    """What was named is not there (any more)."""

    words = Words("找不到它了，可能已被删除。", "That is no longer here; it may have been deleted.")


class JobRefused(Refused):
    """The queue did not take the job; ``limit`` names which bound, ``have`` and ``allowed`` the numbers."""

    def __init__(self, limit: str, have: float, allowed: float) -> None:
        self.limit, self.have, self.allowed = limit, have, allowed
        super().__init__(
            f"job refused: {limit} {have:g} of {allowed:g}",
            Words(
                f"现在排不下了({have:g}/{allowed:g})。请等前面的完成，或先取消一个。",
                f"No room for it now ({have:g} of {allowed:g}). Wait for one to finish, or cancel one.",
            ),
        )


class MissingExtra(Refused):
    """A part that is not installed."""

    def __init__(self, extra: str, what: Words) -> None:
        self.extra = extra
        command = f"pip install 'yinlu[{extra}]'"
        super().__init__(
            f"{what.en} needs: {command}",
            Words(f"{what.zh}需要先安装：{command}", f"{what.en} needs: {command}"),
        )


class Broken(YinluError):
    """Something of ours, or of a provider's, failed."""


class EngineDown(Broken):
    """An engine can't be reached; ``engine`` names it."""

    words = Words(
        "后台服务暂时连不上，消息没有丢，稍后会继续处理。",
        "A service is briefly unreachable. Nothing is lost; it goes on shortly.",
    )

    def __init__(self, engine: str, detail: str = "") -> None:
        self.engine = engine
        super().__init__(f"{engine} can't be reached: {detail}")


class StorageFull(Broken):
    """No space left on the device that holds ``path``."""

    words = Words(
        "服务器磁盘满了，暂时存不下。管理员清理后请再试。",
        "The server's disk is full. Please try again once an admin has made room.",
    )

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"no space left for {path}")


class ModelFailed(Broken):
    """A model's endpoint failed."""

    words = Words("模型暂时没有回应。", "The model is not responding at the moment.")

    def __init__(self, role: str, model: str, detail: str) -> None:
        self.role, self.model = role, model
        super().__init__(f"{role} model {model} failed: {detail}")


class LeaseLost(Broken):
    """The lease was taken over; whatever this worker still does with the job must be dropped."""

    def __init__(self, job: str, attempt: int) -> None:
        self.job, self.attempt = job, attempt
        super().__init__(f"lease lost: job {job}, attempt {attempt}")


class JobFailed(Broken):
    """A job failed for good or for this attempt."""

    words = Words("这个任务没有成功。", "This job did not succeed.")

    def __init__(self, job: str, attempt: int, detail: str = "") -> None:
        self.job, self.attempt = job, attempt
        super().__init__(f"job {job} failed at attempt {attempt}: {detail}")


class StartRefused(YinluError):
    """Told on the command line before anything runs."""


class SettingWrong(StartRefused):
    """A setting's value is not what it takes."""

    def __init__(self, name: str, takes: str, value: str = "") -> None:
        self.name, self.takes = name, takes
        shown = f" (it is {value!r})" if value else ""
        shown_zh = f"(现在是 {value!r})" if value else ""
        super().__init__(
            f"{name}: takes {takes}{shown}",
            Words(f"设置 {name}{shown_zh}:应为 {takes}", f"Setting {name}{shown}: takes {takes}"),
        )


class OwnerRunning(StartRefused):
    """Another process owns the data folder."""

    def __init__(self, pid: int, folder: str) -> None:
        self.pid = pid
        super().__init__(
            f"process {pid} already runs on {folder}",
            Words(f"进程 {pid} 已经在使用 {folder}。", f"Process {pid} is already running on {folder}."),
        )
