// A conversation as data: its items, and what each frame does to them. No DOM, no socket, no storage.
//
// An item is {kind, id, ...}. A turn (a question with its answer):
//   kind "turn", id (the request's), question, token (of a pressed button, else ""), again, time,
//   state: unsent | sent | received | done | failed, stage, answer (id), text, sources, outcome, reason, label,
//   buttons, followUps, vote {value, reason}, thanks, error {text, until}; asked by voice: voice true, heard (finally)
// Later cards (job, audio) add a kind here through `applies` and a view through renderers.js.

import { splice } from "./protocol.js";

export const STAGES = ["received", "searching", "reading", "writing"];
export const RUNNING = new Set(["unsent", "sent", "received"]);

export function newTurn(id, fields = {}) {
  return {
    kind: "turn", id, question: null, token: "", again: false, time: Date.now(), state: "received", stage: "",
    answer: "", text: "", sources: [], outcome: "", reason: "", label: "none", buttons: [], followUps: [],
    vote: null, thanks: "", error: null, attachments: [], ...fields,
  };
}

const list = (value) => (Array.isArray(value) ? value : []);
const text = (value) => (typeof value === "string" ? value : "");
const pressableRows = (rows) => list(rows).map((row) => list(row).filter((button) => button && typeof button.token === "string")).filter((row) => row.length);
const flat = (rows) => list(rows).flat().filter((button) => button && typeof button.token === "string");
const pressable = (value) => list(value).filter((one) => one && one.text && one.token);

/** By frame type: (conversation, frame) -> the items that changed. */
export const applies = {
  progress(conversation, { id, data }) {
    const turn = conversation.running(id);
    if (!turn) return [];
    turn.state = "received";
    if (STAGES.indexOf(data.stage) > STAGES.indexOf(turn.stage)) turn.stage = data.stage; // never back
    return [turn];
  },

  delta(conversation, { id, data }) {
    const turn = conversation.running(id);
    if (!turn) return [];
    turn.state = "received";
    turn.answer = text(data.answer);
    turn.stage = "writing";
    turn.text = splice(turn.text, Number(data.offset) || 0, text(data.text));
    return [turn];
  },

  transcript(conversation, { id, data }) {
    const turn = conversation.running(id);
    if (!turn || turn.heard) return [];
    turn.question = text(data.text); // what was understood so far, until it is final
    turn.heard = data.final === true;
    if (turn.heard && !conversation.title) conversation.title = turn.question.slice(0, 80);
    return [turn];
  },

  sources(conversation, { id, data }) {
    const turn = conversation.ofAnswer(data.answer) ?? conversation.running(id);
    if (!turn) return [];
    turn.sources = list(data.items).filter((item) => item && Number.isInteger(item.n));
    return [turn];
  },

  done(conversation, { id, data }) {
    const stopped = data.outcome === "stopped";
    const turn = conversation.turn(id) ?? conversation.ofAnswer(data.answer) ?? (stopped ? null : conversation.running(id));
    if (!turn) return [];
    turn.state = "done";
    turn.answer = text(data.answer) || turn.answer;
    turn.label = text(data.label) || "none";
    // Stopped before anything was generated: the sentence that says so is the page's own.
    turn.text = stopped && (turn.label === "none" || !data.text) ? turn.text : text(data.text);
    turn.outcome = text(data.outcome);
    turn.reason = text(data.reason);
    turn.buttons = flat(data.buttons);
    turn.followUps = pressable(data.follow_ups);
    turn.error = null;
    return [turn];
  },

  vote(conversation, { data }) {
    const turn = conversation.ofAnswer(data.answer) ?? conversation.ofMade(data.answer);
    if (!turn) return [];
    turn.vote = data.value ? { value: data.value, reason: data.reason ?? null } : null;
    turn.thanks = text(data.text);
    return [turn];
  },

  error(conversation, { id, data }) {
    const turn = conversation.turn(id);
    if (!turn || !RUNNING.has(turn.state)) return [];
    const wait = Number(data.retry_after) || 0;
    turn.state = "failed";
    turn.error = { text: text(data.text), until: wait > 0 ? Date.now() + wait * 1000 : 0 };
    return [turn];
  },

  message(conversation, { id, data }) {
    const key = text(data.message) || `message-${conversation.seq}`;
    const asked = conversation.turn(id);
    if (asked && RUNNING.has(asked.state)) asked.state = "done"; // answered by a message instead of an answer
    const rows = pressableRows(data.buttons);
    const whole = { text: text(data.text), parts: list(data.parts), made: text(data.made), private: data.private === true, time: Date.now() };
    const item = conversation.put({ kind: "message", id: key, rows, ...(data.keep === true ? {} : whole) });
    return asked ? [asked, item] : [item];
  },

  history(conversation, { data }) {
    return list(data.turns).filter((one) => one && one.id).map((one) => conversation.remember(one));
  },
};

