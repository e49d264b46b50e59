// One WebSocket that comes back: hello, exponential backoff, heartbeat. It knows frames, not what they mean.

import { CLIENT, decode, encode, requestId } from "./protocol.js";

const FIRST_WAIT = 400; // ms
const LONGEST_WAIT = 15_000; // ms
const HEARTBEAT = 25_000; // ms between pings
const SILENCE = 10_000; // ms without any frame after a ping: the line is dead
const QUICK = 3_000; // ms, when the browser says that it is offline
const TOO_MANY = 1013;
const REFUSED = 1008;

/**
 * `greet()` returns the data of hello; `onHello(frame)`, `onFrame(frame)`; `onState(state)` with
 * connecting | connected | reconnecting | offline | refused.
 */
export class Connection {
  #socket = null;
  #attempt = 0;
  #retry = 0;
  #beat = 0;
  #heard = 0;
  #waiting = []; // requests made while not connected, sent once after hello
  #closed = true;

  constructor({ url, greet, onHello, onFrame, onState }) {
    Object.assign(this, { url, greet, onHello, onFrame, onState });
    this.ready = false;
    window.addEventListener("online", () => this.#hurry());
    window.addEventListener("offline", () => this.#check(QUICK)); // a server on this machine stays reachable
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
  }

  open() {
    this.#closed = false;
    this.onState("connecting");
    this.#connect();
  }

  /** Greet anew: another conversation, another language. */
  restart() {
    this.#drop();
    this.#attempt = 0;
    this.#connect();
  }

  close() {
    this.#closed = true;
    this.#drop();
  }

  /** Send a request now; false when there is no connection. */
  send(type, data, id, session) {
    if (!this.ready) return false;
    this.#socket.send(encode({ id, session, type, data }));
    return true;
  }

  /** Send a binary frame now; false when there is no connection. */
  sendBytes(bytes) {
    if (this.ready) this.#socket.send(bytes);
    return this.ready;
  }

  /** Send a request now or, once, after the next hello. */
  sendOrKeep(type, data, id, session) {
    if (!this.send(type, data, id, session)) this.#waiting = [...this.#waiting.slice(-19), { type, data, id }];
  }

  #connect() {
    clearTimeout(this.#retry);
    if (this.#closed) return;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => socket.send(encode({ id: requestId("h"), type: "hello", data: { client: CLIENT, ...this.greet() } }));
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => this.#lost(code);
  }

  #hear(data) {
    this.#heard = Date.now();
    if (typeof data !== "string") {
      this.onBinary?.(data);
      return;
    }
    const frame = decode(data);
    if (frame === null || frame.type === "pong") return;
    if (frame.type !== "hello") {
      this.onFrame(frame);
      return;
    }
    this.ready = true;
    this.#attempt = 0;
    this.#keepAlive();
    this.onHello(frame);
    this.onState("connected");
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { type, data: body, id } of waiting) this.send(type, body, id, frame.session);
  }

  #keepAlive() {
    clearInterval(this.#beat);
    this.#beat = setInterval(() => this.#check(SILENCE), HEARTBEAT);
  }

  #check(patience) {
    const asked = Date.now();
    this.send("ping", {}, requestId("p"));
    setTimeout(() => this.ready && this.#heard < asked && this.#lost(), patience);
  }

  #lost(code = 1006) {
    if (this.#closed) return;
    this.#drop();
    this.onState(navigator.onLine === false ? "offline" : code === REFUSED ? "refused" : "reconnecting");
    const least = code === TOO_MANY || code === REFUSED ? 5_000 : FIRST_WAIT;
    const wait = Math.min(LONGEST_WAIT, least * 2 ** this.#attempt) * (0.75 + Math.random() / 2);
    this.#attempt += 1;
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  #hurry() {
    if (this.#closed || this.ready || this.#socket?.readyState === WebSocket.CONNECTING) return;
    this.#attempt = 0;
    this.#connect();
  }

  #drop() {
    clearTimeout(this.#retry);
    clearInterval(this.#beat);
    this.ready = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
