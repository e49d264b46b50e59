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
