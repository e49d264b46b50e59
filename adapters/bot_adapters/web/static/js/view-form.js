// A form that a button opened: its fields, and for a region of a picture a mask to paint.

import { el, iconButton } from "./dom.js";
import { sendPicture } from "./attach.js";
import { say } from "./i18n.js";
import { attached } from "./protocol.js";
import { studio } from "./studio-words.js";
import { MaskView } from "./view-mask.js";

const AREA = "area"; // the field that names a rectangle: left,top,right,bottom in shares of the picture

export class FormDialog {
  constructor(session) {
    this.session = session;
    this.node = el("dialog", { class: "sheet form", on: { click: (event) => event.target === this.node && this.node.close() } });
    document.body.append(this.node);
    session.addEventListener("form", ({ detail }) => this.open(detail));
  }

  open({ token, title, fields }) {
    if (typeof token !== "string" || !Array.isArray(fields)) return;
    this.painted = null;
    this.node.setAttribute("aria-label", title);
    const form = el("form", { class: "sheet-body", method: "dialog", on: { submit: (event) => this.#submit(event, token) } },
      fields.map((field) => this.#field(field)),
      el("div", { class: "row" },
        el("button", { type: "submit", class: "quiet primary", text: say("submit") }),
        el("button", { type: "button", class: "quiet", text: say("skipReasons"), on: { click: () => this.node.close() } })));
    this.node.replaceChildren(
      el("header", { class: "sheet-top" }, el("h2", { class: "sheet-kind", text: title }), iconButton("close", say("close"), () => this.node.close())), form);
    if (!this.node.open) this.node.showModal();
    form.querySelector("textarea, input, select")?.focus();
  }

  #submit(event, token) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    this.#send(token, values, this.painted?.() ?? null);
    this.node.close();
  }

  /** Send the form; a mask that was painted goes first. Where it can't, its box says where. */
  async #send(token, values, painting) {
    let pictures = [];
    try {
      if (painting && this.session.server.features?.attachments === true) pictures = [await sendPicture(this.session, await painting, () => {}).sent];
    } catch ({ text }) {
      this.session.dispatchEvent(new CustomEvent("notice", { detail: text || studio("unreachable") }));
    }
    this.session.act("submit", { token, values, ...attached(pictures) });
  }

  #field(field) {
    const id = `field-${field.name}`;
    const shared = { id, name: field.name, required: field.required, "aria-describedby": field.hint ? `${id}-hint` : null };
    const hint = field.hint ? el("p", { id: `${id}-hint`, class: "hint", text: field.hint }) : null;
    const label = el("label", { for: id, text: field.label });
    if (field.kind === "choice") {
      const select = el("select", shared, field.choices.map(({ value, label }) => el("option", { value, text: label, selected: value === field.value })));
      return el("div", { class: "field" }, label, field.name === AREA ? this.#canvas(select) : null, select, hint);
    }
    const written = field.kind === "text" ? el("textarea", { ...shared, rows: "4", maxlength: field.longest }) : el("input", { ...shared, maxlength: field.longest });
    written.value = field.value ?? "";
    return el("div", { class: "field" }, label, written, hint);
  }

  /** The picture to paint on; what is painted becomes a choice of its own, so the keyboard's way stays. */
  #canvas(select) {
    const picture = this.session.pressed?.parts?.find((one) => one.kind === "picture");
    if (!picture) return null;
    const own = el("option", { text: say("drawn") });
    const mask = new MaskView(picture, (box) => {
      own.value = box ? box.map((share) => share.toFixed(3)).join(",") : "";
      if (!box) own.remove();
      else if (own.parentElement !== select) select.append(own);
      if (box) select.value = own.value;
    });
    select.addEventListener("change", () => select.value !== own.value && mask.show(select.value.split(",").map(Number)));
    this.painted = () => (own.parentElement === select && select.value === own.value ? mask.mask.file() : null);
    return mask.node;
  }
}
