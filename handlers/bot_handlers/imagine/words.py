"""What the studio says."""

from __future__ import annotations

from bot_core.identity import Locale, Words
from bot_core.pictures import PictureAction

SOMEBODY = Words("访客", "a visitor")
WAITING = Words("排队中 · 第 {position} 位 · 约 {seconds}", "waiting · place {position} · about {seconds}")
NEXT = Words("马上开始", "starting now")
RUNNING = Words("绘制中 {percent}%", "drawing {percent}%")
DONE = Words("画好了，见下方。", "Done: see below.")
STOPPED = Words("已停止", "Stopped")
FAILED = Words(
    "没有画成：{reason}\n可以点 🔄 再试一次，或换个说法。",
    "This did not work: {reason}\nPress 🔄 to try again, or word it differently.",
)
STOP = Words("⏹ 停止", "⏹ Stop")
CONFIRM = Words(
    "这会生成 {n} 个任务，每个四张图。继续吗？", "This makes {n} jobs of four pictures each. Go on?"
)
GO_ON = Words("开始 {n} 个", "Start {n}")
NEVER_MIND = Words("算了", "Never mind")
CANCELLED = Words("好，没有开始。", "All right, nothing was started.")
EXPIRED = Words(
    "这次确认已经过期，请重新发送提示词。", "That question has expired; please send the prompt again."
)
AGAINST_RULES = Words(
    "这段描述不符合社区规则，所以没有画，也没有占用排队名额。换个说法就可以再试。",
    "These words go against the community's rules, so nothing was drawn and no place in the line was used."
    " Other words are welcome.",
)
BOUNDS = {
    "waiting": Words(
        "你已有 {have} 个任务在排队，最多 {allowed} 个。请等一个画完，或用 /jobs 取消一个。",
        "You have {have} jobs waiting, and at most {allowed} may wait. Let one finish, or cancel one with /jobs.",
    ),
    "open": Words(
        "你已有 {have} 个任务在排队或进行，最多 {allowed} 个。请等一个画完，或用 /jobs 取消一个。",
        "You have {have} jobs waiting or running, and at most {allowed} are allowed. Let one finish, or cancel"
        " one with /jobs.",
    ),
    "day": Words(
        "你今天已经画了 {have} 张图，每天最多 {allowed} 张。零点（UTC）之后可以再画。",
        "You have made {have} pictures today, of {allowed} a day. There will be more after midnight (UTC).",
    ),
    "budget": Words(
        "这个月的快速额度不够了：需要用到 {have}，共 {allowed}。加上 --relax，或先发送 /relax，就可以免额度慢慢画。",
        "This month's fast budget does not reach: {have} would be used of {allowed}. With --relax, or after"
        " /relax, pictures cost nothing and take longer.",
    ),
}
NOTHING_TO_DESCRIBE = Words("请附上一张图片。", "Please attach a picture.")
MADE_HERE = Words(
    "这张图是在这里画的，第 1 条就是它的提示词。", "This picture was made here; number 1 is its own prompt."
)
READS_ALL = Words(
    "现在由{maker}绘制：它是模型，会读全部文字，分不出哪些词起作用。太长的部分（约 77 个词元之后）它读不到。",
    "{maker} draws now: a model that reads all words and can't tell which of them matter. What comes after about 77"
    " tokens it does not read.",
)
USED = Words("会用到：{words}", "Used: {words}")
UNUSED = Words("用不上，去掉也一样：{words}", "Not used, and not missed: {words}")
USES_NOTHING = Words(
    "这些词里没有我画得出来的东西。试试具体的事物，例如“一只红狐狸，夜晚，水彩”。",
    "None of these words names something I can draw. Try something plain, such as “a red fox at night, watercolour”.",
)
STYLES_ARE = Words("写在提示词后面的风格：", "Styles to put behind a prompt:")
TEMPLATES_ARE = Words("模板，点按钮填空：", "Templates; press a button to fill one in:")
TEMPLATE = Words("填模板：{name}", "Fill in: {name}")
NO_TEMPLATE = Words("这个模板已经没有了。", "This template is gone.")
TRY = Words("可以先试试这些：", "Try one of these:")
REMIX_FIRST = Words(
    "混编模式已打开：要先改写第 {n} 张的提示词吗？",
    "Remix mode is on: change the words for picture {n} first?",
)
REMIX_ON = Words("混编模式：开", "Remix mode: on")
REMIX_OFF = Words("混编模式：关", "Remix mode: off")
REMIX_SET = {
    True: Words("以后点 V 会先问要不要改写提示词。", "From now on V asks for other words first."),
    False: Words("以后点 V 会直接画。", "From now on V draws at once."),
}
NOT_YOURS = Words("只有发起的人可以确认。", "Only who asked can confirm.")
NOT_DONE = Words("这个任务还没有画完。", "This job is not done yet.")
NO_PICTURE = Words("这里没有这张图。", "There is no such picture here.")
NEEDS_PICTURES = Words("请附上 2 到 5 张图。", "Please attach 2 to 5 pictures.")
NEEDS_ONE = Words("请附上一张图。", "Please attach one picture.")
NOT_A_PICTURE = Words("附件不是图片：{name}", "This attachment is not a picture: {name}")
LANE_SET = {
    "fast": Words("以后默认用快速队伍。", "The fast lane is used from now on."),
    "relax": Words(
        "以后默认用慢速队伍：不花额度，这个月用得少的人先来。",
        "The relax lane is used from now on: it costs nothing, and who used less this month comes first.",
    ),
}
SUFFIX_SET = Words("以后每条提示词后面都会加上：{suffix}", "From now on every prompt ends with: {suffix}")
SUFFIX_GONE = Words("提示词后缀已清除。", "Your suffix is gone.")
SETTINGS = Words("默认队伍：{lane}\n提示词后缀：{suffix}", "Lane: {lane}\nSuffix: {suffix}")
NONE = Words("（无）", "(none)")
INFO = Words(
    "队伍：{lane}\n排队 {waiting}，进行 {running}\n本月快速额度：已用 {spent}，共 {allowed}\n绘图引擎：{maker}",
    "Lane: {lane}\nWaiting {waiting}, running {running}\nFast budget this month: {spent} of {allowed}\nDrawn by: {maker}",
)
RELAX_ONLY = Words(
    "你在这里的画都走慢速队伍：不花额度，这个月用得少的人先来。",
    "What you make here goes by the relax lane: it costs nothing, and who used less this month comes first.",
)
UNBOUNDED = Words("不限", "no bound")
NO_JOBS = Words("你没有正在排队或进行的任务。", "You have no jobs waiting or running.")
ALL_STOPPED = Words("已停止 {n} 个任务。", "{n} jobs were stopped.")
REGION = Words("局部重绘", "Vary a region")
WHERE = Words("重画哪里", "Where to draw anew")
AREAS = {
    "0.25,0.25,0.75,0.75": Words("中间", "the middle"),
    "0,0,0.5,1": Words("左半边", "the left half"),
    "0.5,0,1,1": Words("右半边", "the right half"),
    "0,0,1,0.5": Words("上半边", "the upper half"),
    "0,0.5,1,1": Words("下半边", "the lower half"),
}
WRONG_AREA = Words("没看懂要重画哪里。", "That region could not be understood.")
REMIX = Words("改写提示词", "Change the prompt")
PROMPT = Words("提示词", "Prompt")
ALT = Words("{n} 张图：{prompt}", "{n} pictures: {prompt}")
CUT_BY = Words("由程序抠图 · 编号 {job}", "Cut out by a program · job {job}")
MADE_BY = Words("由{maker}绘制 · 种子 {seed} · 编号 {job}", "Drawn by {maker} · seed {seed} · job {job}")
LANES = {"fast": Words("快速", "fast"), "relax": Words("慢速", "relax")}

