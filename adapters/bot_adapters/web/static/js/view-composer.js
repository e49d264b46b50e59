// Where the question is written: grows with its text, counts near the limit, keeps a draft per conversation.

import { el, icon, iconButton } from "./dom.js";
import { say } from "./i18n.js";
import { points } from "./protocol.js";
import { studio } from "./studio-words.js";
import { AttachTray } from "./view-attach.js";
import { CommandsList } from "./view-commands.js";
import * as store from "./store.js";

const FLASH = 6_000; // ms

export class Composer {
  constructor(dock, { session, ask, announce, latest }) {
    Object.assign(this, { dock, session, ask, announce, latest });
    this.tray = new AttachTray({ session, announce, flash: (text) => this.flash(text), fill: (words) => this.fill(words) });
    this.build();
  }

  build() {
    const words = this.area?.value;
    this.area = el("textarea", { id: "question", rows: "1", "aria-label": say("question"), placeholder: say("placeholder"), "aria-describedby": "counter",
      enterkeyhint: "send", autocomplete: "off", spellcheck: "false", on: { input: () => this.#typed(), keydown: (event) => this.#key(event) } });
    this.sendButton = el("button", { type: "submit", class: "send", "aria-label": say("send"), title: say("send") }, icon("send"));
    this.stopButton = el("button", { type: "button", class: "send stop", "aria-label": say("stop"), title: say("stop"), on: { click: () => this.#stop() } }, icon("stop"));
    this.commands = new CommandsList({ session: this.session, pick: (words) => this.#pick(words) });
    this.tray.build();
    this.counter = el("p", { class: "counter", id: "counter" });
    this.trouble = el("p", { class: "trouble", hidden: true });
    this.notice = el("p", { class: "notice", role: "note" });
    this.latestButton = iconButton("latest", say("latest"), () => this.latest(), { class: "round latest", hidden: true });
    const form = el("form", { class: "composer", on: { submit: (event) => {
      event.preventDefault();
      this.submit();
    }, click: (event) => event.target === event.currentTarget && this.area.focus() } }, this.commands.node, this.tray.button, this.area, this.counter, this.sendButton, this.stopButton);
    this.form = form;
    this.dock.replaceChildren(el("div", { class: "column" }, this.latestButton, this.trouble, this.tray.node, form, this.notice));
    this.area.value = words ?? this.#draft();
    this.showNotice();
    this.showState();
    this.#fit();
  }

  get limit() {
    return Number(this.session.server.limits?.question) || 2000;
  }

  submit() {
    const words = this.area.value.trim();
    if (!words || points(words) > this.limit) return this.area.focus();
    if (this.session.busy) return this.flash(say("wait"));
    if (this.tray.waiting) return this.flash(studio("still"));
    this.area.value = "";
    this.#typed();
    this.ask(words, this.tray.take());
    this.area.focus();
  }

  /** Begin the line with a command; what was written stays behind it. */
  fill(words) {
    this.area.value = words + this.area.value.replace(/^\/\w+\s*/, "");
    this.#typed();
    this.area.focus();
  }

  /** Another conversation is shown: its own draft comes with it. */
  switched() {
    this.area.value = this.#draft();
    this.#fit();
    this.showState();
  }

  showNotice() {
    const words = this.session.server.notice || say("notice");
    this.notice.textContent = words;
    this.notice.setAttribute("aria-label", words);
  }

  showState() {
    const { busy, state } = this.session;
    const trouble = say({ offline: "offline", reconnecting: "lost", refused: "refused" }[state] ?? "") || this.flashed || "";
    const focused = document.activeElement === this.stopButton;
    this.stopButton.hidden = !busy;
    this.sendButton.hidden = busy;
    if (focused && !busy) this.area.focus();
    this.trouble.hidden = !trouble;
    this.trouble.textContent = trouble;
  }

  /** Show a sentence for a while, and read it out. */
  flash(text) {
    this.announce(text);
    this.flashed = text;
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => {
      this.flashed = "";
      this.showState();
    }, FLASH);
    this.showState();
  }

  #stop() {
    this.session.stop();
    this.area.focus();
  }

  #key(event) {
    if (this.commands.key(event, this.area)) return;
    if (event.key === "Escape" && this.session.busy) {
      event.preventDefault();
      this.#stop();
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    // Enter that ends an input method's composition chooses a word; it never sends. 229: Safari tells so too late otherwise.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  #pick(words) {
    this.area.value = words;
    this.#typed();
    if (words.endsWith(" ")) this.area.focus();
    else this.submit();
  }

  #typed() {
    this.#fit();
    this.commands.update(this.area.value, this.area);
    store.set(`draft.${this.#draftKey()}`, this.area.value || null);
  }

  #fit() {
    this.area.style.height = "auto";
    this.area.style.height = `${this.area.scrollHeight}px`;
    const left = this.limit - points(this.area.value.trim());
    this.counter.textContent = left < 0 ? say("over", { n: -left }) : left <= this.limit * 0.1 ? say("left", { n: left }) : "";
    this.area.setAttribute("aria-invalid", String(left < 0));
    this.form.classList.toggle("over", left < 0);
    this.form.classList.toggle("empty-words", !this.area.value.trim());
  }

  #draftKey() {
    const { key, items } = this.session.conversation;
    return items.length ? key : "new";
  }

  #draft() {
    return store.get(`draft.${this.#draftKey()}`) ?? "";
  }
}
