// A picture at full size, with a way to keep it.

import { el, icon, iconButton } from "./dom.js";
import { say } from "./i18n.js";

export class PictureDialog {
  constructor() {
    this.node = el("dialog", { class: "lightbox", on: { click: (event) => event.target === this.node && this.node.close() } });
    document.body.append(this.node);
  }

  open(url, alt) {
    this.node.setAttribute("aria-label", say("picture"));
    this.node.replaceChildren(
      el("img", { src: url, alt }),
      el("div", { class: "lightbox-bar" },
        el("p", { text: alt }),
        el("a", { href: url, download: "yinlu.png", class: "quiet" }, icon("latest"), say("save")),
        iconButton("close", say("close"), () => this.node.close())));
    this.node.showModal();
  }
}
