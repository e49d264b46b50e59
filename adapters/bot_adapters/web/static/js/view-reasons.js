// Why an answer was not helpful: one of the reasons, and words.

import { el } from "./dom.js";
import { say } from "./i18n.js";

const REASONS = ["wrong", "incomplete", "outdated", "unclear", "other"];
const LONGEST = 1000;
let forms = 0;

export class ReasonsForm {
  constructor({ submit, close }) {
    this.onClose = close;
    const name = `reason-${(forms += 1)}`;
    this.choices = REASONS.map((reason) => el("input", { type: "radio", name, value: reason, id: `${name}-${reason}` }));
    const chips = this.choices.map((input) => el("span", { class: "chip" }, input, el("label", { for: input.id, text: say(input.value) })));
    this.words = el("textarea", { id: `${name}-words`, rows: "2", maxlength: String(LONGEST) });
    this.node = el("form", { class: "reasons", hidden: true, on: {
      submit: (event) => {
        event.preventDefault();
        const reason = this.choices.find(({ checked }) => checked)?.value;
        const words = this.words.value.trim();
        submit({ ...(reason ? { reason } : {}), ...(words ? { words } : {}) });
        this.#leave();
      },
      keydown: (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.#leave();
      },
    } },
      el("fieldset", {}, el("legend", { text: say("reasons") }), el("div", { class: "chips" }, chips),
        el("label", { class: "words-label", for: this.words.id, text: say("more") }), this.words,
        el("div", { class: "row" },
          el("button", { type: "submit", class: "quiet primary", text: say("submit") }),
          el("button", { type: "button", class: "quiet", text: say("skipReasons"), on: { click: () => this.#leave() } }))));
  }

  open(vote) {
    this.node.hidden = false;
    for (const input of this.choices) input.checked = input.value === vote?.reason;
    (this.choices.find(({ checked }) => checked) ?? this.choices[0]).focus();
    this.node.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.node.hidden = true;
  }

  #leave() {
    this.close();
    this.onClose();
  }
}
