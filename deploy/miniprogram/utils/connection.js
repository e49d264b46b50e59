// Login, socket and what is sent over HTTP. Screens hear frames by `listen`, and the connection's state as frames of type "state".
const { Protocol } = require("./protocol.js");

const WAITS = [500, 1000, 2000, 4000, 8000, 15000]; // ms before each new try
const PING = 25000; // a socket without traffic is closed after 60 s

class Connection {
  constructor(config, storage, locale) {
    this.config = config;
    this.storage = storage;
    this.listeners = new Set();
    this.tries = 0;
    this.wanted = false;
    this.state = "off"; // off | connecting | ready
    this.protocol = new Protocol(() => this.open(), (frame) => this.tell(frame), storage, locale);
  }

  listen(hear) {
    this.listeners.add(hear);
    hear({ type: "state", data: { state: this.state } });
    return () => this.listeners.delete(hear);
  }

  start() {
    this.wanted = true;
    if (this.state === "off") this.connect();
  }

  // The program came back to the front: don't wait for the next try.
  wake() {
    if (this.wanted && this.state === "connecting" && this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
      this.connect();
    }
  }

  setLocale(locale) {
    this.protocol.locale = locale;
    if (this.socket) this.socket.close({ code: 1000 });
  }

  ask(text) {
    return this.protocol.ask(text);
  }

  send(type, data, keep) {
    return this.protocol.send(type, data, keep);
  }

  tell(frame) {
    if (frame.type === "hello") {
      this.tries = 0;
      this.become("ready");
    }
    if (frame.type === "error" && frame.data.code === "LoginNeeded" && this.socket) this.socket.close({ code: 1000 });
    this.listeners.forEach((hear) => hear(frame));
  }

  become(state) {
    this.state = state;
    this.listeners.forEach((hear) => hear({ type: "state", data: { state } }));
  }

  connect() {
    this.become("connecting");
    if (this.storage.get("token")) this.protocol.connect();
    else this.login();
  }

  // The code works once: a login that failed asks the platform for a new one.
  login() {
    tt.login({
      force: false,
      success: (given) => {
        tt.request({
          url: this.config.login,
          method: "POST",
          data: { code: given.code || undefined, anonymous_code: given.anonymousCode || undefined },
          header: { "Accept-Language": this.protocol.locale, ...this.authorization() },
          success: (/** @type {any} */ answer) => {
            if (answer.statusCode !== 200) return this.again(answer.data && answer.data.error);
            this.storage.set("token", answer.data.token);
            this.storage.set("anonymous", answer.data.anonymous ? 1 : 0);
            return this.protocol.connect();
          },
          fail: () => this.again(),
        });
      },
      fail: () => this.again(),
    });
  }

  authorization() {
    const token = this.storage.get("token");
    return token ? { Authorization: "Bearer " + token } : {};
  }

  open() {
    const socket = tt.connectSocket({ url: this.config.socket });
    this.socket = socket;
    socket.onOpen(() => this.protocol.opened());
    socket.onMessage((message) => {
      if (typeof message.data === "string") this.protocol.received(message.data);
      else this.listeners.forEach((hear) => hear({ type: "sound", data: message.data }));
    });
    const gone = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.protocol.lost();
      this.again();
    };
    socket.onClose(gone);
    socket.onError(gone);
    clearInterval(this.pinging);
    this.pinging = setInterval(() => this.protocol.ready && this.protocol.send("ping", {}), PING);
    return { send: (text) => socket.send({ data: text, fail: gone }), close: () => socket.close({}) };
  }

  again(error) {
    if (error) this.listeners.forEach((hear) => hear({ type: "error", data: error }));
    this.become("connecting");
    const wait = WAITS[Math.min(this.tries, WAITS.length - 1)];
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.connect();
    }, wait);
  }

  // Sends a file with the fields that let its answer come over the socket; resolves to the id, rejects with the server's error.
  upload(url, path, fields) {
    const id = this.protocol.newId();
    const form = { session: this.protocol.session, id, locale: this.protocol.locale, ...fields };
    return new Promise((resolve, reject) => {
      tt.uploadFile({
        url,
        filePath: path,
        name: "file",
        formData: form,
        header: { "Accept-Language": this.protocol.locale, ...this.authorization() },
        success: (answer) => {
          const told = parsed(answer.data); // a string, whatever the status
          if (answer.statusCode === 200) resolve(id);
          else reject(told.error || { code: "Http" + answer.statusCode, text: "" });
        },
        fail: () => reject({ code: "Lost", text: "" }),
      });
    });
  }

  // Asks for the templates that can be sent, then the member, then tells the house what was allowed.
  subscribe() {
    const call = (data, done) =>
      tt.request({
        url: this.config.subscriptions,
        method: "POST",
        data,
        header: this.authorization(),
        success: (/** @type {any} */ answer) => done(answer.statusCode === 200 ? answer.data.templates || {} : {}),
        fail: () => done({}),
      });
    call({ accepted: [] }, (templates) => {
      const names = Object.keys(templates).filter((name) => templates[name]);
      if (!names.length) return;
      tt.requestSubscribeMessage({
        tmplIds: /** @type {any} */ (names.map((name) => templates[name])),
        success: (chosen) => {
          const accepted = names.filter((name) => chosen[templates[name]] === "accept");
          if (accepted.length) call({ accepted }, () => undefined);
        },
      });
    });
  }

  leave() {
    tt.request({ url: this.config.logout, method: "POST", header: this.authorization() });
    ["token", "session", "last"].forEach((key) => this.storage.set(key, ""));
    this.protocol.session = "";
    this.protocol.last = 0;
    if (this.socket) this.socket.close({ code: 1000 });
  }
}

function parsed(text) {
  try {
    return typeof text === "string" ? JSON.parse(text) : text || {};
  } catch (error) {
    return {};
  }
}

module.exports = { Connection, PING };
