// The gallery: pictures of one's own and the community's, with words and filters; its address is #gallery.

import { el, icon, iconButton } from "./dom.js";
import * as gallery from "./gallery.js";
import { languageOf, say } from "./i18n.js";
import { studio } from "./studio-words.js";
import { GalleryOne } from "./view-gallery-one.js";

const HASH = "#gallery";
const TYPED = 300; // ms without a key before it is searched

export class GalleryDialog {
  #asked = 0; // the newest question: older answers are dropped
  #query = { whose: "mine", words: "", kind: "", shape: "", page: 1 };

  /** `begin(words)` starts a line; `reuse(picture)` attaches one. */
  constructor({ session, begin, reuse }) {
    Object.assign(this, { session, begin, reuse });
    this.node = el("dialog", { class: "sheet gallery", on: { click: (event) => event.target === this.node && this.node.close(), close: () => this.#closed() } });
    document.body.append(this.node);
    window.addEventListener("hashchange", () => this.follow());
    session.addEventListener("hello", () => this.follow());
  }

  /** Open or close as the address says. */
  follow() {
    if (location.hash !== HASH) return this.node.open && this.node.close();
    if (!this.node.open && this.session.live && this.session.server.features?.gallery === true) this.#open();
  }

  open() {
    if (location.hash !== HASH) history.pushState(null, "", HASH);
    this.follow();
  }

  #open() {
    this.node.setAttribute("aria-label", studio("gallery"));
    this.said = el("p", { class: "hint", role: "status" });
    this.grid = el("ul", { class: "shelf", "aria-label": studio("gallery") });
    this.foot = el("div", { class: "sheet-foot" });
    this.told = el("p", { class: "gallery-told", role: "status" });
    this.one = new GalleryOne(this, () => this.#back());
    this.list = el("div", { class: "sheet-body" }, this.#filters(), this.said, this.grid);
    this.node.replaceChildren(
      el("header", { class: "sheet-top" }, el("h2", { class: "gallery-title", text: studio("gallery") }), iconButton("close", say("close"), () => this.node.close())),
      this.told, this.list, this.one.node, this.foot);
    this.node.showModal();
    this.load();
  }

  /** Say what came of a press, on the sheet itself: nothing outside is heard while it is open. */
  announce(text) {
    this.told.textContent = text;
  }

  #closed() {
    if (location.hash === HASH) history.replaceState(null, "", location.pathname + location.search);
  }

  #filters() {
    const search = el("input", { type: "search", placeholder: studio("search"), "aria-label": studio("search"), maxlength: "200", value: this.#query.words, on: { input: () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#ask({ words: search.value.trim() }), TYPED);
    } } });
    this.whose = this.#select("whose", [["mine", "mine"], ["favourites", "favourites"], ["all", "all"]]);
    return el("div", { class: "filters", role: "search" }, this.whose, search,
      this.#select("kind", [["", "anyKind"], ["grid", "kind_grid"], ["single", "kind_single"]]),
      this.#select("shape", [["", "anyShape"], ["wide", "shape_wide"], ["tall", "shape_tall"], ["square", "shape_square"]]));
  }

  #select(name, choices) {
    const select = el("select", { "aria-label": studio(name), on: { change: () => this.#ask({ [name]: select.value }) } },
      choices.map(([value, words]) => el("option", { value, text: studio(words), selected: value === this.#query[name] })));
    return select;
  }

  #ask(changed) {
    this.#query = { ...this.#query, page: 1, ...changed };
    this.load();
  }

  async load() {
    const asked = (this.#asked += 1);
    this.grid.setAttribute("aria-busy", "true");
    try {
      const found = await gallery.page(this.session, this.#query);
      if (asked === this.#asked) this.#show(found);
    } catch ({ text }) {
      if (asked !== this.#asked) return;
      this.grid.replaceChildren();
      this.foot.replaceChildren();
      this.said.textContent = text || studio("failed");
    }
    this.grid.removeAttribute("aria-busy");
  }

  #show({ items, total, page, pages, shared }) {
    this.#query.page = page;
    this.#showShared(shared);
    const { whose, words, kind, shape } = this.#query;
    const narrowed = Boolean(words || kind || shape);
    this.said.textContent = total ? studio("found", { n: total }) : studio(narrowed ? "noneFound" : "none");
    this.grid.replaceChildren(...items.map((item) => this.#card(item)));
    if (!total && !narrowed && whose === "mine") this.grid.append(el("li", { class: "first" }, el("button", { type: "button", class: "quiet primary", text: studio("begin"), on: { click: () => this.#away(() => this.begin("/imagine ")) } })));
    const turn = (name, to) => iconButton(name === "more" ? "next" : "previous", studio(name), () => this.#turn(to), { disabled: to < 1 || to > pages });
    this.foot.replaceChildren(...(pages > 1 ? [el("div", { class: "pager" }, turn("less", page - 1), studio("page", { n: page, all: pages }), turn("more", page + 1))] : []));
  }

  /** Everybody's is offered where the community shares; otherwise it is not there to be chosen. */
  #showShared(shared) {
    if (shared !== true) this.whose.querySelector("option[value=all]")?.remove();
  }

  #turn(to) {
    this.#ask({ page: to });
    this.list.scrollTop = 0;
  }

  #card(item) {
    const open = el("button", { type: "button", class: "shelf-open", "aria-label": studio("openOne", { prompt: item.words || item.action }), data: { job: item.job }, on: { click: () => this.#openOne(item) } },
      el("img", { src: item.cover, alt: "", loading: "lazy", decoding: "async" }));
    return el("li", { class: "shelf-item" }, open,
      el("p", { class: "shelf-words", text: item.words || item.action, lang: languageOf(item.words) }),
      item.favourite ? el("span", { class: "shelf-star" }, icon("star"), el("span", { class: "unseen", text: studio("favoured") })) : null);
  }

  #openOne(item) {
    this.announce("");
    this.list.hidden = true;
    this.foot.hidden = true;
    this.one.show(item);
  }

  #back(gone = "") {
    const job = this.one.item.job;
    this.one.node.hidden = true;
    this.list.hidden = this.foot.hidden = false;
    if (gone) this.load();
    (this.grid.querySelector(`[data-job="${job}"]`) ?? this.whose).focus();
  }

  /** Close and do something outside. */
  #away(act) {
    this.node.close();
    act();
  }

  use(picture) {
    this.#away(() => this.reuse(picture));
  }
}
