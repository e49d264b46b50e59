// What the program says, in both languages: [zh, en].
const WORDS = {
  notice: ["内容由人工智能生成，请核对来源", "Made by artificial intelligence; check the sources"],
  ask: ["想问什么？", "What would you like to know?"],
  send: ["发送", "Send"],
  hold: ["按住说话", "Hold to talk"],
  letGo: ["松开发送，上滑取消", "Let go to send, slide up to cancel"],
  willDrop: ["松开取消", "Let go to cancel"],
  left: ["还剩 {n} 秒", "{n} s left"],
  short: ["说得太短了", "That was too short"],
  refused: ["没有麦克风权限，可以在设置里打开", "No microphone; it can be allowed in the settings"],
  dropped: ["已取消", "Cancelled"],
  failed: ["录音没有成功，请再试一次", "The recording failed; please try again"],
  lost: ["网络断开，正在重连…", "Connection lost; trying again…"],
  unsent: ["没有发送成功：{why}", "It was not sent: {why}"],
  again: ["请再试一次", "please try again"],
  stage_received: ["已收到", "Received"],
  stage_searching: ["正在查找…", "Searching…"],
  stage_reading: ["正在阅读…", "Reading…"],
  stage_writing: ["正在书写…", "Writing…"],
  sources: ["来源", "Sources"],
  close: ["关闭", "Close"],
  open: ["打开原文", "Open the original"],
  copied: ["已复制", "Copied"],
  reasons: ["哪里不好？", "What was wrong?"],
  wrong: ["不对", "Wrong"],
  incomplete: ["不完整", "Incomplete"],
  outdated: ["过时了", "Outdated"],
  unclear: ["看不懂", "Unclear"],
  other: ["其他", "Something else"],
  tryAsking: ["可以这样问", "Try asking"],
  draw: ["画一张", "Draw"],
  more: ["更多", "More"],
  picture: ["添加图片", "Add a picture"],
  play: ["播放", "Play"],
  still: ["引路人保持不动", "Keep the face still"],
  confirm: ["请回到对话里确认。", "Please confirm it in the conversation."],
  stop: ["停止朗读", "Stop reading"],
  title: ["使用前请阅读", "Before you begin"],
  privacy: [
    "为了回答你，我们会处理你输入的文字、你按住说话时的录音和你选择的图片。录音听写后不会长期保存。平台会对内容做安全检查。生成记录按规定保留至少六个月，其中不含内容。你可以随时发送 /privacy 查看、发送 /forgetme 删除。",
    "To answer you we process the words you type, what you say while you hold the button, and pictures you choose. Recordings are not kept for long after they were heard. The platform checks content. Records of what was generated are kept for at least six months, without the content. /privacy shows and /forgetme deletes what is known of you, at any time.",
  ],
  agree: ["同意并开始", "Agree and begin"],
  disagree: ["不同意", "Don't agree"],
  noWay: ["没有同意之前什么都不会发送。", "Nothing is sent before you agree."],
  language: ["English", "中文"],
  aloud: ["朗读回答", "Read answers aloud"],
  link: ["关联其他平台的账号", "Link an account elsewhere"],
  linkHow: ["在 Discord 或 Telegram 里发送 /link 得到代码，填在这里；或在这里取一个代码，到那边填。", "Send /link in Discord or Telegram for a code and enter it here; or take a code here and enter it there."],
  linkCode: ["代码", "Code"],
  linkTake: ["取一个代码", "Take a code"],
  linkGive: ["关联", "Link"],
  news: ["图片画好或问题有人回答时通知我", "Tell me when pictures are ready or a question was answered"],
  seePrivacy: ["隐私说明", "Privacy"],
  forget: ["删除我的数据", "Delete my data"],
  leave: ["退出登录", "Log out"],
  keeper: ["引路人", "The lantern keeper"],
};

function languageOf(code) {
  return String(code).toLowerCase().startsWith("zh") ? "zh" : "en";
}

function say(locale, name, values) {
  const words = WORDS[name] ? WORDS[name][locale === "zh" ? 0 : 1] : name;
  return Object.entries(values || {}).reduce((text, [key, value]) => text.replace("{" + key + "}", value), words);
}

// All words in one language, as a screen's data.
function all(locale) {
  return Object.fromEntries(Object.keys(WORDS).map((name) => [name, say(locale, name)]));
}

module.exports = { say, all, languageOf, WORDS };
