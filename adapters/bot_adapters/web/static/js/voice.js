// Talking with the page: who records when, what is sent, what is stopped. No DOM.
//
// state: off | opening | ready (hands-free, nobody speaks) | recording | sending. Events: change, level, trouble (a key).

import { requestId } from "./protocol.js";
import { SpeechPlayer } from "./speech-player.js";
import * as store from "./store.js";
import { Activity } from "./voice-activity.js";
import { Microphone } from "./voice-microphone.js";
import { Delivery } from "./voice-delivery.js";
import { Raw, Recorded } from "./voice-recording.js";

const BEFORE = 14; // blocks of 32 ms kept from before somebody was noticed
const SHORTEST = 0.3; // s; less is a click
const FRAMES = ["audio.start", "audio.end", "audio.over", "viseme"];

export class Voice extends EventTarget {
  #context = null;
  #microphone = null;
  #activity = new Activity();
  #before = [];
  #recording = null;
  #wanted = false; // whether the opening microphone is still wanted

  constructor(session) {
    super();
    Object.assign(this, { session, state: "off", handsFree: false, aloud: store.get("aloud") === true, voices: [], chosen: {} });
    this.player = new SpeechPlayer(() => this.context);
    this.delivery = new Delivery(session, (recording) => this.#refused(recording));
    const on = (type, act) => session.addEventListener(type, ({ detail }) => act(detail));
    for (const type of FRAMES) on(type, (data) => this.player.take(type, data));
    session.connection.onBinary = (buffer) => this.player.sound(buffer);
    on("hello", () => this.#greet());
    on("voice", (data) => this.#settled(data));
    for (const type of ["begin", "end"]) this.player.addEventListener(type, () => this.#tell("change"));
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => this.#context?.state === "suspended" && this.#context.resume(), true);
  }

  get available() {
    return this.session.server.features?.voice === true;
  }

  get context() {
    return (this.#context ??= new AudioContext());
  }

  get limit() {
    return Number(this.session.server.limits?.audio_seconds) || 60;
  }

  get seconds() {
    return this.#recording?.seconds ?? 0;
  }

  get recording() {
    return this.state === "recording";
  }

  /** Begin to record; what is being said or written for the last question ends. */
  async begin() {
    if (this.recording || this.state === "opening" || !this.available) return;
    this.#wanted = true;
    this.interrupt();
    if (!(await this.#open())) return;
    if (!this.#wanted) return this.#rest();
    this.#record(Recorded.of(requestId(), this.#microphone.stream) ?? new Raw(requestId(), this.#microphone.rate, []));
  }

  /** Send what was said. */
  async end() {
    this.#wanted = false;
    const recording = this.#recording;
    if (!recording) return;
    this.#recording = null;
    this.#set("sending");
    await this.delivery.end(recording);
    this.#rest();
  }

  /** Forget what was said. */
  drop() {
    this.#wanted = false;
    const recording = this.#recording;
    if (!recording) return;
    this.#recording = null;
    this.delivery.drop(recording);
    this.#rest();
  }

  async setHandsFree(on) {
    this.handsFree = on;
    this.#activity.reset();
    if (on) await this.#open();
    else if (!this.recording) this.#rest();
    this.#tell("change");
  }

  setAloud(on) {
    this.aloud = on;
    store.set("aloud", on || null);
    this.context.resume();
    if (!on) this.player.stop();
    this.#settle({ aloud: on });
    this.#tell("change");
  }

  choose(id) {
    this.#settle({ choose: id });
  }

  /** Read an answer aloud: its 🔊 button was pressed. */
  read(token) {
    this.context.resume();
    this.player.stop();
    this.session.act("press", { token });
  }

  /** Silence: what is said ends, and no more of it comes. */
  hush() {
    if (this.player.stop()) this.session.connection.send("audio.stop", {}, requestId("e"), this.session.live);
  }

  /** The member speaks up: the last answer is neither said nor written on. */
  interrupt() {
    this.hush();
    if (this.session.busy) this.session.stop();
  }

  close() {
    this.handsFree = false;
    this.drop();
    this.hush();
    this.#rest();
  }

  async #open() {
    this.#microphone ??= new Microphone(this.context, (sound) => this.#heard(sound));
    if (!this.#microphone.stream) this.#set("opening");
    const trouble = await this.#microphone.open();
    if (trouble) {
      this.handsFree = false;
      this.#set("off");
      this.dispatchEvent(new CustomEvent("trouble", { detail: trouble }));
      return false;
    }
    if (this.state === "opening") this.#set("ready");
    return true;
  }

  #rest() {
    if (!this.handsFree) this.#microphone?.close();
    this.#before = [];
    this.#set(this.handsFree && this.#microphone?.stream ? "ready" : "off");
  }

  #record(recording) {
    this.#recording = recording;
    this.delivery.begin(recording);
    this.#set("recording");
  }

  #heard({ level, samples, rate }) {
    this.dispatchEvent(new CustomEvent("level", { detail: level }));
    if (this.recording) {
      this.#recording.hear(samples);
      if (this.seconds > this.limit - 0.5) return void this.end();
    }
    if (this.handsFree) this.#follow(level, samples, rate);
  }

  /** Hands-free: a voice begins a turn, a pause ends it. */
  #follow(level, samples, rate) {
    this.#before = [...this.#before.slice(1 - BEFORE), samples];
    const turn = this.#activity.hear(level, samples.length / rate, this.player.speaking);
    if (turn === "begin" && this.state === "ready") {
      this.interrupt();
      this.#record(new Raw(requestId(), rate, this.#before));
    } else if (turn === "end" && this.recording && this.#recording instanceof Raw) {
      if (this.seconds < SHORTEST + this.#activity.end) this.drop();
      else this.end();
    }
  }

  #refused(recording) {
    if (this.#recording !== recording) return;
    this.#recording = null;
    this.#rest();
  }

  #greet() {
    if (!this.available) return;
    this.#settle(this.aloud ? { aloud: true } : {});
    this.delivery.greet();
  }

  #settle(data) {
    this.session.connection.send("voice", data, requestId("o"), this.session.live);
  }

  #settled(data) {
    this.voices = Array.isArray(data.voices) ? data.voices : [];
    this.chosen = data.chosen ?? {};
    this.#tell("change");
  }

  #set(state) {
    this.state = state;
    this.#tell("change");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
