// The conversation on the screen: one view per item, in order, each made once and then updated.

import { el } from "./dom.js";
import { say } from "./i18n.js";
import { makeView } from "./renderers.js";

export class LogView {
  #views = new Map(); // the item -> its view
  #waiting = new Set();
  #frame = 0;

  constructor(node, context) {
    Object.assign(this, { node, context });
    this.archived = el("p", { class: "archived" });
  }

  /** Show everything anew: another conversation, or another language. */
  reset() {
    this.#views.clear();
    this.#waiting.clear();
    this.node.setAttribute("aria-label", say("conversation"));
    const { items, archived } = this.context.session.conversation;
    this.archived.textContent = say("archived");
    this.node.replaceChildren(...(archived ? [this.archived] : []));
    for (const item of items) this.#update(item);
    this.context.onShown(items.length > 0);
  }

  /** Show a changed item with the next frame: many deltas cost one rendering. */
  touch(item) {
    this.#waiting.add(item);
    this.#frame ||= requestAnimationFrame(() => this.flush());
    if (document.visibilityState === "hidden") this.flush(); // frames do not come in a hidden tab
  }

  get lastTurn() {
    return [...this.node.querySelectorAll(":scope > .turn")].at(-1);
  }

  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { items } = this.context.session.conversation;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const fresh = waiting.some((item) => !this.#views.has(item));
    for (const item of waiting) if (items.includes(item)) this.#update(item);
    if (fresh) for (const item of items.slice(-3, -1)) this.#update(item); // they are no longer the newest
    this.context.onShown(items.length > 0);
  }

  #update(item) {
    const { items } = this.context.session.conversation;
    let view = this.#views.get(item);
    if (!view) {
      view = makeView(item, this.context);
      if (!view) return;
      this.#views.set(item, view);
      const next = items.slice(items.indexOf(item) + 1).find((one) => this.#views.has(one));
      this.node.insertBefore(view.node, next ? this.#views.get(next).node : null);
    }
    view.update(item, { last: items.at(-1) === item });
  }
}
