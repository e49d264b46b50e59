// What can be typed after a slash: a list above the question, filtered as it is written.

import { el } from "./dom.js";
import { say } from "./i18n.js";

export class CommandsList {
  #chosen = 0;
  #found = [];

  constructor({ session, pick }) {
    Object.assign(this, { session, pick });
    this.node = el("ul", { class: "commands", id: "commands", role: "listbox", "aria-label": say("commands"), hidden: true });
  }

  /** Show what fits `text` so far; nothing once an argument is being written. */
  update(text, area) {
    const typed = /^\/([a-z]*)$/i.exec(text)?.[1]?.toLowerCase();
    const commands = Array.isArray(this.session.server.commands) ? this.session.server.commands : [];
    this.#found = typed === undefined ? [] : commands.filter(({ name }) => name.startsWith(typed)).slice(0, 8);
    this.#chosen = 0;
    this.node.hidden = !this.#found.length;
    area.setAttribute("aria-controls", "commands");
    this.#draw(area);
  }

  /** Handle a key while the list is shown; true where it was taken. */
  key(event, area) {
    if (this.node.hidden || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#chosen = (this.#chosen + step + this.#found.length) % this.#found.length;
    else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#found[this.#chosen]);
    else if (event.key === "Escape") this.node.hidden = true;
    else return false;
    event.preventDefault();
    this.#draw(area);
    return true;
  }

  #take({ name, arguments: expected }) {
    this.node.hidden = true;
    this.pick(`/${name}${expected?.some(({ kind }) => kind !== "file") ? " " : ""}`);
  }

  #draw(area) {
    if (this.node.hidden) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", `command-${this.#chosen}`);
    this.node.replaceChildren(...this.#found.map((command, at) =>
      el("li", { id: `command-${at}`, role: "option", "aria-selected": String(at === this.#chosen), on: { mousedown: (event) => {
        event.preventDefault();
        this.#take(command);
      } } }, el("b", { text: `/${command.name}` }), el("span", { text: command.description }))));
  }
}
