const assert = require("node:assert");
const { afterEach, test } = require("node:test");
const { opened } = require("./harness.js");

let program = null;
function open(options) {
  program = opened(options);
  return program;
}
afterEach(() => program && program.close());

const events = (y) => ({ touches: [{ clientY: y }] });
const pressed = (dataset) => ({ currentTarget: { dataset } });

function asked(p, text = "谁能投票？") {
  p.hello();
  p.component.instance.put(text);
  return p.socket().sent.at(-1).id;
}

test("nothing is sent before the member agreed", () => {
  const p = open({ consent: false });
  assert.deepEqual(p.stub.calls, []);
  assert.match(p.text(), /使用前请阅读/);
  p.component.instance.disagree();
  assert.match(p.text(), /没有同意之前什么都不会发送/);
  assert.deepEqual(p.stub.calls, []);
  p.component.instance.agree();
  assert.deepEqual(p.stub.calls.map(([name]) => name), ["login", "request"]);
  assert.doesNotMatch(p.text(), /使用前请阅读/);
});

test("the notice that content is generated stands there always", () => {
  const p = open();
  const seen = () => assert.match(p.text(), /内容由人工智能生成/);
  seen();
  const id = asked(p);
  p.frame("done", { answer: "a", outcome: "answered", text: "七天", buttons: [] }, { id, seq: 1 });
  seen();
});

test("a question grows, shows its sources with the quote marked, and is voted on with a reason", () => {
  const p = open();
  const id = asked(p);
  assert.match(p.text(), /谁能投票/);
  p.frame("progress", { stage: "searching" }, { id, seq: 1 });
  assert.match(p.text(), /正在查找/);
  p.frame("delta", { answer: "a", offset: 0, text: "投票🗳" }, { id, seq: 2 });
  p.frame("delta", { answer: "a", offset: 3, text: "七天" }, { id, seq: 3 });
  assert.match(p.text(), /投票🗳七天/);
  const source = { n: 1, source: "p.md", title: "提案", quote: "投票七天", passage: "🗳先说。投票七天。", start: 4, end: 8, url: "", date: "" };
  p.frame("sources", { answer: "a", items: [source] }, { id, seq: 4 });
  const vote = (action) => ({ label: "x", token: "t-" + action, action, style: "plain" });
  p.frame("done", { answer: "a", outcome: "answered", text: "投票🗳七天 [1]", buttons: [[vote("vote_up"), vote("vote_down")]], follow_ups: [{ text: "然后呢", token: "f" }] }, { id, seq: 5 });
  p.component.instance.source(pressed({ turn: id, n: 1 }));
  assert.equal(p.component.data.opened.quoted, "投票七天");
  assert.match(p.html(), /marked[^>]*>投票七天</);
  p.component.instance.shut();
  p.component.instance.press(pressed({ token: "t-vote_down", action: "vote_down", turn: id }));
  assert.match(p.text(), /哪里不好/);
  p.component.instance.reason(pressed({ reason: "outdated", turn: id }));
  assert.deepEqual(p.socket().sent.slice(-2).map((f) => [f.type, f.data]), [["vote", { token: "t-vote_down" }], ["vote", { token: "t-vote_down", reason: "outdated" }]]);
  p.frame("vote", { answer: "a", value: "down", reason: "outdated", text: "谢谢" }, { seq: 6 });
  assert.match(p.html(), /chosen/);
  assert.match(p.text(), /谢谢.*然后呢/);
});

test("a lost network is said, what was asked is asked again, what came is not shown twice", async () => {
  const p = open();
  const id = asked(p);
  p.frame("delta", { answer: "a", offset: 0, text: "一" }, { id, seq: 1 });
  p.component.instance.put("第二个");
  p.socket().gone({});
  assert.match(p.text(), /正在重连/);
  await new Promise((done) => setTimeout(done, 600));
  assert.equal(p.stub.sockets.length, 2);
  p.socket().opened();
  assert.deepEqual(p.socket().sent[0].data, { locale: "zh", client: "miniprogram/1", token: "d_1", session: "s_1", after: 1 });
  p.frame("hello", { resumed: true });
  assert.deepEqual(p.socket().sent.filter((f) => f.type === "ask").map((f) => [f.type, f.data.text]), [["ask", "第二个"]]);
  p.frame("delta", { answer: "a", offset: 0, text: "一" }, { id, seq: 1 });
  p.frame("delta", { answer: "a", offset: 1, text: "二" }, { id, seq: 2 });
  assert.match(p.text(), /一二/);
  assert.doesNotMatch(p.text(), /正在重连/);
});

test("a session that ended logs in again and goes on", async () => {
  const p = open();
  asked(p);
  p.frame("error", { code: "LoginNeeded", text: "请重新登录" });
  assert.equal(p.stub.kept.get("yinlu.token"), "");
  await new Promise((done) => setTimeout(done, 600));
  assert.deepEqual(p.stub.calls.filter(([name]) => name === "login").length, 2);
  assert.equal(p.stub.sockets.length, 2);
});

