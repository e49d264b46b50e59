// The queue as it stands: each lane, and where the visitor's own jobs are. Live while it is open.

import { el, iconButton } from "./dom.js";
import { locale, say } from "./i18n.js";
import { requestId } from "./protocol.js";

const COUNTS = ["waiting", "running", "done", "failed"];

export class BoardDialog {
  #board = null;
  #places = ""; // what was told last

  constructor(session) {
    this.session = session;
    this.body = el("div", { class: "sheet-body", tabindex: "0" });
    this.told = el("p", { class: "unseen", "aria-live": "polite" });
    this.node = el("dialog", {
      class: "sheet board",
      on: { click: (event) => event.target === this.node && this.node.close(), close: () => this.#follow(false) },
    });
    document.body.append(this.node);
    session.addEventListener("hello", () => this.node.open && this.#follow(true));
    session.addEventListener("board", ({ detail }) => this.#take(detail));
  }

  open() {
    this.#board = null;
    this.#places = "";
    this.told.textContent = "";
    this.node.setAttribute("aria-label", say("queueBoard"));
    this.body.setAttribute("aria-label", say("queueBoard"));
    this.body.setAttribute("role", "region");
    this.node.replaceChildren(
      el("header", { class: "sheet-top" }, el("h2", { class: "sheet-kind", text: say("queueBoard") }), iconButton("close", say("close"), () => this.node.close())),
      this.body, this.told);
    this.#draw();
    this.node.showModal();
    this.#follow(true);
  }

  #follow(follow) {
    const { connection, live } = this.session;
    connection.send("board", { follow }, requestId("b"), live);
  }

  #take(board) {
    if (!this.node.open) return;
    this.#board = board;
    this.#draw();
    const places = board.yours.map(where).join("; ");
    if (this.#places && places && places !== this.#places) this.told.textContent = places;
    this.#places = places;
  }

  #draw() {
    const board = this.#board;
    if (board === null) return this.body.replaceChildren(el("p", { class: "nothing", text: say("connecting") }));
    const idle = board.lanes.every(({ waiting }) => waiting === 0);
    this.body.replaceChildren(
      ...(idle ? [el("p", { class: "nothing", text: say("queueEmpty") })] : []),
      ...board.lanes.map(laneView),
      ...(board.yours.length ? [el("section", {}, el("h3", { text: say("yourJobs") }), el("ul", { role: "list" }, board.yours.map(jobView)))] : []));
  }
}

function laneView(lane) {
  const all = lane.waiting + lane.running;
  const bar = el("div", { class: "lane-bar", "aria-hidden": "true" }, el("i"));
  bar.firstChild.style.width = `${all ? (100 * lane.running) / all : 0}%`;
  return el("section", { class: "lane" },
    el("h3", {}, say(`lane_${lane.lane}`), lane.paused ? el("span", { class: "paused", text: say("paused") }) : null),
    el("dl", {}, COUNTS.map((what) => el("div", {}, el("dt", { text: say(`jobs_${what}`) }), el("dd", { text: String(lane[what]) })))),
    bar,
    lane.waiting ? el("p", { class: "nothing", text: say("oldest", { time: duration(lane.oldest) }) }) : null);
}

function jobView(job) {
  const time = job.state === "waiting" || job.state === "running" ? say("about", { time: duration(job.seconds) }) : null;
  return el("li", {}, el("p", {}, el("strong", { text: where(job) }), time ? ` · ${time}` : null), el("p", { class: "nothing", text: job.why }));
}

function where({ state, position }) {
  return state === "waiting" && position > 0 ? say("place", { n: ordinal(position) }) : say(`jobs_${state}`);
}

function ordinal(n) {
  if (locale() === "zh") return n;
  return n + ({ one: "st", two: "nd", few: "rd" }[new Intl.PluralRules("en", { type: "ordinal" }).select(n)] ?? "th");
}

function duration(seconds) {
  const [unit, size] = seconds < 60 ? ["second", 1] : seconds < 3600 ? ["minute", 60] : ["hour", 3600];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(Math.round(seconds / size));
}
