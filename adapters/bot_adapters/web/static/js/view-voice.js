// The voice panel above the composer: the keeper, captions, the microphone's level, and what one can switch.

import { el, icon, iconButton } from "./dom.js";
import { languageOf } from "./i18n.js";
import * as store from "./store.js";
import { FaceView } from "./view-face.js";
import { hear } from "./voice-words.js";

const TAP = 350; // ms; longer is a hold
const SEGMENTS = 12;
const FREE_KEYS = "button, a, input, select, textarea, audio, summary, [contenteditable], dialog";

export class VoiceView {
  #open = false;
  #pressed = 0;
  #spaced = false;
  #tick = 0;

  constructor({ voice, composer, flash }) {
    Object.assign(this, { voice, composer });
    this.face = new FaceView({ now: () => voice.player.now(), mood: () => this.#mood() });
    this.showsFace = store.get("face") !== false;
    this.build();
    voice.addEventListener("change", () => this.show());
    voice.addEventListener("level", ({ detail }) => this.#showLevel(detail));
    voice.addEventListener("trouble", ({ detail }) => (flash(hear(detail)), this.show()));
    voice.player.addEventListener("begin", () => this.#reveal());
    voice.player.addEventListener("tick", () => this.#showCaption());
    voice.session.addEventListener("item", () => this.#showCaption());
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keyup", (event) => this.#keyUp(event));
  }

  build() {
    const { voice } = this;
    this.mic = iconButton("mic", hear("ask"), () => {}, { class: "round mic" });
    this.mic.addEventListener("pointerdown", (event) => this.#down(event));
    this.mic.addEventListener("pointerup", (event) => this.#up(event));
    this.mic.addEventListener("pointercancel", (event) => this.#up(event));
    this.mic.addEventListener("click", (event) => event.detail === 0 && this.#toggle()); // keyboard and assistive programs
    this.caption = el("p", { class: "voice-caption" });
    this.captions = el("div", { class: "voice-captions", role: "group", "aria-label": hear("captions") }, this.caption);
    this.level = el("div", { class: "voice-level", role: "meter", "aria-label": hear("level"), "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" },
      Array.from({ length: SEGMENTS }, () => el("i", { "aria-hidden": "true" })));
    this.time = el("span", { class: "voice-time" });
    this.hush = el("button", { type: "button", class: "quiet", on: { click: () => voice.hush() } }, icon("stop"), hear("stopReading"));
    this.drop = el("button", { type: "button", class: "quiet", on: { click: () => voice.drop() } }, icon("close"), hear("drop"));
    this.handsFree = this.#switch("waves", "handsFree", () => voice.setHandsFree(!voice.handsFree));
    this.aloud = this.#switch("speaker", "aloud", () => voice.setAloud(!voice.aloud));
    this.faceSwitch = this.#switch("face", "face", () => this.#switchFace());
    this.who = el("select", { class: "voice-who", "aria-label": hear("voice"), title: hear("voice"), on: { change: () => voice.choose(this.who.value) } });
    this.face.name();
    this.node = el("section", { class: "voice", "aria-label": hear("panel"), hidden: true },
      this.face.node,
      el("div", { class: "voice-middle" }, this.captions, el("div", { class: "voice-meter" }, this.level, this.time, this.hush, this.drop)),
      el("div", { class: "voice-tools" }, this.who, this.handsFree, this.aloud, this.faceSwitch, iconButton("close", hear("close"), () => this.#close())));
    this.composer.form.before(this.node);
    this.composer.form.insertBefore(this.mic, this.composer.sendButton);
    this.show();
  }

  show() {
    const { voice } = this;
    const { recording, state } = voice;
    this.mic.hidden = !voice.available;
    const words = hear(recording ? "done" : "ask");
    this.mic.setAttribute("aria-label", words);
    this.mic.title = words;
    this.mic.setAttribute("aria-pressed", String(recording));
    this.node.hidden = !voice.available || !this.#open;
    this.node.dataset.state = state;
    this.handsFree.setAttribute("aria-pressed", String(voice.handsFree));
    this.aloud.setAttribute("aria-pressed", String(voice.aloud));
    this.aloud.hidden = !voice.voices.length;
    this.faceSwitch.setAttribute("aria-pressed", String(this.showsFace));
    this.face.node.toggleAttribute("hidden", !this.showsFace);
    this.level.hidden = !["recording", "ready"].includes(state);
    this.time.hidden = this.drop.hidden = !recording;
    this.hush.hidden = !voice.player.speaking;
    this.#showVoices();
    this.#showCaption();
    if (this.node.hidden || !this.showsFace) this.face.stop();
    else this.face.start();
    clearInterval(this.#tick);
    if (recording) this.#tick = setInterval(() => this.#showTime(), 250);
    this.#showTime();
  }

  /** Read an answer aloud. */
  read(token) {
    this.#reveal();
    this.voice.read(token);
  }

  #mood() {
    const { state, session, recording } = this.voice;
    if (recording) return "recording";
    return state === "sending" || (session.busy && !this.voice.player.speaking) ? "sending" : "";
  }

  #switch(name, key, act) {
    return iconButton(name, hear(key), act, { "aria-pressed": "false" });
  }

  #reveal() {
    this.#open = true;
    this.show();
  }

  #close() {
    this.#open = false;
    this.voice.close();
    this.show();
    this.mic.focus();
  }

  #switchFace() {
    this.showsFace = !this.showsFace;
    store.set("face", this.showsFace ? null : false);
    this.show();
  }

  #toggle() {
    this.#reveal();
    if (this.voice.recording) this.voice.end();
    else this.voice.begin();
  }

  #down(event) {
    if (event.button !== 0) return;
    this.mic.setPointerCapture(event.pointerId);
    this.#pressed = this.voice.recording ? 0 : event.timeStamp;
    this.#toggle();
  }

  /** Let go: the end of what was said, unless it was a tap; the time in which the microphone opens does not count. */
  #up(event) {
    const held = this.#pressed && event.timeStamp - this.#pressed > TAP && this.voice.seconds * 1000 > TAP;
    this.#pressed = 0;
    if (held) this.voice.end();
  }

  #key(event) {
    if (event.key === "Escape" && this.voice.recording) {
      event.preventDefault();
      this.voice.drop();
    } else if (event.key === "Escape" && this.voice.player.speaking) this.voice.hush();
    if (event.key !== " " || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!this.voice.available || event.target.closest?.(FREE_KEYS) || document.querySelector("dialog[open]")) return;
    event.preventDefault(); // the space bar would scroll
    this.#spaced = true;
    this.#reveal();
    this.voice.begin();
  }

  #keyUp(event) {
    if (event.key !== " " || !this.#spaced) return;
    this.#spaced = false;
    this.voice.end();
  }

  #showLevel(level) {
    const percent = Math.round(Math.min(1, Math.sqrt(level * 6)) * 100);
    this.level.setAttribute("aria-valuenow", String(percent));
    [...this.level.children].forEach((part, index) => part.classList.toggle("lit", percent > (index * 100) / SEGMENTS));
  }

  #showTime() {
    this.time.textContent = hear("time", { n: Math.floor(this.voice.seconds), all: this.voice.limit });
  }

  /** What is said; else what is heard; else what one can do. */
  #showCaption() {
    if (this.node.hidden) return;
    const { player, state, session } = this.voice;
    const said = player.speaking ? player.now()?.text || this.said || player.coming : "";
    this.said = said;
    const turn = session.conversation.current;
    const understood = turn?.voice && !turn.heard ? turn.question : null;
    const hints = { recording: "listening", sending: "writing", opening: "opening", ready: "speak" };
    const words = said || understood || hear(turn?.voice && !turn.heard && state !== "recording" ? "writing" : hints[state] ?? "hint");
    if (this.caption.textContent !== words) this.caption.textContent = words;
    this.caption.lang = languageOf(words);
    this.captions.dataset.kind = said ? "said" : understood ? "heard" : "hint";
  }

  #showVoices() {
    const { voices, chosen } = this.voice;
    const language = document.documentElement.lang.slice(0, 2);
    const wanted = JSON.stringify([voices, chosen, language]);
    const own = voices.filter(({ languages }) => languages?.[0]?.startsWith(language)); // a choice counts for a voice's first language
    const listed = own.length ? own : voices;
    this.who.hidden = listed.length < 2;
    if (wanted === this.who.dataset.shown) return;
    this.who.dataset.shown = wanted;
    const now = chosen[language] ?? Object.values(chosen)[0];
    this.who.replaceChildren(...listed.map(({ id, name }) => {
      const option = el("option", { value: id, text: name });
      option.selected = id === now;
      return option;
    }));
  }
}
