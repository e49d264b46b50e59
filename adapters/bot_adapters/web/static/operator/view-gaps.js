// What the documents don't answer: written here, it becomes a document, and the question is asked again.

import { el } from "../js/dom.js";
import { doing, field, heading, tag } from "./parts.js";
import { t, when } from "./words.js";

export async function gapsView(context) {
  const { gaps } = await context.read("gaps");
  const question = field(t("tryIt"), "input", { type: "text", maxlength: 2000 });
  const said = el("div", { class: "said", "aria-live": "polite", hidden: true });
  const ask = doing(t("ask"), () => context.change("try", { question: question.control.value }), { after: (found) => tell(said, found) });
  return [
    heading(t("gaps")),
    el("p", { text: t("gapsHow") }),
    gaps.length
      ? el("ol", { class: "cards", "aria-label": t("gaps") }, ...gaps.map((gap) => card(gap, context)))
      : el("p", { class: "nothing", text: t("none") }),
    el("div", { class: "filters" }, question.node, ask),
    said,
  ];
}

function tell(node, found, head = "") {
  node.hidden = false;
  node.replaceChildren(head && el("p", { text: head }), el("p", {}, tag(found.outcome, t(found.outcome))), el("p", { class: "prose-plain", text: found.text }));
}

function card(gap, context) {
  const node = el("li", { class: "card" });
  const write = el("button", { type: "button", class: "quiet primary", "aria-expanded": "false", "aria-label": `${t("write")}: ${gap.question}`, text: t("write") });
  const aside = doing(t("dismiss"), () => context.change("gaps/dismiss", { question: gap.question, answers: gap.answers }), {
    name: `${t("dismiss")}: ${gap.question}`, after: () => context.again(),
  });
  const row = el("div", { class: "row" }, write, aside);
  node.append(
    el("h3", { text: gap.question }),
    el("p", { class: "about" }, `${t("times", { n: gap.count })} · ${when(gap.last)} · `, el("a", { href: `#answers/${gap.answers[0]}`, text: t("why") })),
    row,
  );
  write.addEventListener("click", () => {
    write.setAttribute("aria-expanded", "true");
    row.hidden = true;
    node.append(form(gap, context, node, () => { row.hidden = false; write.setAttribute("aria-expanded", "false"); write.focus(); }));
  });
  return node;
}

function form(gap, context, node, close) {
  const question = field(t("question"), "input", { type: "text", maxlength: 300, value: gap.question.slice(0, 300) });
  const answer = field(t("answer"), "textarea", { rows: 6, maxlength: 8000 });
  const box = el("div", { class: "writing" }, question.node, answer.node);
  const save = doing(
    t("save"),
    () => context.change("gaps/curate", { question: question.control.value, answer: answer.control.value, answers: gap.answers }),
    { primary: true, after: (found) => {
      const said = el("div", { class: "said", tabindex: "-1" });
      tell(said, found, t("curated", { n: found.told }));
      node.replaceChildren(el("h3", { text: question.control.value }), said);
      said.focus();
    } },
  );
  box.append(el("div", { class: "row" }, save, el("button", { type: "button", class: "quiet", text: t("cancel"), on: { click: () => { box.remove(); close(); } } })));
  queueMicrotask(() => answer.control.focus());
  return box;
}
