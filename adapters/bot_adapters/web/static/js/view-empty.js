// Before anything is asked: what this is, and questions to press.

import { el, icon, lantern } from "./dom.js";
import { languageOf, say } from "./i18n.js";

export function showEmpty(node, { session, ask }) {
  const examples = Array.isArray(session.server.examples) ? session.server.examples.filter((one) => typeof one === "string" && one) : [];
  const community = session.server.community?.name || say("ourCommunity");
  node.replaceChildren(
    el("div", { class: "beacon", "aria-hidden": "true" }, lantern("large")),
    el("h2", { class: "greeting", text: say("greeting") }),
    el("p", { class: "greeting-text", text: say("greetingText", { community }) }),
    examples.length
      ? el("div", { class: "examples", role: "group", "aria-label": say("examples") },
          el("span", { class: "group-title", "aria-hidden": "true", text: say("examples") }),
          examples.map((text) => el("button", { type: "button", class: "sign", on: { click: () => ask(text) } }, el("span", { text, lang: languageOf(text) }), icon("arrow"))))
      : null);
}
