// The mini program's components in miniprogram-simulate, with a stub of tt. It reads WXML and WXSS, so TTML and TTSS are renamed and
// tt:if, tt:for, ... become wx:if, wx:for, ...; nothing else is changed.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { JSDOM } = require("jsdom");

const ROOT = path.join(__dirname, "../../deploy/miniprogram");
const window = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true }).window;
for (const name of ["window", "document", "HTMLElement", "Node", "Event", "CustomEvent", "Element", "MutationObserver", "CSSStyleSheet"])
  global[name] = name === "window" ? window : window[name];
const simulate = require("miniprogram-simulate");

function converted() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "miniprogram-"));
  for (const file of fs.readdirSync(ROOT, { recursive: true })) {
    const from = path.join(ROOT, file);
    if (!fs.statSync(from).isFile()) continue;
    const to = path.join(folder, file.replace(/\.ttml$/, ".wxml").replace(/\.ttss$/, ".wxss"));
    fs.mkdirSync(path.dirname(to), { recursive: true });
    const text = fs.readFileSync(from, "utf8");
    fs.writeFileSync(to, file.endsWith(".ttml") ? text.replace(/\btt:/g, "wx:") : text);
  }
  return folder;
}

// A stub of the platform; `calls` keeps what was asked of it, `answer` how requests and uploads end.
function platform() {
  const kept = new Map();
  const made = { calls: [], sockets: [], answer: {}, toasts: [], kept };
  const on = () => undefined;
  const handlers = {};
  made.recorder = { start: (options) => made.calls.push(["record", options]), stop: () => made.calls.push(["record.stop"]), onStart: (f) => (handlers.start = f), onStop: (f) => (handlers.stop = f), onError: (f) => (handlers.error = f), onFrameRecorded: (f) => (handlers.frame = f) };
  made.recording = handlers;
  made.audio = { played: [], stopped: 0, play() { this.played.push(this.src); }, stop() { this.stopped += 1; }, onEnded: (f) => (made.audioEnded = f), onError: on };
  made.tt = {
    env: { USER_DATA_PATH: "ttfile://user" },
    getSystemInfoSync: () => ({ language: "zh_CN", theme: "light", fontSizeSetting: 16, benchmarkLevel: 30 }),
    getStorageSync: (key) => kept.get(key) || "",
    setStorageSync: (key, value) => kept.set(key, value),
    login: (options) => { made.calls.push(["login"]); options.success({ code: "code-" + made.calls.length }); },
    request: (options) => { made.calls.push(["request", options]); (made.answer.request || ((o) => o.success({ statusCode: 200, data: { token: "d_1", anonymous: false } })))(options); },
    uploadFile: (options) => { made.calls.push(["upload", options]); (made.answer.upload || ((o) => o.success({ statusCode: 200, data: "{}" })))(options); },
    connectSocket: (options) => {
      const socket = { sent: [], url: options.url, closed: false, onOpen: (f) => (socket.opened = f), onMessage: (f) => (socket.message = f), onClose: (f) => (socket.gone = f), onError: (f) => (socket.broken = f), send: (o) => socket.sent.push(JSON.parse(o.data)), close: () => { socket.closed = true; socket.gone && socket.gone({}); } };
      made.sockets.push(socket);
      return socket;
    },
    getRecorderManager: () => made.recorder,
    createInnerAudioContext: () => made.audio,
    getFileSystemManager: () => ({ writeFileSync: (file, data) => made.calls.push(["write", file, data]) }),
    onThemeChange: (f) => (made.themeChanged = f),
    showToast: (o) => made.toasts.push(o.title),
    previewImage: (o) => made.calls.push(["preview", o]),
    chooseImage: (o) => o.success({ tempFilePaths: ["ttfile://picture.jpg"] }),
    navigateTo: (o) => made.calls.push(["to", o.url]),
    navigateBack: () => made.calls.push(["back"]),
    reLaunch: (o) => made.calls.push(["relaunch", o.url]),
    requestSubscribeMessage: (o) => { made.calls.push(["subscribe", o.tmplIds]); o.success(Object.fromEntries(o.tmplIds.map((id) => [id, "accept"]))); },
  };
  return made;
}

// A program that was opened: the app, the stub, and a screen by name. `consent` false: for the first time.
function opened({ consent = true, screen = "chat" } = {}) {
  const folder = converted();
  const stub = platform();
  if (consent) stub.kept.set("yinlu.consent", 1);
  global.tt = stub.tt;
  let app = null;
  global.App = (given) => (app = given);
  global.getApp = () => app;
  for (const name of Object.keys(require.cache)) if (name.startsWith(os.tmpdir())) delete require.cache[name];
  require(path.join(folder, "app.js"));
  app.onLaunch();
  const component = simulate.render(simulate.load(path.join(folder, `components/${screen}/${screen}`), `yinlu-${screen}`, { rootPath: folder, less: false }));
  const parent = document.createElement("div");
  document.body.appendChild(parent);
  component.attach(parent);
  const socket = () => stub.sockets[stub.sockets.length - 1];
  const frame = (type, data, more) => socket().message({ data: JSON.stringify({ v: 1, session: "s_1", type, data, ...more }) });
  const hello = (more) => {
    socket().opened();
    frame("hello", { resumed: false, examples: ["谁能投票？"], prompts: ["a red fox"], limits: { question: 2000 }, ...more });
  };
  const close = () => {
    clearInterval(app.connection.pinging);
    clearTimeout(app.connection.timer);
    app.connection.wanted = false;
    component.detach();
    parent.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { app, stub, component, socket, frame, hello, close, folder, html: () => parent.innerHTML, text: () => parent.textContent, parent };
}

module.exports = { opened, converted, platform, simulate, window };
