// The documents sheet: admins send files, choose who may read them, see how each is, and take them away.

import { el, icon, iconButton } from "./dom.js";
import { say } from "./i18n.js";
import { dropTicket, listed, remove, send } from "./uploads.js";
import { tell } from "./uploads-words.js";

const EVERY_MS = 1000; // while something is on its way
const SLOW_MS = 5000; // while only the better embedding is missing
const BUSY = ["sending", "waiting", "reading"];

export class UploadsDialog {
  #rows = []; // what the server has
  #sending = new Map(); // name -> {part} or {reason}: what it has not yet, or refused
  #states = new Map(); // what was told of each
  #queue = Promise.resolve();
  #largest = 0;
  #timer = 0;

  constructor({ onRefused }) {
    this.onRefused = onRefused;
    this.told = el("p", { class: "unseen", role: "status" });
    this.node = el("dialog", { class: "sheet uploads", on: {
      click: (event) => event.target === this.node && this.node.close(),
      close: () => clearTimeout(this.#timer),
    } });
    document.body.append(this.node);
  }

  open() {
    this.node.setAttribute("aria-label", tell("documents"));
    this.list = el("ul", { role: "list", "aria-label": tell("list") });
    this.trouble = el("p", { class: "upload-trouble", role: "alert" });
    this.hint = el("p", { class: "nothing", id: "upload-largest" });
    this.node.replaceChildren(
      el("header", { class: "sheet-top" }, el("h2", { class: "sheet-kind", text: tell("documents") }), iconButton("close", say("close"), () => this.node.close())),
      el("div", { class: "sheet-body" }, this.#readers(), this.#drop(), this.trouble, el("h3", { text: tell("list") }), this.list),
      this.told);
    this.#draw();
    this.node.showModal();
    this.input.focus();
    this.#look();
  }

  #readers() {
    const radio = (value, checked) => el("input", { type: "radio", name: "readers", value, checked });
    this.everyone = radio("everyone", true);
    this.some = radio("some", false);
    this.roles = el("input", { type: "text", class: "upload-roles", "aria-label": tell("roles"), placeholder: tell("roles"), disabled: true, autocomplete: "off", maxlength: "400" });
    const choose = () => {
      this.roles.disabled = this.everyone.checked;
      if (this.some.checked) this.roles.focus();
    };
    this.everyone.addEventListener("change", choose);
    this.some.addEventListener("change", choose);
    return el("fieldset", { class: "upload-readers" }, el("legend", { class: "group-title", text: tell("readers") }),
      el("label", {}, this.everyone, tell("everyone")), el("label", {}, this.some, tell("some")), this.roles);
  }

  #drop() {
    this.input = el("input", { type: "file", multiple: true, class: "upload-input", "aria-label": tell("choose"), "aria-describedby": "upload-largest",
      on: { change: () => (this.#take([...this.input.files]), (this.input.value = "")) } });
    const zone = el("div", { class: "upload-drop" }, icon("file"),
      el("p", {}, tell("drop"), " ", el("label", { class: "quiet" }, this.input, tell("choose"))), this.hint);
    const over = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      zone.classList.add("over");
    };
    zone.addEventListener("dragenter", over);
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", (event) => zone.contains(event.relatedTarget) || zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      this.#take([...event.dataTransfer.files]);
    });
    return zone;
  }

  #take(files) {
    const roles = this.some.checked ? this.roles.value.trim() : "";
    this.trouble.textContent = "";
    if (this.some.checked && !roles.replace(/[,，\s]/g, "")) {
      this.trouble.textContent = tell("rolesMissing");
      this.roles.focus();
      return;
    }
    for (const file of files) {
      if (this.#largest && file.size > this.#largest) {
        this.#sending.set(file.name, { reason: tell("tooLarge", { n: Math.floor(this.#largest / 1e6) }) });
        continue;
      }
      const row = { part: 0 };
      this.#sending.set(file.name, row);
      this.#queue = this.#queue.then(() => this.#send(file, roles, row)); // one after another: each is seen to move
    }
    this.#draw();
  }

  async #send(file, roles, row) {
    try {
      await send(file, roles, (part) => ((row.part = part), this.#draw()));
      if (this.#sending.get(file.name) === row) this.#sending.delete(file.name);
    } catch (error) {
      if (this.#refused(error)) return;
      row.reason = error.text || tell("unreachable");
    }
    await this.#look();
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      const { uploads, largest } = await listed();
      this.#rows = uploads;
      this.#largest = largest;
      this.hint.textContent = tell("largest", { n: Math.floor(largest / 1e6) });
      this.#draw();
    } catch (error) {
      if (this.#refused(error)) return;
      this.trouble.textContent = error.text || tell("unreachable");
    }
    const states = this.#rows.map(({ state }) => state);
    const busy = states.some((state) => BUSY.includes(state));
    const wait = busy ? EVERY_MS : states.includes("embedding") || this.trouble.textContent ? SLOW_MS : 0;
    if (wait && this.node.open) this.#timer = setTimeout(() => this.#look(), wait);
  }

  #refused(error) {
    if (error.status !== 403) return false;
    dropTicket();
    this.#sending.clear();
    this.trouble.textContent = tell("refused");
    this.onRefused();
    return true;
  }

  async #remove(row) {
    if (!window.confirm(tell("sure", { name: row.name }))) return;
    try {
      await remove(row.source);
    } catch (error) {
      if (this.#refused(error)) return;
      if (error.status !== 404) this.trouble.textContent = error.text || tell("unreachable");
    }
    this.#states.delete(row.name);
    this.told.textContent = tell("removed", { name: row.name });
    await this.#look();
    this.input.focus(); // the button that was pressed is gone
  }

  #draw() {
    const local = [...this.#sending].map(([name, { part, reason }]) => ({ name, state: reason ? "failed" : "sending", part, reason: reason ?? "", local: true }));
    const rows = [...local, ...this.#rows.filter(({ name }) => !this.#sending.has(name))];
    const held = this.list.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    this.list.replaceChildren(...(rows.length ? rows.map((row) => this.#row(row)) : [el("li", { class: "nothing", text: tell("none") })]));
    if (held) [...this.list.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === held)?.focus();
    for (const row of rows) this.#tell(row);
  }

  #tell({ name, state, reason }) {
    const before = this.#states.get(name);
    this.#states.set(name, state);
    if (before !== undefined && before !== state) this.told.textContent = tell("told", { name, state: reason || tell(state) });
  }

  #row(row) {
    const about = [
      row.passages ? tell("passages", { n: row.passages }) : "",
      row.audience?.length ? tell("only", { roles: row.audience.join(", ") }) : "",
    ].filter(Boolean);
    const bar = BUSY.includes(row.state)
      ? el("progress", { max: "1", value: row.state === "sending" ? String(row.part) : null, "aria-label": tell("told", { name: row.name, state: tell(row.state) }) })
      : null;
    const away = row.local ? null : iconButton("trash", tell("remove", { name: row.name }), () => this.#remove(row));
    return el("li", { class: `upload upload-${row.state}` },
      el("div", { class: "upload-words" },
        el("p", { class: "upload-name", text: row.name }),
        el("p", { class: "upload-state" }, el("strong", { text: tell(row.state) }), ...about.map((text) => ` · ${text}`)),
        row.reason ? el("p", { class: "upload-reason", text: row.reason }) : null, bar),
      away);
  }
}
