// A form that a button opened: its fields, and for a region of a picture a rectangle to draw with the pointer.

import { el, iconButton } from "./dom.js";
import { say } from "./i18n.js";

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
    this.session.act("submit", { token, values: Object.fromEntries(new FormData(event.target)) });
    this.node.close();
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

  /** The picture with a rectangle to draw; what is drawn becomes a choice of its own, so the keyboard's way stays. */
  #canvas(select) {
    const picture = this.session.pressed?.parts?.find((one) => one.kind === "picture");
    if (!picture) return null;
    const box = el("span", { class: "region-box", hidden: true });
    const frame = el("div", { class: "region" }, el("img", { src: picture.url, alt: picture.alt ?? "", draggable: "false" }), box);
    let from = null;
    const at = (event) => {
      const { left, top, width, height } = frame.getBoundingClientRect();
      return [Math.min(1, Math.max(0, (event.clientX - left) / width)), Math.min(1, Math.max(0, (event.clientY - top) / height))];
    };
    const draw = (event) => {
      const to = at(event);
      const [left, right] = [from[0], to[0]].sort((a, b) => a - b);
      const [top, bottom] = [from[1], to[1]].sort((a, b) => a - b);
      if (right - left < 0.02 || bottom - top < 0.02) return;
      const drawn = [left, top, right, bottom].map((share) => share.toFixed(3)).join(",");
      box.hidden = false;
      Object.assign(box.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
      this.own ??= el("option", { text: say("drawn") });
      this.own.value = drawn;
      if (this.own.parentElement !== select) select.append(this.own);
      select.value = drawn;
    };
    frame.addEventListener("pointerdown", (event) => {
      from = at(event);
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => from && draw(event));
    frame.addEventListener("pointerup", () => (from = null));
    this.own = null;
    return el("div", {}, el("p", { class: "hint", text: say("drawRegion") }), frame);
  }
}
