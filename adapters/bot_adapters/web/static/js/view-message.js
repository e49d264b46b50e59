// What is not an answer to a question: a sentence, pictures, sounds, files, buttons.

import { el, icon, lantern } from "./dom.js";
import { languageOf, say } from "./i18n.js";
import { Prose } from "./markdown-view.js";
import { otherButton } from "./view-actions.js";

export class MessageView {
  constructor(item, context) {
    this.context = context;
    this.prose = new Prose();
    this.parts = el("div", { class: "parts" });
    this.buttons = el("div", { class: "row" });
    this.node = el("section", { class: "turn message" },
      el("div", { class: "reply" }, el("span", { class: "lamp", "aria-hidden": "true" }, lantern()),
        el("article", { class: "answer", "aria-label": say("answer") }, this.prose.node, this.parts, this.buttons)));
  }

  update(item) {
    this.prose.node.lang = languageOf(item.text);
    this.prose.update(item.text);
    this.parts.replaceChildren(...item.parts.map(part).filter(Boolean));
    this.buttons.replaceChildren(...item.buttons.map((button) => otherButton(button, (token) => this.context.session.pressOther(token, item.id))));
  }
}

/** A file of this house, or null: nothing is loaded from elsewhere. */
function part({ kind, url, alt }) {
  const own = typeof url === "string" && /^\/(?![/\\])/.test(url) ? url : null;
  if (!own) return null;
  if (kind === "picture") return el("img", { src: own, alt: alt ?? "", loading: "lazy" });
  if (kind === "sound") return el("audio", { src: own, controls: true, preload: "none" });
  return el("a", { href: own, download: true, class: "quiet" }, icon("file"), alt || own.split("/").pop());
}
