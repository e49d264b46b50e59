// Answers, and of each its whole trace: why did it say that?

import { el } from "../js/dom.js";
import { field, figure, figures, heading, table, tag } from "./parts.js";
import { number, t, when } from "./words.js";

const asked = { outcome: "", vote: "", words: "" };

export async function answersView(context) {
  if (context.argument) return trace(await context.read("answer", { id: context.argument }));
  const found = await context.read("answers", asked);
  const list = el("ol", { class: "cards", "aria-label": t("answers") }, ...found.answers.map(card));
  const more = el("button", { type: "button", class: "quiet", text: t("more"), hidden: !found.more });
  more.addEventListener("click", async () => {
    const older = await context.read("answers", { ...asked, before: found.answers.at(-1).time });
    const first = older.answers.map(card);
    list.append(...first);
    found.answers = older.answers;
    more.hidden = !older.more;
    first[0]?.querySelector("a")?.focus();
  });
  return [
    heading(t("answers")),
    search(context),
    found.answers.length ? list : el("p", { class: "nothing", text: t("none") }),
    more,
  ];
}

function search(context) {
  const outcome = field(t("outcome"), "select", { options: [["", t("all")], ...["answered", "related", "unknown"].map((name) => [name, t(name)])], value: asked.outcome });
  const vote = field(t("vote"), "select", { options: [["", t("all")], ["any", t("any")], ["up", t("up")], ["down", t("down")]], value: asked.vote });
  const words = field(t("words"), "input", { type: "search", maxlength: 200, value: asked.words });
  const form = el("form", { class: "filters", role: "search" }, outcome.node, vote.node, words.node, el("button", { class: "quiet primary", text: t("search") }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    Object.assign(asked, { outcome: outcome.control.value, vote: vote.control.value, words: words.control.value });
    context.again();
  });
  return form;
}

function card(answer) {
  return el(
    "li", { class: "card" },
    el("h3", {}, el("a", { href: `#answers/${answer.id}`, text: answer.question })),
    el("p", { class: "clip", text: answer.answer }),
    el("p", { class: "about" }, tag(answer.outcome, t(answer.outcome)), ` ${when(answer.time)} · ${answer.platform} · ${answer.model}`,
      answer.up || answer.down ? ` · ${t("up")} ${answer.up} · ${t("down")} ${answer.down}` : ""),
  );
}

function trace(found) {
  const signals = (one) => Object.entries(one.signals).map(([name, value]) => `${name} ${number(value, 3)}`).join(" · ");
  return [
    el("p", {}, el("a", { href: "#answers", text: t("back") })),
    heading(t("why")),
    el("section", { class: "said" }, el("h3", { text: found.question }), el("p", { class: "prose-plain", text: found.answer })),
    figures(
      figure(t("gate"), t(found.outcome), found.reason),
      figure(t("model"), found.model, found.prompt_version && `${found.prompt_version}`),
      figure(t("cost"), number(found.cost, 4), `${number(found.tokens[0])} + ${number(found.tokens[1])} ${t("tokens")}`),
      figure(t("when"), when(found.time), `${found.platform} · ${found.locale}`),
    ),
    heading(t("forms"), 3),
    el("p", { class: "prose-plain", text: found.searched || found.question }),
    ...(found.history.length ? [heading(t("history"), 3), el("ul", { class: "turns" }, ...found.history.map((turn) => el("li", { text: `${turn.role}: ${turn.text}` })))] : []),
    heading(t("quotes"), 3),
    table(t("quotes"), ["n", t("quotes"), t("source"), t("version")], found.citations.map((c) => [String(c.n), quoted(c), [c.source, ...c.heading].join(" › "), c.version.slice(0, 8)])),
    heading(t("candidates"), 3),
    table(t("candidates"), [t("source"), t("text"), t("score"), t("signals")], found.retrieved.map((r) => [[r.source, ...r.heading].join(" › "), el("div", { class: "clip", text: r.text }), number(r.score, 3), signals(r)])),
    heading(t("timings"), 3),
    el("p", { text: Object.entries(found.timings_ms).map(([name, value]) => `${name} ${number(value, 1)} ms`).join(" · ") || "–" }),
    el("p", { class: "about", text: `${t("index")}: ${found.index_version || "–"} · ${t("asker")}: ${found.person}` }),
    heading(t("votes"), 3),
    table(t("votes"), [t("when"), t("vote"), t("reason"), t("said"), t("person")], found.votes.map((v) => [when(v.time), t(v.value), v.reason, v.words, v.person])),
  ];
}

function quoted(citation) {
  const [before, ...after] = citation.passage.split(citation.quote);
  if (!after.length) return el("mark", { text: citation.quote });
  return el("span", {}, before, el("mark", { text: citation.quote }), after.join(citation.quote));
}
