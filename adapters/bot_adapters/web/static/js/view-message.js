// What is not an answer to a question: a sentence, pictures, sounds, files, rows of buttons.

import { el, icon, iconButton, lantern } from "./dom.js";
import { languageOf, say } from "./i18n.js";
import { Prose } from "./markdown-view.js";
import { studio } from "./studio-words.js";

const VOTES = { vote_up: ["up", "helpful"], vote_down: ["down", "notHelpful"] };
const BUSY = 4_000; // ms for which a pressed button waits to be told what came of it

export class MessageView {
  #shown = "";

  constructor(item, context) {
    this.context = context;
    this.prose = new Prose();
    this.parts = el("div", { class: "parts" });
    this.buttons = el("div", { class: "button-rows" });
    this.progress = el("div", { class: "job-progress", hidden: true });
    this.article = el("article", { class: "answer", "aria-label": say("answer") }, this.prose.node, this.progress, this.parts, this.buttons);
    this.node = el("section", { class: "turn message" },
      el("div", { class: "reply" }, el("span", { class: "lamp", "aria-hidden": "true" }, lantern()), this.article));
  }

  update(item) {
    this.item = item;
    this.prose.node.lang = languageOf(item.text);
    this.prose.update(item.text);
    this.#showProgress(item);
    const shown = JSON.stringify(item.parts);
    if (shown !== this.#shown) this.parts.replaceChildren(...item.parts.map((one) => this.#part(one)).filter(Boolean));
    this.#shown = shown;
    const focused = this.buttons.contains(document.activeElement) ? document.activeElement.dataset.token : null;
    this.buttons.replaceChildren(...(item.rows ?? []).map((row) => el("div", { class: "row", role: "group" }, row.map((button) => this.#button(button)))));
    if (focused) this.buttons.querySelector(`[data-token="${CSS.escape(focused)}"]`)?.focus();
  }

  /** A job that can be stopped is under way: a bar, which moves by itself until there is a percentage. */
  #showProgress({ rows, text }) {
    this.progress.hidden = !(rows ?? []).flat().some(({ action }) => action === "stop");
    if (this.progress.hidden) return;
    const percent = [...text.matchAll(/(\d{1,3})%/g)].at(-1)?.[1];
    const bar = this.progress.firstElementChild ?? this.progress.appendChild(el("progress", { max: "100", "aria-label": studio("progress") }));
    if (percent === undefined) bar.removeAttribute("value");
    else bar.value = Number(percent);
  }

  #button(button) {
    const vote = VOTES[button.action];
    if (!vote) {
      const node = el("button", { type: "button", class: `quiet ${["primary", "danger", "chosen"].includes(button.style) ? button.style : ""}`, text: button.label, data: { token: button.token } });
      if (button.style === "chosen") node.setAttribute("aria-pressed", "true");
      node.addEventListener("click", () => this.#press(node, button));
      return node;
    }
    const [name, words] = vote;
    const node = iconButton(name, say(words), () => this.#press(node, button), { "aria-pressed": String(this.item.vote?.value === name) });
    node.dataset.token = button.token;
    return node;
  }

  #press(node, { token }) {
    this.context.session.pressed = this.item; // a form that opens may show its picture
    node.setAttribute("aria-busy", "true");
    setTimeout(() => node.removeAttribute("aria-busy"), BUSY);
    this.context.session.act("press", { token, message: this.item.id });
  }

  /** A file of this house, or null: nothing is loaded from elsewhere. */
  #part({ kind, url, alt }) {
    const own = typeof url === "string" && /^\/(?![/\\])/.test(url) ? url : null;
    if (!own) return null;
    if (kind === "picture") {
      const shown = el("img", { src: own, alt: alt ?? "", loading: "lazy", decoding: "async" });
      return el("button", { type: "button", class: "picture", "aria-label": say("openPicture", { alt: alt ?? "" }), on: { click: () => this.context.pictures.open(own, alt ?? "") } }, shown);
    }
    if (kind === "sound") return el("audio", { src: own, controls: true, preload: "none" });
    return el("a", { href: own, download: true, class: "quiet" }, icon("file"), alt || own.split("/").pop());
  }
}
