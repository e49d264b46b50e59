// Prints the mini program's screens as JSON: {name: {css, html}}, each in a state that members see. For docs/pictures/take_miniprogram.py.
const { opened } = require("./harness.js");

const vote = (label, action) => ({ label, token: "t" + label, action, style: "plain" });
const SOURCE = { n: 1, source: "zh/proposals.md", title: "提案：从想法到执行", quote: "投票 7 天。紧急提案 72 小时，需三位理事同意。", passage: "五个阶段。投票 7 天。紧急提案 72 小时，需三位理事同意。之后进入执行。", start: 5, end: 31, url: "", date: "2026-03-01" };
const shots = {};

function shot(name, options, act) {
  const program = opened(options);
  if (options.english) program.app.setLocale("en");
  act(program, program.component.instance);
  shots[name] = { css: document.head.innerHTML, html: program.html() };
  program.close();
  document.head.innerHTML = "";
}

function answered(program, chat) {
  program.hello({ examples: [] });
  chat.put("提案要投票多久？");
  const id = program.socket().sent.at(-1).id;
  program.frame("sources", { answer: "a", items: [SOURCE] }, { id, seq: 1 });
  program.frame("done", { answer: "a", outcome: "answered", text: "投票 7 天。紧急提案 72 小时，需三位理事同意。[1]\n\n内容由 AI 生成", buttons: [[vote("👍", "vote_up"), vote("👎", "vote_down"), vote("🔊", "speak"), vote("🔁", "again")]], follow_ups: [{ text: "谁可以投票？", token: "f" }] }, { id, seq: 2 });
  return id;
}

shot("1 consent", { consent: false }, () => undefined);
shot("2 welcome", {}, (program) => program.hello({ examples: ["提案要投票多久？", "新人第一周做什么？", "怎么领取悬赏？"], prompts: ["夜里的红狐狸，水彩"] }));
shot("3 answer", {}, (program, chat) => {
  const id = answered(program, chat);
  program.frame("vote", { answer: "a", value: "up", text: "谢谢！" }, { seq: 3 });
  return id;
});
shot("4 speaking", {}, (program, chat) => {
  answered(program, chat);
  chat.hold({ touches: [{ clientY: 500 }] });
  program.stub.recording.start();
  program.stub.recording.frame({ frameBuffer: new ArrayBuffer(2600) });
  chat.setData({ caption: "投票七天。紧急提案七十二小时。", speaking: true, shape: "aa", left: 8, leftText: "还剩 8 秒" });
});
shot("5 pictures", {}, (program, chat) => {
  program.hello({ examples: [] });
  chat.put("/imagine 夜里的红狐狸，水彩");
  program.frame("message", { message: "m", text: "**夜里的红狐狸，水彩** · 种子 417".replace(/\*/g, ""), parts: [{ kind: "picture", url: "grid", alt: "", media_type: "image/png" }], buttons: [["U1", "U2", "U3", "U4", "🔄"].map((label) => vote(label, "upscale")), ["V1", "V2", "V3", "V4"].map((label) => vote(label, "vary")), [vote("👍", "vote_up"), vote("👎", "vote_down")]], made: "j" }, { seq: 1 });
});
shot("6 dark", {}, (program, chat) => {
  const id = answered(program, chat);
  program.stub.themeChanged({ theme: "dark" });
  chat.source({ currentTarget: { dataset: { turn: id, n: 1 } } });
});
shot("7 more", { screen: "more" }, (program, more) => {
  program.hello();
  more.take();
  program.frame("message", { message: "m", text: "你的代码：K7QF-2M9D，15 分钟内在另一个平台上发送 /link K7QF-2M9D。", parts: [], buttons: [] }, { seq: 1 });
});
process.stdout.write(JSON.stringify(shots), () => process.exit(0));