test("a login that is refused says why and is tried again with a new code", async () => {
  const p = open({ consent: false });
  const codes = [];
  p.stub.answer.request = (o) => {
    codes.push(o.data.code);
    if (codes.length === 1) o.success({ statusCode: 503, data: { error: { code: "Down", text: "登录服务暂时不可用" } } });
    else o.success({ statusCode: 200, data: { token: "d_2", anonymous: true } });
  };
  p.component.instance.agree();
  assert.deepEqual(p.stub.toasts, ["登录服务暂时不可用"]);
  await new Promise((done) => setTimeout(done, 600));
  assert.equal(new Set(codes).size, 2);
  assert.equal(p.stub.kept.get("yinlu.token"), "d_2");
});

test("held, spoken, let go: the recording is sent as the platform records it, its words become the question", async () => {
  const p = open();
  p.hello();
  const chat = p.component.instance;
  p.stub.answer.upload = (o) => o.success({ statusCode: 200, data: JSON.stringify({ received: true }) });
  chat.hold(events(500));
  assert.deepEqual(p.stub.calls.at(-1)[1], { duration: 60000, sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 48000, frameSize: 4 });
  p.stub.recording.start();
  p.stub.recording.frame({ frameBuffer: new ArrayBuffer(2048) });
  assert.match(p.text(), /松开发送，上滑取消/);
  assert.equal(p.component.data.level, 50);
  await new Promise((done) => setTimeout(done, 450));
  chat.release();
  p.stub.recording.stop({ tempFilePath: "ttfile://a.aac" });
  await new Promise((done) => setImmediate(done));
  const [, upload] = p.stub.calls.find(([name]) => name === "upload");
  assert.equal(upload.url, p.app.connection.config.voice);
  assert.deepEqual([upload.filePath, upload.formData.session, upload.header.Authorization], ["ttfile://a.aac", "s_1", "Bearer d_1"]);
  p.frame("transcript", { text: "谁能投票", final: true }, { id: upload.formData.id, seq: 1 });
  assert.match(p.text(), /🎙 谁能投票/);
});

test("slid up, too short, or no microphone: nothing is sent, and it is said", async () => {
  const p = open();
  p.hello();
  const chat = p.component.instance;
  chat.hold(events(500));
  p.stub.recording.start();
  chat.slide(events(300));
  assert.match(p.text(), /松开取消/);
  await new Promise((done) => setTimeout(done, 450));
  chat.release();
  p.stub.recording.stop({ tempFilePath: "x" });
  chat.hold(events(500));
  p.stub.recording.start();
  chat.release();
  p.stub.recording.stop({ tempFilePath: "x" });
  chat.hold(events(500));
  p.stub.recording.error({ errMsg: "auth deny" });
  assert.deepEqual(p.stub.toasts, ["已取消", "说得太短了", "没有麦克风权限，可以在设置里打开"]);
  assert.equal(p.stub.calls.some(([name]) => name === "upload"), false);
});

test("the platform ends a recording at 60 s by itself; a refusal of the server is said", async () => {
  const p = open();
  p.hello();
  p.stub.answer.upload = (o) => o.success({ statusCode: 400, data: JSON.stringify({ error: { code: "BadInput", text: "录音太长了" } }) });
  p.component.instance.hold(events(500));
  p.stub.recording.start();
  await new Promise((done) => setTimeout(done, 450));
  p.stub.recording.stop({ tempFilePath: "ttfile://a.aac" });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(p.stub.toasts, ["没有发送成功：录音太长了"]);
  assert.equal(p.component.data.recording, false);
});

test("speech is played sentence by sentence with captions and a moving mouth, and stops at once", () => {
  const p = open();
  p.hello();
  const sentence = (n, text) => {
    p.frame("viseme", { answer: "a", n, at: [[0, "aa"]] });
    p.frame("audio.start", { answer: "a", n, rate: 24000, format: "pcm16", text });
    p.socket().message({ data: new Uint8Array([0, 0, 0, 0, 1, 2, 3, 4]).buffer });
    p.frame("audio.end", { answer: "a", n });
  };
  sentence(0, "投票七天。");
  sentence(1, "紧急三天。");
  assert.match(p.text(), /投票七天。.*停止朗读/);
  const [, path, data] = p.stub.calls.find(([name]) => name === "write");
  assert.deepEqual([Buffer.from(data).toString("latin1", 0, 4), data.byteLength, p.stub.audio.played], ["RIFF", 48, [path]]);
  p.stub.audioEnded();
  assert.match(p.text(), /紧急三天/);
  p.component.instance.silence();
  assert.equal(p.socket().sent.at(-1).type, "audio.stop");
  sentence(2, "这句不该听到。");
  assert.equal(p.stub.audio.played.length, 2);
  assert.doesNotMatch(p.text(), /这句不该听到/);
});

