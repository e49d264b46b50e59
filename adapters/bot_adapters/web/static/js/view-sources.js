// The sources of an answer as cards; a card opens its passage.

import { el } from "./dom.js";
import { languageOf, say } from "./i18n.js";
import { plainWords } from "./markdown-view.js";

export class SourcesView {
  #shown = "";

  constructor(open) {
    this.open = open;
    this.heading = el("span", { class: "group-title", "aria-hidden": "true" });
    this.list = el("ul", { class: "cards", role: "list", "aria-label": say("sources") });
    this.node = el("div", { class: "sources", hidden: true }, this.heading, this.list);
  }

  update(sources, outcome) {
    const shown = JSON.stringify([sources, outcome]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.node.hidden = !sources.length;
    this.heading.textContent = say(outcome === "unknown" || outcome === "related" ? "sourcesNear" : "sources");
    this.list.replaceChildren(...sources.map((source) => this.#card(source)));
  }

  #card(source) {
    const { n, title, heading, quote, date } = source;
    const name = title || source.source;
    const button = el("button", { type: "button", class: "card-open", "aria-label": say("source", { n, title: name }), on: { click: () => this.open(n) } },
      el("span", { class: "number", data: { n } }), el("span", { class: "card-title", text: name, lang: languageOf(name) }));
    return el("li", { class: "card" }, button,
      quote ? el("p", { class: "card-quote", text: plainWords(quote), lang: languageOf(quote) }) : null,
      el("p", { class: "card-where" }, [pathOf(heading, title), date].filter(Boolean).join(" · ") || source.source));
  }
}

/** The headings above a passage, without the document's own title. */
export function pathOf(heading, title) {
  const path = Array.isArray(heading) ? heading.filter((one) => one && one !== title) : [];
  return path.join(" › ");
}
