// The community's documents: what is there, for whom, what could not be read; writing and forgetting.

import { el } from "../js/dom.js";
import { doing, field, heading, table } from "./parts.js";
import { locale, number, t } from "./words.js";

export async function documentsView(context) {
  if (context.argument) return passages(context, decodeURIComponent(context.argument));
  const { documents, failed } = await context.read("documents");
  return [
    heading(t("documents")),
    failed.length ? el("section", {}, heading(t("notRead"), 3), table(t("notRead"), [t("source"), t("reason")], failed.map((one) => [one.source, locale() === "zh" ? one.reason_zh : one.reason]))) : "",
    table(t("documents"), [t("source"), t("passages"), t("state"), t("version"), t("audience"), t("actions")], documents.map((one) => row(one, context))),
    writing(context),
  ];
}

function row(one, context) {
  const roles = field(t("roles"), "input", { type: "text", maxlength: 1000, value: one.audience.join(", ") });
  const set = doing(t("set"), () => context.change("documents/audience", { source: one.source, audience: roles.control.value }), { after: () => context.again() });
  const forget = doing(t("forget"), () => context.change("documents/forget", { source: one.source }), { danger: true, name: `${t("forget")}: ${one.source}`, after: () => context.again() });
  const audience = el("details", {}, el("summary", { text: one.audience.join(", ") || t("everyone") }), roles.node, set);
  return [
    el("a", { href: `#documents/${encodeURIComponent(encodeURIComponent(one.source))}`, text: one.title ? `${one.title} (${one.source})` : one.source }),
    number(one.passages), one.state, one.version.slice(0, 8), audience, forget,
  ];
}

function writing(context) {
  const name = field(t("name"), "input", { type: "text", maxlength: 120 });
  const text = field(t("text"), "textarea", { rows: 8, maxlength: 60000 });
  const roles = field(t("roles"), "input", { type: "text", maxlength: 1000 });
  const save = doing(t("save"), () => context.change("documents/write", { name: name.control.value, text: text.control.value, audience: roles.control.value }), { primary: true, after: () => context.again() });
  return el("details", { class: "card" }, el("summary", { text: t("newDocument") }), name.node, text.node, roles.node, el("div", { class: "row" }, save));
}

async function passages(context, encoded) {
  const source = decodeURIComponent(encoded);
  const found = await context.read("document", { source });
  return [
    el("p", {}, el("a", { href: "#documents", text: t("back") })),
    heading(source),
    el("ol", { class: "cards" }, ...found.passages.map((one) => el("li", { class: "card" }, el("p", { class: "about", text: one.heading.join(" › ") }), el("p", { class: "prose-plain", text: one.text })))),
  ];
}
