// One entry of the gallery at full size: its pictures, what they were made from, and what can be done with them.

import { copyText } from "./copy.js";
import { el, icon, iconButton } from "./dom.js";
import * as gallery from "./gallery.js";
import { dayAndTime, languageOf } from "./i18n.js";
import { studio } from "./studio-words.js";

export class GalleryOne {
  constructor(dialog, back) {
    Object.assign(this, { dialog, back });
    this.node = el("div", { class: "sheet-body gallery-one", hidden: true });
  }

  show(item) {
    this.item = item;
    this.image = el("img", { alt: item.words || item.action });
    this.save = el("a", { class: "quiet", download: `yinlu-${item.job.slice(0, 8)}.png` }, icon("latest"), studio("save"));
    this.reuseButton = this.#button("reuse", "picture", () => this.dialog.use({ ...this.chosen, name: `${item.job.slice(0, 8)}.png` }));
    this.starButton = this.#button(item.favourite ? "favoured" : "favourite", "star", () => this.#star(), { "aria-pressed": String(item.favourite) });
    const backButton = el("button", { type: "button", class: "quiet", on: { click: () => this.back() } }, icon("previous"), studio("back"));
    this.node.replaceChildren(
      backButton,
      el("div", { class: "gallery-stage" }, this.image),
      this.#choices(),
      el("div", { class: "row gallery-does" },
        this.#button("copyPrompt", "copy", () => this.#copy()), this.reuseButton, this.starButton, this.save,
        item.mine ? this.#button("delete", "trash", () => this.#delete(), { class: "quiet danger" }) : null),
      this.#parameters());
    this.#pick({ url: item.cover, token: "" });
    this.node.hidden = false;
    this.node.scrollTop = 0;
    backButton.focus();
  }

  #button(name, shape, act, props = {}) {
    return el("button", { type: "button", class: "quiet", on: { click: act }, ...props }, icon(shape), el("span", { text: studio(name) }));
  }

  /** The grid and its four, each to be seen alone. */
  #choices() {
    const { cover, pictures } = this.item;
    if (pictures.length < 2) return null;
    const all = [{ url: cover, token: "" }, ...pictures];
    this.thumbs = all.map((one, at) => el("button", { type: "button", class: "thumb", "aria-label": at ? `${studio("kind_single")} ${at}` : studio("kind_grid"), on: { click: () => this.#pick(one) } }, el("img", { src: one.url, alt: "", loading: "lazy" })));
    this.all = all;
    return el("div", { class: "thumbs", role: "group", "aria-label": studio("kind") }, this.thumbs);
  }

  #pick(one) {
    this.chosen = one.token ? one : this.item.pictures[0]; // a grid is no picture to begin with
    this.image.src = one.url;
    this.save.href = one.url;
    this.reuseButton.hidden = !this.chosen.token;
    if (this.item.pictures.length > 1) this.thumbs.forEach((thumb, at) => thumb.setAttribute("aria-pressed", String(this.all[at].url === one.url)));
  }

  #parameters() {
    const { prompt, width, height, seed, job, time, by, mine } = this.item;
    const rows = [["prompt", prompt], ["size", `${width} × ${height}`], ["seed", seed], ["job", job.slice(0, 8)], ["made", dayAndTime(time)], ["by", mine ? studio("you") : by]];
    return el("dl", { class: "parameters" }, rows.filter(([, value]) => value !== "").map(([name, value]) => [el("dt", { text: studio(name) }), el("dd", { text: String(value), lang: name === "prompt" ? languageOf(prompt) : null })]).flat());
  }

  async #copy() {
    this.dialog.announce(studio((await copyText(this.item.prompt)) ? "copied" : "copyFailed"));
  }

  async #star() {
    try {
      this.item.favourite = (await gallery.favourite(this.dialog.session, this.item.job)).favourite;
    } catch ({ text }) {
      return this.dialog.announce(text || studio("failed"));
    }
    this.starButton.setAttribute("aria-pressed", String(this.item.favourite));
    this.starButton.querySelector("span").textContent = studio(this.item.favourite ? "favoured" : "favourite");
    this.dialog.load();
  }

  async #delete() {
    if (!window.confirm(studio("sure"))) return;
    try {
      await gallery.remove(this.dialog.session, this.item.job);
    } catch ({ text }) {
      return this.dialog.announce(text || studio("failed"));
    }
    this.dialog.announce(studio("deleted"));
    this.back(this.item.job);
  }
}
