// Before anything is asked: what this is, and questions to press.

import { el, icon, lantern } from "./dom.js";
import { languageOf, say } from "./i18n.js";

export function showEmpty(node, { session, ask }) {
  const examples = Array.isArray(session.server.examples) ? session.server.examples.filter((one) => typeof one === "string" && one) : [];
  const prompts = Array.isArray(session.server.prompts) ? session.server.prompts.filter((one) => typeof one === "string" && one).slice(0, 3) : [];
  const community = session.server.community?.name || say("ourCommunity");
  node.replaceChildren(...[
    el("div", { class: "beacon", "aria-hidden": "true" }, lantern("large")),
    el("h2", { class: "greeting", text: say("greeting") }),
    el("p", { class: "greeting-text", text: say("greetingText", { community }) }),
    examples.length
      ? group("examples", examples, ask)
      : null,
    prompts.length ? group("drawExamples", prompts, (text) => ask(`/imagine ${text}`)) : null].filter(Boolean));
}

function group(name, texts, press) {
  return el("div", { class: "examples", role: "group", "aria-label": say(name) },
    el("span", { class: "group-title", "aria-hidden": "true", text: say(name) }),
    texts.map((text) => el("button", { type: "button", class: "sign", on: { click: () => press(text) } }, el("span", { text, lang: languageOf(text) }), icon("arrow"))));
}
