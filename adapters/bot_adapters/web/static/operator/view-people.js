// Who asks, what they may spend, who is blocked.

import { el } from "../js/dom.js";
import { doing, field, heading, table, tag } from "./parts.js";
import { number, t, when } from "./words.js";

export async function peopleView(context) {
  const { people, allowance } = await context.read("people");
  const columns = [t("person"), t("questions"), t("up"), t("down"), t("last"), t("spent"), t("budget"), t("actions")];
  return [heading(t("people")), table(t("people"), columns, people.map((one) => row(one, allowance, context)))];
}

function row(one, allowance, context) {
  const budget = field(t("budget"), "input", { type: "number", min: 0, step: "any", value: one.budget ?? "" });
  const set = doing(t("set"), () => context.change("people/budget", { person: one.person, budget: budget.control.value === "" ? null : Number(budget.control.value) }), {
    name: `${t("set")}: ${one.person}`, after: () => context.again(),
  });
  const word = one.blocked ? t("unblock") : t("block");
  const block = doing(word, () => context.change("people/block", { person: one.person, blocked: !one.blocked }), {
    danger: !one.blocked, name: `${word}: ${one.person}`, after: () => context.again(),
  });
  return [
    el("span", {}, one.person, " ", one.blocked ? tag("unknown", t("blocked")) : ""),
    number(one.questions), number(one.up), number(one.down), when(one.last), number(one.spent),
    el("details", {}, el("summary", { text: one.budget === null ? number(allowance) : number(one.budget) }), budget.node, set),
    block,
  ];
}
