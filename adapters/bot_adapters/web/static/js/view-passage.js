// The dialog that shows a source's passage, with the quoted words marked.

import { el, externalLink, icon, iconButton, safeUrl } from "./dom.js";
import { languageOf, say } from "./i18n.js";
import { passageOf } from "./passage.js";
import { pathOf } from "./view-sources.js";

export class PassageDialog {
  #sources = [];
  #at = 0;

  constructor() {
    this.node = el("dialog", { class: "sheet passage", on: {
      click: (event) => event.target === this.node && this.node.close(),
      keydown: (event) => this.#key(event),
    } });
    document.body.append(this.node);
  }

  open(sources, n) {
    this.#sources = sources;
    this.#at = Math.max(0, sources.findIndex((source) => source.n === n));
    this.#show();
    if (!this.node.open) this.node.showModal();
    this.title.focus();
    this.body.querySelector("mark")?.scrollIntoView({ block: "center" });
  }

  #key(event) {
    if (event.key === "ArrowLeft") this.#step(-1);
    if (event.key === "ArrowRight") this.#step(1);
  }

  #step(by) {
    const at = this.#at + by;
    if (at >= 0 && at < this.#sources.length) this.open(this.#sources, this.#sources[at].n);
  }

  #show() {
    const source = this.#sources[this.#at];
    const name = source.title || source.source;
    const url = safeUrl(source.url);
    const path = pathOf(source.heading, source.title);
    this.node.setAttribute("aria-label", say("passage"));
    this.title = el("h2", { tabindex: "-1", text: name, lang: languageOf(name) });
    this.body = el("div", { class: "sheet-body", tabindex: "0", role: "region", "aria-label": name }, passageOf(source));
    this.node.replaceChildren(
      el("header", { class: "sheet-top" },
        el("span", { class: "sheet-kind" }, el("span", { class: "number", data: { n: source.n } }), say("passage")),
        iconButton("close", say("close"), () => this.node.close())),
      el("div", { class: "sheet-title" }, this.title, path ? el("p", { class: "path", text: path }) : null),
      this.body,
      el("footer", { class: "sheet-foot" },
        el("p", { class: "where" }, icon("file"), el("span", { class: "file", text: source.source }), source.date ? el("time", { datetime: source.date, text: source.date }) : null),
        url ? externalLink(url, say("openOriginal"), icon("outward")) : null,
        this.#sources.length > 1 ? this.#pager() : null));
  }

  #pager() {
    const step = (name, by) => iconButton(name, say(name), () => this.#step(by), { disabled: !this.#sources[this.#at + by] });
    const words = say("ofMany", { n: this.#at + 1, all: this.#sources.length });
    return el("div", { class: "pager" }, step("previous", -1), el("span", { text: words }), step("next", 1));
  }
}
