// A question and its answer.

import { RUNNING } from "./conversation.js";
import { el, icon, lantern } from "./dom.js";
import { clockTime, languageOf, say } from "./i18n.js";
import { Prose } from "./markdown-view.js";
import { ActionsView } from "./view-actions.js";
import { ProgressView } from "./view-progress.js";
import { SourcesView } from "./view-sources.js";
import { hear } from "./voice-words.js";

const BANNERS = { related: "related", unknown: "unknown", stopped: "stopped" };
const REASONS = new Set(["documents_disagree", "only_an_old_document"]);

export class TurnView {
  #sourcesShown = null;

  constructor(turn, context) {
    this.context = context;
    this.question = el("h2", { class: "question" });
    this.time = el("time", { class: "time" });
    this.pictures = el("ul", { class: "sent-with", hidden: true });
    this.progress = new ProgressView();
    this.banner = el("p", { class: "banner", hidden: true });
    this.prose = new Prose();
    this.reason = el("p", { class: "reason", hidden: true });
    this.error = el("div", { class: "failure", hidden: true });
    this.sources = new SourcesView((n) => context.passage.open(this.turn.sources, n));
    this.actions = new ActionsView(turn, context);
    this.article = el("article", { class: "answer", "aria-label": say("answer") },
      this.progress.node, this.banner, this.prose.node, this.reason, this.error, this.sources.node, this.actions.node);
    this.followUps = el("div", { class: "follow-ups", role: "group", "aria-label": say("followUps"), hidden: true });
    this.node = el("section", { class: "turn" },
      el("div", { class: "ask" }, el("span", { class: "waypoint", "aria-hidden": "true" }), this.question, this.time), this.pictures,
      (this.reply = el("div", { class: "reply" }, el("span", { class: "lamp", "aria-hidden": "true" }, lantern()), this.article, this.followUps)));
  }

  update(turn, { last }) {
    this.turn = turn;
    const running = RUNNING.has(turn.state);
    this.node.dataset.state = running ? "running" : turn.state;
    this.node.dataset.outcome = turn.outcome;
    this.#showQuestion(turn);
    this.article.setAttribute("aria-busy", String(running));
    this.reply.hidden = turn.state === "done" && !turn.text && !turn.outcome; // answered by a message of its own
    this.progress.update(turn, running);
    this.#showBanner(turn, running);
    this.#showText(turn);
    this.#showError(turn);
    this.actions.update(turn, running);
    this.#showFollowUps(turn, last && !running);
  }

  #showQuestion(turn) {
    const words = turn.question ?? (turn.voice ? hear("spoken") : say("untitled"));
    this.question.classList.toggle("unsure", turn.voice === true && !turn.heard);
    this.question.replaceChildren(el("span", { class: "unseen", text: `${say("asked")}: ` }), words);
    this.question.lang = languageOf(words);
    if (turn.again) this.question.append(" ", el("span", { class: "again" }, icon("again"), say("askedAgain")));
    const pictures = turn.attachments ?? [];
    this.pictures.hidden = !pictures.length;
    if (this.pictures.childElementCount !== pictures.length) this.pictures.replaceChildren(...pictures.map(({ url, name }) => el("li", {}, el("img", { src: url, alt: name, loading: "lazy" }))));
    this.time.dateTime = new Date(turn.time).toISOString();
    this.time.textContent = clockTime(turn.time);
  }

  #showBanner(turn, running) {
    const key = running ? null : BANNERS[turn.outcome];
    this.banner.hidden = !key || turn.text.startsWith(say(key)); // no need to say it twice
    if (key) this.banner.textContent = say(key);
    this.reason.hidden = running || !REASONS.has(turn.reason);
    if (!this.reason.hidden) this.reason.textContent = say(turn.reason);
  }

  #showText(turn) {
    const sources = JSON.stringify(turn.sources);
    const anew = sources !== this.#sourcesShown;
    this.#sourcesShown = sources;
    this.prose.node.lang = languageOf(turn.text);
    this.prose.node.hidden = !turn.text;
    this.prose.update(turn.text, (n) => this.#cite(n), anew);
    if (anew || turn.state === "done") this.sources.update(turn.sources, turn.outcome);
  }

  #cite(n) {
    const source = this.turn.sources.find((one) => one.n === n);
    if (!source) return RUNNING.has(this.turn.state) ? el("sup", { class: "cite pending", text: String(n) }) : null;
    const open = () => this.context.passage.open(this.turn.sources, n);
    return el("button", { type: "button", class: "cite", "aria-label": say("cite", { n }), title: source.title, text: String(n), on: { click: open } });
  }

  #showError(turn) {
    clearInterval(this.countdown);
    this.error.hidden = turn.state !== "failed";
    if (this.error.hidden) return;
    const retry = el("button", { type: "button", class: "quiet", on: { click: () => this.context.session.retry(turn) } });
    const tick = () => {
      const left = Math.ceil((turn.error.until - Date.now()) / 1000);
      retry.disabled = left > 0;
      retry.textContent = left > 0 ? say("retryIn", { n: left }) : say("retry");
      if (left <= 0) clearInterval(this.countdown);
    };
    if (turn.error.until > Date.now()) this.countdown = setInterval(tick, 1000);
    retry.hidden = turn.question === null; // what was not heard can't be asked again
    tick();
    this.error.replaceChildren(icon("warn"), el("div", {}, el("strong", { text: say("failed") }), el("p", { text: turn.error.text }), retry));
  }

  #showFollowUps(turn, shown) {
    this.followUps.hidden = !shown || !turn.followUps.length;
    if (this.followUps.hidden) return;
    this.followUps.replaceChildren(
      el("span", { class: "group-title", "aria-hidden": "true", text: say("followUps") }),
      ...turn.followUps.map(({ text, token }) => el("button", { type: "button", class: "sign", on: { click: () => this.context.press(token, text) } },
        el("span", { text, lang: languageOf(text) }), icon("arrow"))));
  }
}
