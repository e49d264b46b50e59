// The mini program's own connection against a real server: login, ask, the line cut in the middle, resume, vote, ask again with an
// ended session. Usage: node talk.js BASE CODE CODE2. Prints JSON of what the screen showed.
const path = require("node:path");
const { WebSocket } = require("undici");
const ROOT = path.join(__dirname, "../../deploy/miniprogram");
const [base, ...codes] = process.argv.slice(2);
const kept = new Map();

global.tt = {
  getStorageSync: (key) => kept.get(key) || "",
  setStorageSync: (key, value) => kept.set(key, value),
  login: (options) => options.success({ code: codes.shift() }),
  request: (options) =>
    fetch(options.url, { method: options.method, headers: { "Content-Type": "application/json", ...options.header }, body: JSON.stringify(options.data || {}) })
      .then(async (answer) => options.success && options.success({ statusCode: answer.status, data: await answer.json().catch(() => ({})) }))
      .catch((error) => options.fail && options.fail(error)),
  connectSocket: (options) => {
    const socket = new WebSocket(options.url);
    const on = (name, hear) => socket.addEventListener(name, hear);
    sockets.push(socket);
    return { onOpen: (f) => on("open", f), onMessage: (f) => on("message", f), onClose: (f) => on("close", f), onError: (f) => on("error", f), send: (o) => socket.send(o.data), close: () => socket.close() };
  },
};
const sockets = [];
const config = { socket: base.replace("http", "ws") + "/douyin/ws", login: base + "/douyin/api/login", logout: base + "/douyin/api/logout" };
const { Connection } = require(path.join(ROOT, "utils/connection.js"));
const { storage } = require(path.join(ROOT, "utils/storage.js"));
const { after, turnOf } = require(path.join(ROOT, "utils/turns.js"));

let turns = [];
const connection = new Connection(config, storage, "zh");
const states = [];
connection.listen((frame) => {
  if (frame.type === "state") states.push(frame.data.state);
  else turns = after(turns, frame);
});
const until = async (true_, what) => {
  for (let n = 0; n < 400; n += 1) {
    if (true_()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error("never came: " + what + " " + JSON.stringify(turns));
};
const ask = (text) => {
  const id = connection.ask(text);
  turns = [...turns, turnOf(id, text)];
  return () => turns.find((turn) => turn.id === id);
};

(async () => {
  connection.start();
  await until(() => connection.state === "ready", "hello");
  const slow = ask("slow: when does the ferry leave?");
  await until(() => slow().stage === "writing", "the beginning"); // words come once a whole sentence was judged
  sockets.at(-1).close(); // the network is lost in the middle
  const meanwhile = ask("and while it is lost?");
  console.log("CUT");
  await until(() => slow().state === "done" && meanwhile().state === "done", "both answers");
  const up = slow().buttons.flat().find((button) => button.action === "vote_up");
  connection.send("vote", { token: up.token });
  await until(() => slow().vote === "up", "the vote");
  storage.set("token", "d_" + "0".repeat(40)); // a session that ended
  sockets.at(-1).close();
  const later = ask("after the session ended?");
  await until(() => later() && later().state === "done", "an answer in a new session");
  console.log(JSON.stringify({ slow: slow(), meanwhile: meanwhile(), later: later(), count: turns.length, sockets: sockets.length, states }));
  process.exit(0);
})().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
