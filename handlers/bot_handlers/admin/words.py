"""What administrators read."""

from __future__ import annotations

from bot_core.commands import Argument, Command
from bot_core.identity import Words

SOURCE = Argument("source", Words("文档来源", "The document's source"), maximum=500)
PAGE = Argument("page", Words("第几页", "Which page"), required=False, maximum=6)
MODE = Argument(
    "mode",
    Words("什么时候说话", "When to speak"),
    choices=(
        ("always", Words("总是", "always")),
        ("mention", Words("被提到时", "when named")),
        ("off", Words("不说", "never")),
    ),
)
WHERE = Argument("where", Words("here 或 off", "here or off"), required=False, maximum=200)
COMMANDS = (
    Command("documents", Words("列出文档", "List the documents"), (PAGE,), True, True),
    Command("forget", Words("删除一份文档", "Forget a document"), (SOURCE,), True, True),
    Command("reload", Words("重新读取加入流程", "Read the joining path again"), (), True, True),
    Command("stats", Words("最近七天", "The last seven days"), (), True, True),
    Command("pause", Words("让我在这个社区安静", "Make me quiet in this community"), (), True, True),
    Command("resume", Words("让我继续", "Let me go on"), (), True, True),
    Command("speak", Words("我在这个频道何时说话", "When I speak in this channel"), (MODE,), True, True),
    Command("helpers", Words("真人助手在哪里", "Where the human helpers sit"), (WHERE,), True, True),
)
LIST = Words("**文档（共 {n} 份，第 {page}/{pages} 页）**", "**Documents ({n}, page {page} of {pages})**")
EMPTY = Words("还没有文档。", "There are no documents yet.")
FORGET = Words("真的要删除「{source}」吗？", "Really forget “{source}”?")
FORGOTTEN = Words("已删除「{source}」（{n} 份）。", "Forgot “{source}” ({n}).")
RELOADED = Words("加入流程已重新读取：{n} 步。", "The joining path was read again: {n} steps.")
PAUSED = Words(
    "好的，我在这个社区安静下来。`/resume` 恢复。",
    "All right, I am quiet in this community. `/resume` ends it.",
)
RESUMED = Words("我回来了。", "I am back.")
SPEAKS = Words("这个频道：{mode}。", "This channel: {mode}.")
HELPERS = Words(
    "真人助手就在这里：转交的问题会发到这里。",
    "The helpers sit here: questions are handed over to this place.",
)
NO_HELPERS = Words("不再转交给真人助手的频道。", "Questions are no longer posted to a helpers' place.")
OFFER = Words(
    "把「{name}」（{size} KB）加进这个社区的知识吗？",
    "Add “{name}” ({size} KB) to this community's knowledge?",
)
ADDED = Words("「{name}」已经加入知识。", "“{name}” is part of the knowledge now.")
NOT_ADDED = Words("「{name}」没能加入：{why}", "“{name}” could not be added: {why}")
UNCHANGED = Words("「{name}」已经在知识里了。", "“{name}” is in the knowledge already.")
YES, NO = Words("确定", "Yes"), Words("取消", "Cancel")
KEPT = Words("好的，什么都没有改。", "All right, nothing was changed.")
MODES = Words("请用 always、mention 或 off。", "Say always, mention or off.")
NEXT, BEFORE = Words("下一页", "Next"), Words("上一页", "Previous")
ADD_WORDS = ("add this to the knowledge", "add to the knowledge", "加入知识", "加到知识", "加进知识")
STATS = (
    ("answers", Words("回答", "Answers")),
    ("votes", Words("评价", "Votes")),
    ("path", Words("加入流程", "Joining")),
    ("handover", Words("转真人", "Hand-overs")),
)
GAPS = Words("文档没有回答的", "Not answered by the documents")
