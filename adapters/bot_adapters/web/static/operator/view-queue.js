// The lanes, and this community's jobs: retried, dropped, cancelled.

import { el } from "../js/dom.js";
import { doing, field, heading, table } from "./parts.js";
import { number, t } from "./words.js";

const STATES = ["waiting", "running", "failed", "done", "cancelled"];
let state = "waiting";

export async function queueView(context) {
  const found = await context.read("queue", { state });
  const chosen = field(t("state"), "select", { options: STATES.map((name) => [name, t(name)]), value: state });
  chosen.control.addEventListener("change", () => { state = chosen.control.value; context.again(); });
  const lanes = found.lanes.map((lane) => [
    t(lane.lane) + (lane.paused ? ` (${t("paused")})` : ""), number(lane.waiting), number(lane.running), number(lane.failed), number(lane.cost), number(lane.oldest),
    doing(lane.paused ? t("resume") : t("pause"), () => context.change("queue/pause", { lane: lane.lane, paused: !lane.paused }), { name: `${lane.paused ? t("resume") : t("pause")}: ${t(lane.lane)}`, after: () => context.again() }),
  ]);
  return [
    heading(t("queue")),
    table(t("queue"), [t("lane"), t("waiting"), t("running"), t("failed"), t("cost"), t("oldest"), t("actions")], lanes),
    el("div", { class: "filters" }, chosen.node),
    table(t("job"), [t("job"), t("lane"), t("person"), t("age"), t("reason"), t("actions")], found.jobs.map((job) => row(job, context))),
  ];
}

function row(job, context) {
  const act = (word, what, danger) => doing(t(word), () => context.change(`queue/${what}`, { job: job.id }), { danger, name: `${t(word)}: ${job.id.slice(0, 8)}`, after: () => context.again() });
  const buttons = state === "failed" ? [act("retry", "retry", false), act("drop", "drop", true)] : state === "waiting" || state === "running" ? [act("cancel", "cancel", true)] : [];
  return [`${job.kind} ${job.id.slice(0, 8)} ${job.prompt}`, t(job.lane), job.person, number(job.age), job.reason, el("div", { class: "row" }, ...buttons)];
}
