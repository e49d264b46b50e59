// Pictures that go with the next message: chosen, dropped or pasted, sent at once, shown as chips that can be removed.

import { el, icon, iconButton } from "./dom.js";
import { sendPicture } from "./attach.js";
import { studio } from "./studio-words.js";

const KINDS = ["image/png", "image/jpeg", "image/webp", "image/gif"];

export class AttachTray {
  #chips = []; // {file, name, part: 0..1, token, url, stop}

  constructor({ session, flash, announce, fill }) {
    Object.assign(this, { session, flash, announce, fill });
    this.#takeDrops();
    document.addEventListener("paste", (event) => this.#paste(event));
  }

  /** The elements in the language in force: `button` to choose, `node` with the chips. */
  build() {
    this.input = el("input", { type: "file", accept: KINDS.join(","), multiple: true, hidden: true, tabindex: "-1", on: { change: () => this.#chosen() } });
    this.button = iconButton("picture", studio("attach"), () => this.input.click(), { class: "round attach" });
    this.list = el("ul", { class: "chips", "aria-label": studio("attached") });
    this.uses = el("div", { class: "chip-uses", role: "group", "aria-label": studio("use") });
    this.node = el("div", { class: "attached", hidden: true }, this.input, this.list, this.uses);
    this.#draw();
    this.show();
  }

  /** Offer the button where the server takes pictures. */
  show() {
    this.button.hidden = this.session.server.features?.attachments !== true;
  }

  get waiting() {
    return this.#chips.some(({ token }) => !token);
  }

  get count() {
    return this.#chips.length;
  }

  /** What is attached, for a message; the tray is empty afterwards. */
  take() {
    const taken = this.#chips.map(({ token, name, url }) => ({ token, name, url }));
    this.#chips = [];
    this.#draw();
    return taken;
  }

  /** Attach what the server has already. */
  put(attachment) {
    if (this.#room() < 1) return;
    this.#chips.push({ ...attachment, part: 1 });
    this.announce(studio("ready", { name: attachment.name }));
    this.#draw();
  }

  add(files) {
    if (this.button.hidden) return;
    for (const file of files) {
      const name = file.name || "picture";
      const most = Number(this.session.server.limits?.attachment_bytes) || 20_000_000;
      if (!KINDS.includes(file.type)) this.flash(studio("notPicture", { name }));
      else if (file.size > most) this.flash(studio("tooLarge", { name, n: Math.round(most / 1e6) }));
      else if (this.#room() < 1) return;
      else this.#send(file, name);
    }
  }

  #room() {
    const most = Number(this.session.server.limits?.attachments) || 5;
    if (this.#chips.length >= most) this.flash(studio("tooMany", { n: most }));
    return most - this.#chips.length;
  }

  async #send(file, name) {
    const chip = { name, part: 0, token: "", url: URL.createObjectURL(file) };
    this.#chips.push(chip);
    const { sent, stop } = sendPicture(this.session, file, (part) => {
      chip.part = part;
      if (chip.bar) chip.bar.value = part;
    });
    chip.stop = stop;
    this.announce(studio("sending", { name }));
    this.#draw();
    try {
      const { token, url } = await sent;
      URL.revokeObjectURL(chip.url);
      Object.assign(chip, { token, url });
      if (this.#chips.includes(chip)) this.announce(studio("ready", { name }));
    } catch ({ text }) {
      URL.revokeObjectURL(chip.url);
      if (this.#chips.includes(chip)) this.flash(text || studio("unreachable"));
      this.#chips = this.#chips.filter((one) => one !== chip);
    }
    this.#draw();
  }

  #remove(chip) {
    const at = this.#chips.indexOf(chip);
    this.#chips = this.#chips.filter((one) => one !== chip);
    if (!chip.token) chip.stop?.();
    this.announce(studio("removed", { name: chip.name }));
    this.#draw();
    (this.list.querySelectorAll("button")[Math.min(at, this.#chips.length - 1)] ?? this.button).focus();
  }

  #draw() {
    if (!this.node) return;
    this.node.hidden = !this.#chips.length;
    this.list.replaceChildren(...this.#chips.map((chip) => this.#chip(chip)));
    this.uses.replaceChildren(...(this.#chips.length ? this.#commands() : []));
  }

  #chip(chip) {
    chip.bar = chip.token ? null : el("progress", { max: "1", value: String(chip.part), "aria-label": studio("sending", { name: chip.name }) });
    return el("li", { class: "chip" },
      el("img", { src: chip.url, alt: "" }), el("span", { class: "chip-name", text: chip.name }), chip.bar,
      iconButton("close", studio("remove", { name: chip.name }), () => this.#remove(chip)));
  }

  /** The commands that take pictures, to begin the line with one press. */
  #commands() {
    const commands = Array.isArray(this.session.server.commands) ? this.session.server.commands : [];
    const fit = commands.filter(({ arguments: asked }) => {
      const files = (asked ?? []).filter(({ kind }) => kind === "file");
      return files.length && files.filter(({ required }) => required).length <= this.#chips.length;
    });
    return fit.map(({ name, description }) => el("button", { type: "button", class: "quiet", title: description, text: `/${name}`, on: { click: () => this.fill(`/${name} `) } }));
  }

  #chosen() {
    this.add([...this.input.files]);
    this.input.value = "";
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
    if (!files.length || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.add(files);
  }

  #takeDrops() {
    const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files") && !document.querySelector("dialog[open]") && !this.button?.hidden;
    const over = (on) => document.body.classList.toggle("dropping", on);
    document.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      over(true);
    });
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
    document.addEventListener("drop", (event) => {
      over(false);
      if (!carries(event)) return;
      event.preventDefault();
      this.add([...event.dataTransfer.files]);
    });
  }
}
