// Today at a glance, the week before it, and the whole house.

import { el, svg } from "../js/dom.js";
import { figure, figures, heading, table } from "./parts.js";
import { number, t } from "./words.js";

const MB = 1024 * 1024;

export async function todayView({ read }) {
  const { today, week, house } = await read("today");
  const outbox = house.outbox ?? {};
  const sum = (name) => house.lanes.reduce((total, lane) => total + lane[name], 0);
  return [
    heading(t("today")),
    figures(
      figure(t("questions"), number(today.questions), `${number(today.answered)} ${t("answered")} · ${number(today.related)} ${t("related")} · ${number(today.unknown)} ${t("unknown")}`),
      figure(t("votes"), `${number(today.up)} / ${number(today.down)}`, `${t("up")} / ${t("down")}`),
      figure(t("pictures"), number(today.jobs_imagine)),
      figure(t("voice"), number((today.voice_seconds ?? 0) / 60, 1)),
      figure(t("errors"), number(today.errors)),
      figure(t("cost"), number(today.cost, 4), `${number(today.tokens)} ${t("tokens")}`),
    ),
    heading(t("week")),
    chart(week),
    el("details", {}, el("summary", { text: t("figures") }), table(t("week"), [t("day"), t("answered"), t("related"), t("unknown"), t("up"), t("down"), t("cost")],
      week.map((day) => [day.day, ...["answered", "related", "unknown", "up", "down"].map((name) => number(day[name])), number(day.cost, 4)]))),
    heading(t("house")),
    house.troubles.length ? el("p", { class: "refused", role: "alert", text: `${t("troubles")}: ${house.troubles.join(", ")}` }) : "",
    figures(
      figure(t("waiting"), number(sum("waiting"))),
      figure(t("running"), number(sum("running"))),
      figure(t("failed"), number(sum("failed"))),
      figure(t("outbox"), number(outbox.pending), outbox.failed ? `${number(outbox.failed)} ${t("errors")}` : ""),
      figure(t("documents"), number(house.documents), `${number(house.passages)} ${t("passages")}`),
      figure(t("memory"), `${number(Object.values(house.memory).reduce((a, b) => a + b, 0) / MB)} MB`),
    ),
  ];
}

/** Bars of the week: answered, related, unknown one on another. The table below says the same in words. */
function chart(week) {
  const kinds = ["answered", "related", "unknown"];
  const most = Math.max(1, ...week.map((day) => kinds.reduce((sum, kind) => sum + day[kind], 0)));
  const node = svg("svg", { viewBox: "0 0 280 90", class: "chart", "aria-hidden": "true", focusable: "false" });
  week.forEach((day, at) => {
    let y = 88;
    for (const kind of kinds) {
      const height = (day[kind] / most) * 84;
      y -= height;
      if (height) node.append(svg("rect", { x: at * 40 + 6, y, width: 28, height, class: `bar-${kind}` }));
    }
  });
  return node;
}
