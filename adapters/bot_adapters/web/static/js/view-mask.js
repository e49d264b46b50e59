// The picture under a brush: what is painted is drawn anew. Pointer, touch and pen paint; the keyboard stamps a rectangle.

import { el, iconButton } from "./dom.js";
import { Mask } from "./mask.js";
import { studio } from "./studio-words.js";

const STEP = 0.05; // a share of a side, for the arrow keys

export class MaskView {
  #erase = false;
  #from = null;
  #size = 0.12;
  #frame = [0.3, 0.3, 0.7, 0.7]; // the keyboard's rectangle

  /** `onBox(box, share)` is told the painted part's box, or null, after each change. */
  constructor(picture, onBox) {
    this.onBox = onBox;
    this.canvas = el("canvas", { class: "mask", tabindex: "0", role: "application", "aria-label": studio("maskCanvas"), "aria-describedby": "mask-hint" });
    this.box = el("span", { class: "region-box", hidden: true });
    const image = el("img", { src: picture.url, alt: picture.alt ?? "", draggable: "false" });
    this.mask = new Mask(this.canvas, 512, 512);
    image.addEventListener("load", () => (this.mask = new Mask(this.canvas, image.naturalWidth, image.naturalHeight)));
    this.region = el("div", { class: "region" }, image, this.canvas, this.box);
    this.said = el("p", { class: "hint", role: "status", text: studio("maskEmpty") });
    this.node = el("div", { class: "masking" },
      el("p", { id: "mask-hint", class: "hint", text: `${studio("maskHint")} ${studio("maskKeys")}` }), this.region, this.#tools(), this.said);
    this.#listen();
  }

  /** Show a rectangle that was chosen by name. */
  show(box) {
    this.mask.mark();
    this.mask.clear();
    this.mask.rectangle(box);
    this.#tell(false);
  }

  #tools() {
    this.paintButton = iconButton("brush", studio("paint"), () => this.#use(false), { "aria-pressed": "true" });
    this.eraseButton = iconButton("erase", studio("erase"), () => this.#use(true), { "aria-pressed": "false" });
    const size = el("input", { type: "range", min: "2", max: "40", value: String(this.#size * 100), "aria-label": studio("brush"), on: { input: () => (this.#size = size.value / 100) } });
    return el("div", { class: "mask-tools", role: "toolbar", "aria-label": studio("maskCanvas") },
      this.paintButton, this.eraseButton, size,
      iconButton("undo", studio("undo"), () => (this.mask.undo(), this.#tell())),
      iconButton("trash", studio("clear"), () => (this.mask.mark(), this.mask.clear(), this.#tell())));
  }

  #use(erase) {
    this.#erase = erase;
    this.paintButton.setAttribute("aria-pressed", String(!erase));
    this.eraseButton.setAttribute("aria-pressed", String(erase));
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.mask.mark();
      this.#from = this.#at(event);
      this.mask.stroke(this.#from, this.#from, this.#size, this.#erase);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#from) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) {
        const to = this.#at(one);
        this.mask.stroke(this.#from, to, this.#size, this.#erase);
        this.#from = to;
      }
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.#from && ((this.#from = null), this.#tell()));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#showFrame());
    canvas.addEventListener("blur", () => (this.box.hidden = true));
  }

  #at({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height].map((share) => Math.min(1, Math.max(0, share)));
  }

  /** Arrows move the rectangle, with Shift they change its size; Enter and Space paint it. */
  #key(event) {
    const [x, y] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key] ?? [0, 0];
    const stamps = event.key === "Enter" || event.key === " ";
    if (!x && !y && !stamps) return;
    event.preventDefault();
    let [left, top, right, bottom] = this.#frame;
    if (event.shiftKey) [right, bottom] = [Math.min(1, Math.max(left + STEP, right + x)), Math.min(1, Math.max(top + STEP, bottom + y))];
    else {
      const across = Math.min(1 - right, Math.max(-left, x)), down = Math.min(1 - bottom, Math.max(-top, y));
      [left, right, top, bottom] = [left + across, right + across, top + down, bottom + down];
    }
    this.#frame = [left, top, right, bottom];
    this.#showFrame();
    if (!stamps) return;
    this.mask.mark();
    this.mask.rectangle(this.#frame, this.#erase);
    this.#tell();
  }

  #showFrame() {
    const [left, top, right, bottom] = this.#frame;
    this.box.hidden = false;
    Object.assign(this.box.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
  }

  #tell(painted = true) {
    const { share, box } = this.mask.measure();
    this.said.textContent = box ? studio("masked", { n: Math.max(1, Math.round(share * 100)) }) : studio("maskEmpty");
    if (painted) this.onBox(box);
  }
}
