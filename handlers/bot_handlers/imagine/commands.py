"""The studio's commands, declared once."""

from __future__ import annotations

from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.identity import Words

PROMPT = Argument(
    "prompt",
    Words("想画什么，可带 --ar 3:2 等参数", "What to draw; parameters such as --ar 3:2 may follow"),
    maximum=4000,
)
IMAGE = Argument("image", Words("参考图", "A picture to start from"), ArgumentKind.FILE, required=False)
CUT = Argument("image", Words("要抠的图", "The picture to cut"), ArgumentKind.FILE)
BEHIND = Argument(
    "prompt",
    Words("换成什么背景；留空则透明", "What is behind it; empty for nothing"),
    required=False,
    maximum=4000,
)
JOB = Argument("job", Words("任务编号", "The job's id"), minimum=6, maximum=24)
SUFFIX = Argument(
    "suffix",
    Words("每条提示词后面要加的内容；留空则清除", "What to add to every prompt; empty clears it"),
    required=False,
    maximum=500,
)
PICTURES = tuple(
    Argument(f"image{n}", Words(f"第 {n} 张图", f"Picture {n}"), ArgumentKind.FILE, required=n <= 2)
    for n in range(1, 6)
)

COMMANDS = (
    Command("imagine", Words("画四张图", "Draw four pictures"), (PROMPT, IMAGE)),
    Command("blend", Words("把 2 到 5 张图融合成新图", "Blend 2 to 5 pictures into new ones"), PICTURES),
    Command(
        "cutout",
        Words(
            "把图里的主体抠出来，写了词就换成那样的背景",
            "Cut the subject out; with words, put that behind it",
        ),
        (CUT, BEHIND),
    ),
    Command("show", Words("再次显示一个任务的图", "Show a job's pictures again"), (JOB,)),
    Command("jobs", Words("我的任务和排队位置", "My jobs and their places"), private=True),
    Command("info", Words("我的用量、额度和任务", "My use, budget and jobs"), private=True),
    Command("settings", Words("我的画图设置", "My picture settings"), private=True),
    Command("prefer", Words("设置提示词后缀", "Set a suffix for my prompts"), (SUFFIX,), private=True),
    Command("fast", Words("默认用快速队伍", "Use the fast lane from now on"), private=True),
    Command(
        "relax",
        Words("默认用慢速队伍，不计额度", "Use the relax lane from now on, free of budget"),
        private=True,
    ),
    Command("stopall", Words("停止所有画图任务", "Stop all picture jobs"), private=True, admin=True),
)
