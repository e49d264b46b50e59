// What is being done before words come, and that they are still coming: four stages on a way.

import { STAGES } from "./conversation.js";
import { el } from "./dom.js";
import { say } from "./i18n.js";

export class ProgressView {
  constructor() {
    this.words = el("span", { class: "stage-words" });
    this.dots = STAGES.map(() => el("i"));
    this.node = el("p", { class: "progress", hidden: true }, el("span", { class: "stages", "aria-hidden": "true" }, this.dots), this.words);
  }

  update({ state, stage, text }, running) {
    this.node.hidden = !running || text !== "";
    if (this.node.hidden) return;
    const reached = state === "unsent" || state === "sent" ? -1 : Math.max(0, STAGES.indexOf(stage));
    this.dots.forEach((dot, at) => {
      dot.className = at < reached ? "passed" : at === reached ? "here" : "";
    });
    this.words.textContent = state === "unsent" ? say("unsent") : reached < 0 ? "…" : `${say(STAGES[reached])}…`;
  }
}
