// The page's heart: holds the conversation, speaks through the connection, keeps everything across reloads.
// Events tell the views what changed: items (all of them), item (one), finished, state, hello, board, form, notice.

import { Connection } from "./connection.js";
import { Conversation, RUNNING, newTurn } from "./conversation.js";
import { locale } from "./i18n.js";
import { attached, requestId } from "./protocol.js";
import * as store from "./store.js";
import { Tabs } from "./tabs.js";
import { Votes } from "./votes.js";

const OF_NOW = new Set(["board", "form", "voice", "viseme", "audio.start", "audio.end", "audio.over"]), CATCH_UP = 3_000, SAVE = 400; // frames of what is open now; ms to wait for the replay before unsent questions are sent; between two savings

export class Session extends EventTarget {
  state = "connecting";
  live = ""; // the session that the connection speaks for
  #kept = true; // what is shown was kept from an earlier visit: dropped when its session is gone
  #catchUp = null; // {until: seq, timer} while the server replays
  #saving = 0;
  #votes = new Votes();
  #sendOrKeep = (type, data, id) => this.connection.sendOrKeep(type, data, id, this.live);

  constructor(url) {
    super();
    this.server = store.get(`server.${locale()}`) ?? {};
    this.conversation = this.#restore();
    this.connection = new Connection({
      url,
      greet: () => this.#greeting(),
      onHello: (frame) => this.#hello(frame),
      onFrame: (frame) => this.#frame(frame),
      onState: (state) => this.#emit("state", (this.state = state)),
    });
    this.tabs = new Tabs((asked) => this.#fromTab(asked));
    window.addEventListener("pagehide", () => this.save());
  }

  get busy() {
    return this.conversation.current !== null;
  }

  // What the person does

  ask(question, attachments = []) {
    this.request(newTurn(requestId(), { question, attachments, state: "unsent" }));
  }

  /** A follow-up, or 🔁: a signed button, answered as a question is. */
  press(token, question, again = false) {
    this.request(newTurn(requestId(), { question, token, again, state: "unsent" }));
  }

  /** Any other button, or a form: what it does comes back as frames. */
  act(type, data) {
    this.#sendOrKeep(type, data, requestId());
  }

  retry(turn) {
    const { question, token, again, attachments } = turn;
    this.conversation.items = this.conversation.items.filter((item) => item !== turn);
    this.#emit("items");
    this.request(newTurn(requestId(), { question, token, again, attachments, state: "unsent" }));
  }

  vote(turn, value, extra = {}) {
    if (this.#votes.cast(turn, value, extra, this.#sendOrKeep)) this.#emit("item", turn);
  }

  stop() {
    const turn = this.conversation.current;
    if (!turn) return;
    const sent = turn.state !== "unsent";
    if (!sent || !this.connection.ready) {
      Object.assign(turn, { state: "done", outcome: "stopped" });
      this.#changed([turn]);
    }
    if (sent) {
      const id = requestId("x");
      this.conversation.aliases.set(id, turn.id);
      this.#sendOrKeep("cancel", { of: turn.id }, id);
    }
  }

  newConversation() {
    if (!this.conversation.items.length) return;
    this.#show(new Conversation({ key: requestId("k") }));
  }

  open(key) {
    if (key === this.conversation.key) return;
    const kept = store.loadConversation(key);
    if (!kept) return;
    this.#show(new Conversation(kept));
    this.#kept = false;
  }

  forget(key) {
    store.forgetConversation(key);
    if (key !== this.conversation.key) return;
    this.conversation.items = [];
    this.#show(new Conversation({ key: requestId("k") }));
  }

  /** The language changed: greet again, so that notice and examples follow. */
  greetAgain() {
    this.server = store.get(`server.${locale()}`) ?? {};
    this.connection.restart();
  }

  // What the server says

  #greeting() {
    const visitor = store.get("visitor");
    const { archived, seq } = this.conversation;
    const session = archived ? this.live : this.conversation.session;
    return { locale: locale(), ...(visitor ? { visitor } : {}), ...(session ? { session, after: seq } : {}) };
  }

  #hello({ session, data }) {
    if (data.visitor) store.set("visitor", data.visitor);
    this.server = data;
    store.set(`server.${locale()}`, data);
    this.live = session;
    if (this.conversation.session && !data.resumed && this.conversation.items.length) this.#lostSession();
    else if (!this.conversation.archived) this.conversation.session = session;
    if (!data.resumed) this.conversation.seq = 0;
    this.#kept = false;
    this.#emit("hello", data);
    const behind = data.resumed && Number(data.last) > this.conversation.seq;
    if (behind) this.#catchUp = { until: Number(data.last), timer: setTimeout(() => this.#sendUnsent(), CATCH_UP) };
    else this.#sendUnsent();
    this.save();
  }