test("a picture is drawn: one message follows it, the grid has its buttons, a form asks for the words", () => {
  const p = open();
  asked(p, "/imagine a red fox");
  p.frame("message", { message: "m_1", text: "a red fox · 42%", parts: [], buttons: [[{ label: "✖", token: "stop", action: "stop", style: "danger" }]], made: "" }, { seq: 1 });
  assert.match(p.html(), /bar-done" style="width: 42%/);
  const button = (label, action) => ({ label, token: "t" + label, action, style: "plain" });
  const grid = { kind: "picture", url: "/files/grid.png", alt: "four foxes", media_type: "image/png" };
  p.frame("message", { message: "m_2", text: "a red fox", parts: [grid], buttons: [[button("U1", "upscale"), button("V1", "vary")]], made: "j1" }, { seq: 2 });
  assert.equal(p.component.data.turns.at(-1).pictures[0].url, p.app.connection.config.files + "/files/grid.png");
  p.component.instance.press(pressed({ token: "tU1", action: "upscale", turn: "m_2" }));
  assert.deepEqual(p.socket().sent.at(-1).data, { token: "tU1" });
  p.frame("message", { message: "m_2", text: "", parts: [], buttons: [[button("U1", "upscale")]], keep: true }, { seq: 3 });
  assert.equal(p.component.data.turns.at(-1).pictures.length, 1);
  p.frame("form", { token: "remix", title: "Remix", fields: [{ name: "prompt", label: "提示词", kind: "text", value: "a red fox", hint: "" }] });
  assert.match(p.text(), /Remix.*提示词/);
  p.component.instance.filled({ currentTarget: { dataset: { name: "prompt" } }, detail: { value: "a blue fox" } });
  p.component.instance.submit();
  assert.doesNotMatch(p.text(), /Remix/);
  assert.deepEqual(p.socket().sent.at(-1).data, { token: "remix", values: { prompt: "a blue fox" } });
  p.component.instance.picture(pressed({ url: "https://example.com/files/grid.png" }));
  assert.deepEqual(p.stub.calls.at(-1), ["preview", { current: "https://example.com/files/grid.png", urls: ["https://example.com/files/grid.png"] }]);
  p.frame("message", { message: "m_3", text: "", parts: [{ kind: "sound", url: "/files/said.m4a", alt: "", seconds: 2 }], buttons: [] }, { seq: 4 });
  assert.match(p.text(), /▶ 播放/);
  p.component.instance.sound(pressed({ url: p.component.data.turns.at(-1).sounds[0].url }));
  assert.deepEqual(p.stub.audio.played, ["https://example.com/files/said.m4a"]);
});

test("a picture that the safety service refuses is refused in one sentence", async () => {
  const p = open();
  p.hello();
  p.stub.answer.upload = (o) => o.success({ statusCode: 422, data: JSON.stringify({ error: { code: "Moderated", text: "这张图片不能用" } }) });
  p.component.instance.attach();
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(p.stub.toasts, ["没有发送成功：这张图片不能用"]);
});

test("an answer that failed stands below its question", () => {
  const p = open();
  const id = asked(p);
  p.frame("error", { code: "LimitReached", text: "问得太快了", retry_after: 5 }, { id });
  assert.match(p.html(), /failed[^>]*>问得太快了/);
});

test("dark follows the system, and the face is still on a weak device", () => {
  const p = open();
  p.hello();
  p.stub.themeChanged({ theme: "dark" });
  assert.match(p.html(), /dark/);
});

test("more: language, reading aloud, messages, linking, deleting, leaving", async () => {
  const p = open({ screen: "more" });
  p.hello();
  const more = p.component.instance;
  more.aloud({ detail: { value: true } });
  assert.deepEqual(p.socket().sent.at(-1).data, { aloud: true });
  more.take();
  assert.deepEqual(p.socket().sent.at(-1).data, { command: "link", arguments: {} });
  p.frame("message", { message: "m", text: "你的代码：ABCD", parts: [], buttons: [] }, { seq: 1 });
  assert.match(p.text(), /ABCD/);
  more.typed({ detail: { value: " XYZ1 " } });
  more.give();
  assert.deepEqual(p.socket().sent.at(-1).data, { command: "link", arguments: { code: "XYZ1" } });
  p.stub.answer.request = (o) => o.success && o.success({ statusCode: 200, data: { templates: { pictures: "tpl1", answers: "" } } });
  more.news();
  assert.deepEqual(p.stub.calls.filter(([name]) => name === "subscribe").map(([, ids]) => ids), [["tpl1"]]);
  assert.deepEqual(p.stub.calls.at(-1)[1].data, { accepted: ["pictures"] });
  more.language();
  assert.match(p.text(), /Read answers aloud/);
  more.forget(); // while the connection comes back in the other language
  await new Promise((done) => setTimeout(done, 600));
  p.socket().opened();
  assert.equal(p.socket().sent[0].data.locale, "en");
  p.frame("hello", { resumed: true });
  assert.ok(p.socket().sent.some((f) => f.data.command === "forgetme"));
  assert.equal(p.stub.calls.filter(([name]) => name === "back").length, 1);
  more.out();
  assert.deepEqual([p.stub.kept.get("yinlu.token"), p.stub.kept.get("yinlu.consent")], ["", ""]);
});
