"""What the page's voice says to members."""

from __future__ import annotations

from bot_core.identity import Words

FORMAT = Words(
    "不支持这种录音格式，可用：{formats}。", "That recording format is not taken; these are: {formats}."
)
RATE = Words("采样率应在 {least} 到 {most} 之间。", "The rate must be from {least} to {most}.")
NOT_THE_FORMAT = Words("这段录音不是 {format} 格式。", "That recording is not {format}.")
EMPTY = Words("这段录音是空的。", "That recording is empty.")
CUT = Words(
    "录音在路上丢了一段，请再说一次。", "A part of the recording was lost on the way. Please say it again."
)
TOO_LONG = Words("录音太长了，最多 {n} 秒。", "That recording is too long; at most {n} s.")
TOO_LARGE = Words("录音太大了，最多 {n} MB。", "That recording is too large; at most {n} MB.")
IDLE = Words("{n} 秒没有收到声音，录音已取消。", "No sound came for {n} s, so the recording was dropped.")
