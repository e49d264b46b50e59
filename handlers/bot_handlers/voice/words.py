"""What voice says in words."""

from bot_core.identity import Words

HEARD = Words("🎤 {text}", "🎤 {text}")
NO_SPEECH = Words("我没听到有人说话，请再说一次。", "I heard nobody speak. Please say it again.")
TOO_LONG = Words("这段语音太长了，最多 {n} 秒。", "That voice message is too long; at most {n} s.")
GONE = Words("这段语音已经不在了，请再发一次。", "That voice message is gone; please send it again.")
NO_VOICES = Words("这里还没有安装语音。", "No voice is installed here yet.")
VOICES = Words(
    "现在用的是 {name}。点 ▶ 试听，点名字选用。",
    "{name} speaks now. Press ▶ to hear one, its name to choose it.",
)
CHOSEN = Words("以后由 {name} 来读。", "{name} speaks from now on.")
PREVIEW = Words("你好，我是{name}，很高兴为你引路。", "Hello, I am {name}, happy to show you the way.")
NOTHING = Words("这条没有可以朗读的内容。", "There is nothing here to read aloud.")

# --- long recordings
ATTACH = Words("请附上一段录音或视频。", "Please attach a recording or a video.")
NOT_AUDIO = Words("附件不是录音，也不是视频。", "The attachment is neither a recording nor a video.")
RECORDING = Words("录音", "a recording")
TRANSCRIPT = Words("📝 {name} · {member}", "📝 {name} · {member}")
SUMMARY = Words("📝 {name} 的要点 · {member}", "📝 The main points of {name} · {member}")
WAITING = Words("排队中 · 第 {position} 位 · 约 {seconds}", "waiting · place {position} · about {seconds}")
HEARING = Words("正在听 {percent}%", "listening {percent}%")
DONE = Words("写好了，见下方。", "Done: see below.")
STOP = Words("⏹ 停止", "⏹ Stop")
STOPPED = Words("已停止", "Stopped")
FAILED = Words("没有写成：{reason}", "This did not work: {reason}")
LENGTH = Words(
    "录音长 {length}。全文和字幕在附件里。", "It lasts {length}. The whole text and subtitles are attached."
)


def too_big(most: int) -> Words:
    """Say how big a recording may be; ``most`` in bytes."""
    size = most // 1_000_000
    return Words(f"录音文件太大了，最大 {size} MB。", f"That recording is too big: {size} MB at most.")


# --- a member's own voice
NO_CLONING = Words("这里不能用自己的声音朗读。", "Reading in one's own voice is not offered here.")
ATTACH_SAMPLE = Words("请附上一段你自己说话的录音。", "Please attach a recording of yourself speaking.")
CONSENT = Words(
    "请确认：这段录音里是你本人的声音，你同意用它合成一个朗读声音。\n"
    "这个声音只为你朗读，生成的语音会标明由 AI 生成。我会记下你同意的时间、这段话和样本的指纹；"
    "随时发送 /forgetvoice（或 /forgetme）就会连样本一起删除。",
    "Please confirm: the voice in this recording is your own, and you agree that a reading voice is made of it.\n"
    "That voice reads to you alone, and what it says is labelled as generated. I keep when you agreed, this text and the"
    " sample's fingerprint; /forgetvoice (or /forgetme) deletes them with the sample at any time.",
)
AGREE = Words("这是我的声音，我同意", "This is my voice and I agree")
RATHER_NOT = Words("不用了", "Rather not")
NOT_KEPT = Words(
    "好的，样本已删除，什么都没有留下。", "All right: the sample is deleted, and nothing was kept."
)
VOICE_MADE = Words("好了。发送 /voice 就能选用你自己的声音。", "Done. Send /voice to choose your own voice.")
VOICE_FORGOTTEN = Words(
    "你的声音、样本和同意记录都已删除。", "Your voice, its sample and the record of consent are deleted."
)
YOUR_VOICE = Words("你自己的声音", "your own voice")
NO_VOICE_KEPT = Words("这里没有你的声音样本。", "No voice of yours is kept here.")


def sample_length(shortest: float, longest: float) -> Words:
    """Say how long a sample is to be, in seconds."""
    return Words(
        f"样本要有 {shortest:.0f} 到 {longest:.0f} 秒。",
        f"A sample lasts {shortest:.0f} to {longest:.0f} seconds.",
    )
