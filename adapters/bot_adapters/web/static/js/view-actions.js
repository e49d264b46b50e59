// Under an answer: votes, copy, regenerate, and whatever other buttons it came with.

import { copyText, plainAnswer } from "./copy.js";
import { el, icon, iconButton } from "./dom.js";
import { say } from "./i18n.js";
import { ReasonsForm } from "./view-reasons.js";
import { hear } from "./voice-words.js";

const OWN = new Set(["vote_up", "vote_down", "regenerate", "speak"]);

export class ActionsView {
  constructor(turn, context) {
    this.context = context;
    this.up = this.#vote("up", "helpful");
    this.down = this.#vote("down", "notHelpful");
    this.copy = iconButton("copy", say("copy"), () => this.#copy());
    this.regenerate = iconButton("again", say("regenerate"), () => this.#again());
    this.speak = iconButton("speaker", hear("readAloud"), () => context.readAloud(this.turn.buttons.find(({ action }) => action === "speak").token));
    this.others = el("span", { class: "others" });
    this.thanks = el("span", { class: "thanks" });
    this.label = el("span", { class: "label", text: say("generated") });
    this.reasons = new ReasonsForm({
      submit: (extra) => this.#reason(extra),
      close: () => this.down.focus(),
    });
    this.row = el("div", { class: "actions" }, this.up, this.down, this.copy, this.speak, this.regenerate, this.others, this.thanks, this.label);
    this.node = el("div", { hidden: true }, this.row, this.reasons.node);
  }

  update(turn, running) {
    this.turn = turn;
    const has = (action) => turn.buttons.some((button) => button.action === action);
    this.node.hidden = running || turn.state === "failed" || !(turn.text || turn.buttons.length);
    this.up.hidden = !has("vote_up");
    this.down.hidden = !has("vote_down");
    this.regenerate.hidden = !has("regenerate");
    this.copy.hidden = !turn.text;
    this.speak.hidden = !has("speak") || !this.context.readAloud;
    this.up.setAttribute("aria-pressed", String(turn.vote?.value === "up"));
    this.down.setAttribute("aria-pressed", String(turn.vote?.value === "down"));
    this.thanks.textContent = turn.thanks;
    this.label.hidden = turn.label !== "generated";
    const others = turn.buttons.filter(({ action }) => !OWN.has(action));
    this.others.replaceChildren(...others.map((button) => otherButton(button, (token) => this.context.session.act("press", { token }))));
  }

  #vote(value, name) {
    const node = iconButton(value, say(name), () => this.#press(value));
    node.setAttribute("aria-pressed", "false");
    return node;
  }

  #press(value) {
    if (this.turn.vote?.value !== value) this.context.session.vote(this.turn, value);
    if (value === "down") this.reasons.open(this.turn.vote);
    else this.reasons.close();
  }

  #reason(extra) {
    if (extra.reason || extra.words) this.context.session.vote(this.turn, "down", { reason: "other", ...extra });
  }

  #again() {
    const { token } = this.turn.buttons.find(({ action }) => action === "regenerate");
    this.context.press(token, this.turn.question, true);
  }

  async #copy() {
    const copied = await copyText(plainAnswer(this.turn));
    this.context.announce(say(copied ? "copied" : "copyFailed"));
    if (!copied) return;
    this.copy.classList.add("did");
    this.copy.replaceChildren(icon("done"));
    setTimeout(() => {
      this.copy.classList.remove("did");
      this.copy.replaceChildren(icon("copy"));
    }, 1600);
  }
}

export function otherButton({ label, token, style }, press) {
  return el("button", { type: "button", class: `quiet ${style === "primary" ? "primary" : ""}`, text: label, on: { click: () => press(token) } });
}