export class Conversation {
  constructor({ key, session = "", title = "", time = Date.now(), seq = 0, items = [] }) {
    Object.assign(this, { key, session, title, time, seq, items });
    this.archived = false; // the server no longer has its session
    this.aliases = new Map(); // a cancel's id -> the id of what it stops
  }

  get turns() {
    return this.items.filter((item) => item.kind === "turn");
  }

  get current() {
    return this.turns.findLast((turn) => RUNNING.has(turn.state)) ?? null;
  }

  turn(id) {
    const wanted = this.aliases.get(id) ?? id;
    return this.items.find((item) => item.kind === "turn" && item.id === wanted) ?? null;
  }

  ofAnswer(answer) {
    return answer ? this.turns.findLast((turn) => turn.answer === answer) ?? null : null;
  }

  /** The newest message that shows what a job made. */
  ofMade(job) {
    return job ? this.items.findLast((item) => item.kind === "message" && item.made === job) ?? null : null;
  }

  /** The turn of a request that is under way; one asked in another tab is made here, its question still unknown. */
  running(id) {
    if (!id) return null;
    const turn = this.turn(id);
    if (turn) return RUNNING.has(turn.state) ? turn : null;
    return this.add(newTurn(id));
  }

  add(turn) {
    this.items.push(turn);
    this.time = turn.time;
    if (!this.title && turn.question) this.title = turn.question.slice(0, 80);
    return turn;
  }

  put(item) {
    const at = this.items.findIndex((one) => one.kind === item.kind && one.id === item.id);
    if (at >= 0) return Object.assign(this.items[at], item);
    this.items.push({ text: "", parts: [], ...item });
    return this.items.at(-1);
  }

  /** Merge a turn of the server's history. */
  remember(past) {
    const known = this.ofAnswer(past.id) ?? this.add(newTurn(`past-${past.id}`, { answer: past.id, state: "done", time: stamp(past.time) }));
    const vote = typeof past.vote === "string" ? { value: past.vote, reason: null } : past.vote ?? null;
    known.question ??= text(past.question);
    if (known.state !== "done" || !known.text) {
      Object.assign(known, { state: "done", text: text(past.answer), outcome: text(past.outcome), reason: text(past.reason) });
    }
    if (!known.sources.length) known.sources = list(past.sources).filter((item) => item && Number.isInteger(item.n));
    if (!known.buttons.length) Object.assign(known, { buttons: flat(past.buttons), followUps: pressable(past.follow_ups) });
    known.label = text(past.label) || known.label;
    if (vote && vote.value) known.vote = vote;
    if (!this.title) this.title = known.question.slice(0, 80);
    return known;
  }

  /**
   * Take a frame: the items it changed, or null when it was seen before. `gap` is set when frames before it are missing.
   */
  take(frame) {
    this.gap = false;
    if (Number.isInteger(frame.seq)) {
      if (frame.seq <= this.seq) return null;
      this.gap = frame.seq > this.seq + 1;
      this.seq = frame.seq;
    }
    return applies[frame.type]?.(this, frame) ?? [];
  }
}

function stamp(time) {
  const value = typeof time === "number" && time < 1e12 ? time * 1000 : time;
  const parsed = new Date(value ?? Date.now()).getTime();
  return Number.isNaN(parsed) ? Date.now() : parsed;
}
