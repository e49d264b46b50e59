"""What a visitor sees of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.identity import Words
from bot_core.ports.work import JobState, JobView, Lane, LaneStatus, Place


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that came to an end and is to be reported; ``round`` counts its ends (retries included) from 1."""

    view: JobView
    round: int


@dataclass(frozen=True, slots=True)
class Board:
    """The lanes, and a visitor's own job with the reason for its place.

    ``error`` is how far estimates were off lately, as a share of the real time (0.2: 20 %).
    """

    lanes: tuple[LaneStatus, ...]
    place: Place | None = None
    why: Words | None = None
    error: float = 0.0


def make_board(lanes: Sequence[LaneStatus], place: Place | None, view: JobView | None, error: float) -> Board:
    """Put the board together."""
    why = _why(lanes, place, view) if place and view else None
    return Board(tuple(lanes), place, why, error)


def _why(lanes: Sequence[LaneStatus], place: Place, view: JobView) -> Words:
    lane = next(status for status in lanes if status.lane is view.job.lane)
    if place.state is JobState.RUNNING:
        return Words("正在处理你的任务。", "Your job is being worked on.")
    if place.state is not JobState.WAITING:
        return Words("这个任务已经结束。", "This job has ended.")
    if lane.paused:
        return Words("管理员暂停了这条队伍。", "An admin has paused this lane.")
    if place.position == 1:
        return Words("下一个就是你。", "You are next.")
    ahead = place.position - 1
    if view.job.lane is Lane.RELAX:
        return Words(
            f"前面还有 {ahead} 个。慢速队伍里，这个月用得少的先来；等得越久也越靠前。",
            f"{ahead} before you. In relax, those who used less this month come first; waiting counts too.",
        )
    return Words(
        f"前面还有 {ahead} 个。大家轮流，一个人排得再多也只占一份。",
        f"{ahead} before you. Members take turns: however many jobs one has, they get one share.",
    )
