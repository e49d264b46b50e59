// The client's half of docs/protocol.md, without screen or platform: `open` makes a socket, `show` gets each frame once.
class Protocol {
  // open() -> {send(text), close()}; show(frame); store: {get(key), set(key, value)}, kept between visits.
  constructor(open, show, store, locale) {
    this.open = open;
    this.show = show;
    this.store = store;
    this.locale = locale;
    this.socket = null;
    this.ready = false;
    this.waiting = new Map(); // id -> envelope, until the server stored it
    this.session = store.get("session") || "";
    this.last = store.get("last") || 0;
  }

  connect() {
    this.ready = false;
    this.socket = this.open();
  }

  // To be called when the socket is open: says who we are, and from where to go on.
  opened() {
    const data = { locale: this.locale, client: "miniprogram/1" };
    const token = this.store.get("token"); // of the login: it stands in the place of the page's `visitor`
    if (token) data.token = token;
    if (token && this.session) Object.assign(data, { session: this.session, after: this.last });
    this.write({ v: 1, id: this.newId(), type: "hello", data });
  }

  lost() {
    this.ready = false;
    this.socket = null;
  }

  // Sends now or after the next hello; the same id is handled once, so sending again is safe.
  send(type, data, keep) {
    const envelope = { v: 1, id: this.newId(), type, data };
    if (keep) this.waiting.set(envelope.id, envelope);
    if (this.ready) this.write(envelope);
    return envelope.id;
  }

  ask(text) {
    return this.send("ask", { text }, true);
  }

  received(text) {
    const frame = JSON.parse(text);
    if (frame.type === "hello") return this.greeted(frame);
    if (frame.type === "error" && frame.data.code === "LoginNeeded") {
      this.store.set("token", ""); // the caller logs in and connects again; what was asked still waits
      return this.show(frame);
    }
    if (frame.seq) {
      if (frame.seq <= this.last) return undefined; // replayed, and shown already
      this.last = frame.seq;
      this.store.set("last", frame.seq);
    }
    this.waiting.delete(frame.id);
    return this.show(frame);
  }

  greeted(frame) {
    if (!frame.data.resumed) {
      this.last = 0;
      this.store.set("last", 0);
    }
    this.session = frame.session;
    this.store.set("session", frame.session);
    this.ready = true;
    this.show(frame);
    this.waiting.forEach((envelope) => this.write(envelope));
  }

  write(envelope) {
    if (this.socket) this.socket.send(JSON.stringify(envelope));
  }

  // Unique in the session, over visits too.
  newId() {
    const random = Math.random().toString(36).slice(2, 10);
    return "m" + Date.now().toString(36) + random;
  }
}

// Puts `text` at code point `offset` and drops what stood behind it.
function grown(before, offset, text) {
  return Array.from(before).slice(0, offset).join("") + text;
}

module.exports = { Protocol, grown };
