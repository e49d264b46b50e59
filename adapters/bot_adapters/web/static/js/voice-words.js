// What the voice panel says, in both languages.

import { locale } from "./i18n.js";

const WORDS = {
  zh: {
    ask: "语音提问",
    done: "说完了",
    drop: "取消这段录音",
    panel: "语音",
    captions: "字幕",
    level: "麦克风音量",
    handsFree: "免按键对话",
    aloud: "朗读回答",
    voice: "朗读的声音",
    face: "显示引路人",
    keeper: "引路人",
    stopReading: "停止朗读",
    close: "关闭语音",
    hint: "点一下麦克风开始说，再点一下发送；也可以按住麦克风或空格键说话。",
    speak: "请说话，停顿一下就会发送。",
    listening: "正在听…",
    writing: "正在听写…",
    opening: "正在打开麦克风…",
    spoken: "语音提问",
    time: "{n} / {all} 秒",
    readAloud: "朗读",
    denied: "浏览器没有允许使用麦克风。请在地址栏旁的网站设置里允许，再试一次。",
    missing: "没有找到麦克风。接上后请再试一次。",
    taken: "麦克风正被别的程序使用。",
    insecure: "麦克风只能在 https 或本机地址上使用。",
    lost: "这段语音没有送达，请再说一次。",
  },
  en: {
    ask: "Ask by voice",
    done: "Done speaking",
    drop: "Drop this recording",
    panel: "Voice",
    captions: "Captions",
    level: "Microphone level",
    handsFree: "Hands-free",
    aloud: "Read answers aloud",
    voice: "Voice that reads",
    face: "Show the keeper",
    keeper: "The lantern keeper",
    stopReading: "Stop reading",
    close: "Close voice",
    hint: "Tap the microphone to speak and tap it again to send; or hold it, or the space bar, while you speak.",
    speak: "Speak; a pause sends it.",
    listening: "Listening…",
    writing: "Writing it down…",
    opening: "Opening the microphone…",
    spoken: "Spoken question",
    time: "{n} / {all} s",
    readAloud: "Read aloud",
    denied: "The browser was not allowed to use the microphone. Allow it in the site's settings beside the address, then try again.",
    missing: "No microphone was found. Connect one and try again.",
    taken: "Another program is using the microphone.",
    insecure: "The microphone works on https or on this computer's own address only.",
    lost: "That voice message was not delivered. Please say it again.",
  },
};

/** The sentence `key`, `{name}` filled from `values`. */
export function hear(key, values = {}) {
  return (WORDS[locale()][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