TITLES = {
    PictureAction.IMAGINE: Words("{prompt} - {member}（{lane}）", "{prompt} - {member} ({lane})"),
    PictureAction.REROLL: Words(
        "{prompt} - 再来一组，{member}（{lane}）", "{prompt} - again, by {member} ({lane})"
    ),
    PictureAction.VARY_SUBTLE: Words(
        "{prompt} - 微调，{member}（{lane}）", "{prompt} - Variations (subtle) by {member} ({lane})"
    ),
    PictureAction.VARY_STRONG: Words(
        "{prompt} - 变化，{member}（{lane}）", "{prompt} - Variations by {member} ({lane})"
    ),
    PictureAction.UPSCALE: Words(
        "{prompt} - 第 {picture} 张，{member}", "{prompt} - Image #{picture} {member}"
    ),
    PictureAction.ENLARGE: Words(
        "{prompt} - 放大 {amount} 倍，{member}", "{prompt} - Upscaled ({amount}x) by {member}"
    ),
    PictureAction.ZOOM: Words(
        "{prompt} - 拉远 {amount} 倍，{member}", "{prompt} - Zoom out {amount}x by {member}"
    ),
    PictureAction.PAN: Words("{prompt} - 向{side}延展，{member}", "{prompt} - Pan {side} by {member}"),
    PictureAction.REGION: Words("{prompt} - 局部重绘，{member}", "{prompt} - Region varied by {member}"),
    PictureAction.REMIX: Words("{prompt} - 改写，{member}", "{prompt} - Remix by {member}"),
    PictureAction.BLEND: Words("融合 - {member}（{lane}）", "Blend - {member} ({lane})"),
    PictureAction.CUTOUT: Words("抠图 - {member}（{lane}）", "Cut out - {member} ({lane})"),
    PictureAction.BACKDROP: Words("{prompt} - 换背景，{member}", "{prompt} - Background by {member}"),
}
SIDES = (Words("左", "left"), Words("右", "right"), Words("上", "up"), Words("下", "down"))


def duration(seconds: float, locale: Locale) -> str:
    """Return a time a member can use: seconds below a minute and a half, else minutes."""
    if seconds < 90:
        return Words(f"{max(1, round(seconds))} 秒", f"{max(1, round(seconds))} s").of(locale)
    return Words(f"{round(seconds / 60)} 分钟", f"{round(seconds / 60)} min").of(locale)