  /** The server forgot the session: what was said stays readable; what was not answered is asked in the new one. */
  #lostSession() {
    const past = this.conversation;
    const open = past.turns.filter((turn) => RUNNING.has(turn.state));
    past.items = past.items.filter((item) => !open.includes(item));
    past.archived = true;
    if (open.length || this.#kept) {
      if (past.items.length) this.save();
      else store.forgetConversation(past.key);
      this.#fresh();
      for (const turn of open) this.conversation.add({ ...turn, state: "unsent", text: "", stage: "", answer: "" });
    }
    this.#emit("items");
  }

  #frame(frame) {
    if (frame.session && frame.session !== this.live) return;
    if (OF_NOW.has(frame.type)) return this.#emit(frame.type, frame.data);
    const changed = this.conversation.take(frame);
    if (changed === null) return;
    if (this.conversation.gap) this.#askHistory();
    this.#changed(changed, frame);
    if (frame.type === "error" && !changed.length) this.#refused(frame);
    if (frame.type === "done" && changed.some((turn) => turn.question === null)) this.#askHistory();
    if (this.#catchUp && this.conversation.seq >= this.#catchUp.until) this.#sendUnsent();
  }

  /** An error of something other than a question: a vote is taken back, anything else is told. */
  #refused(frame) {
    const turn = this.#votes.takeBack(frame);
    this.#emit(turn ? "item" : "notice", turn ?? frame.data.text);
  }

  #askHistory() {
    this.connection.send("history", {}, requestId("y"), this.live);
  }

  request(turn) {
    if (this.conversation.archived) {
      this.save();
      this.#fresh();
      this.#emit("items");
    }
    this.conversation.add(turn);
    store.setCurrent(this.conversation);
    this.#send(turn);
    this.tabs.tell(this.live, turn);
    this.#changed([turn]);
    this.save();
  }

  /** An empty conversation in the session that the connection already has. */
  #fresh() {
    this.conversation = new Conversation({ key: requestId("k"), session: this.live, seq: this.conversation.seq });
    store.setCurrent(this.conversation);
  }

  #send(turn) {
    if (this.#catchUp || turn.voice) return;
    const [type, data] = turn.token ? ["press", { token: turn.token }] : ["ask", { text: turn.question, ...attached(turn.attachments) }];
    if (this.connection.send(type, data, turn.id, this.live)) turn.state = "sent";
  }

  #caughtUp() {
    clearTimeout(this.#catchUp?.timer);
    this.#catchUp = null;
  }

  #sendUnsent() {
    this.#caughtUp();
    // "sent" without "received" may not have arrived; the id makes a repeat the same request.
    const open = this.conversation.turns.filter(({ state }) => state === "unsent" || state === "sent");
    for (const turn of open) if (turn.question !== null) this.#send(turn);
    this.#changed(open);
  }

  #changed(items, frame) {
    for (const item of items) this.#emit("item", item);
    if (frame && (frame.type === "done" || frame.type === "error") && items.length) this.#emit("finished", items[0]);
    if (items.length) this.#saveSoon();
  }

  #fromTab({ session, id, question, again }) {
    if (!session || session !== this.conversation.session) return;
    const turn = this.conversation.turn(id) ?? this.conversation.add(newTurn(id, { again }));
    turn.question ??= question;
    this.#emit("item", turn);
  }

  #show(conversation) {
    this.save();
    this.#caughtUp();
    this.conversation = conversation;
    store.setCurrent(conversation);
    this.#emit("items");
    this.connection.restart();
  }

  #restore() {
    return new Conversation(store.current() ?? { key: requestId("k") });
  }

  #saveSoon() {
    this.#saving ||= setTimeout(() => this.save(), SAVE);
  }

  save() {
    clearTimeout(this.#saving);
    this.#saving = 0;
    store.keep(this.conversation);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
