// The head of the page: whose it is, whether it is connected, and the few things one can switch.

import { el, iconButton, lantern } from "./dom.js";
import { say } from "./i18n.js";
import { studio } from "./studio-words.js";
import { tell } from "./uploads-words.js";

export class Header {
  constructor(node, { session, actions }) {
    Object.assign(this, { node, session, actions });
    this.build();
  }

  build() {
    const { actions } = this;
    this.status = el("span", { class: "status", role: "status" }, el("i", { "aria-hidden": "true" }), el("span", { class: "status-words" }));
    this.community = el("span", { class: "community" });
    this.queueButton = iconButton("queue", say("queue"), () => actions.queue(), { "aria-haspopup": "dialog" });
    this.galleryButton = iconButton("gallery", studio("gallery"), () => actions.gallery(), { "aria-haspopup": "dialog" });
    this.documentsButton = iconButton("file", tell("documents"), () => actions.documents(), { "aria-haspopup": "dialog" });
    this.themeButton = iconButton("moon", say("theme"), () => actions.theme());
    this.node.replaceChildren(el("div", { class: "bar" },
      el("div", { class: "brand" }, lantern(), el("h1", { text: say("brand") }), this.community), this.status,
      el("nav", { class: "tools", "aria-label": say("title") },
        iconButton("plus", say("newConversation"), () => actions.fresh()),
        iconButton("clock", say("history"), () => actions.past(), { "aria-haspopup": "dialog" }),
        this.documentsButton,
        this.galleryButton,
        this.queueButton,
        iconButton("language", say("language"), () => actions.language()), this.themeButton)));
    this.showCommunity();
    this.showState();
  }

  showCommunity() {
    this.community.textContent = this.session.server.community?.name ?? "";
    this.documentsButton.hidden = this.actions.isAdmin !== true;
    this.galleryButton.hidden = this.session.server.features?.gallery !== true;
    this.queueButton.hidden = this.session.server.features?.queue !== true;
  }

  showState() {
    const { state } = this.session;
    const word = say(state === "connected" || state === "connecting" ? state : "reconnecting");
    this.status.dataset.state = state;
    this.status.title = word;
    if (this.status.getAttribute("aria-label") === word) return;
    this.status.setAttribute("aria-label", word);
    this.status.lastElementChild.textContent = word;
  }
}
