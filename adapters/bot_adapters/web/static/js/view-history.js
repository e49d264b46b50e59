// This visitor's conversations, kept in this browser.

import { el, iconButton } from "./dom.js";
import { dayAndTime, say } from "./i18n.js";
import * as store from "./store.js";

const DAY = 86_400_000; // ms

export class HistoryDialog {
  constructor(session) {
    this.session = session;
    this.node = el("dialog", { class: "sheet history", on: { click: (event) => event.target === this.node && this.node.close() } });
    document.body.append(this.node);
  }

  open() {
    this.session.save();
    this.#show();
    this.node.showModal();
  }

  #show() {
    this.node.setAttribute("aria-label", say("history"));
    const list = store.conversations().filter(({ title }) => title);
    const groups = Map.groupBy ? Map.groupBy(list, dayOf) : group(list);
    this.node.replaceChildren(
      el("header", { class: "sheet-top" }, el("h2", { class: "sheet-kind", text: say("history") }), iconButton("close", say("close"), () => this.node.close())),
      el("div", { class: "sheet-body" },
        list.length ? null : el("p", { class: "nothing", text: say("historyEmpty") }),
        [...groups].map(([day, entries]) => el("section", {}, el("h3", { class: "group-title", text: say(day) }), el("ul", { role: "list" }, entries.map((entry) => this.#entry(entry)))))));
  }

  #entry({ key, title, time }) {
    const current = key === this.session.conversation.key;
    const open = () => {
      this.node.close();
      this.session.open(key);
    };
    const forget = () => {
      this.session.forget(key);
      this.#show();
      this.node.querySelector("button").focus();
    };
    return el("li", {},
      el("button", { type: "button", class: "past", "aria-current": current ? "true" : null, on: { click: open } },
        el("span", { class: "past-title", text: title }), el("time", { datetime: new Date(time).toISOString(), text: dayAndTime(time) })),
      iconButton("trash", say("forget", { title }), forget));
  }
}

function dayOf({ time }) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return time >= midnight ? "today" : time >= midnight - DAY ? "yesterday" : "earlier";
}

function group(list) {
  const groups = new Map();
  for (const entry of list) groups.set(dayOf(entry), [...(groups.get(dayOf(entry)) ?? []), entry]);
  return groups;
}
