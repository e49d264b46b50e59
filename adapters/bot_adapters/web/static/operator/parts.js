// Pieces that the operator's views share: tables, figures, forms, one action with its outcome told.

import { el } from "../js/dom.js";
import { Refusal } from "./api.js";
import { t } from "./words.js";

export function announce(text) {
  document.getElementById("announcer").textContent = "";
  requestAnimationFrame(() => { document.getElementById("announcer").textContent = text; });
}

export const heading = (text, level = 2) => el(`h${level}`, { text });

export const figure = (label, value, note = "") =>
  el("div", { class: "figure" }, el("dt", { text: label }), el("dd", {}, String(value), note && el("small", { text: note })));

export const figures = (...items) => el("dl", { class: "figures" }, ...items);

/** A table that becomes a list of cards on a phone; each row is an array of nodes or texts. */
export function table(name, columns, rows) {
  if (!rows.length) return el("p", { class: "nothing", text: t("none") });
  const cell = (value, at) => el(at ? "td" : "th", { scope: at ? null : "row", data: { label: columns[at] } }, value ?? "");
  return el(
    "table", { "aria-label": name },
    el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", { scope: "col", text: column })))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell)))),
  );
}

/** A button that does something, tells what came of it, and then calls `after`. */
export function doing(label, act, { after, name, danger = false, primary = false } = {}) {
  const button = el("button", { type: "button", class: `quiet${primary ? " primary" : ""}${danger ? " danger" : ""}`, "aria-label": name, text: label });
  button.addEventListener("click", async () => {
    if (danger && !confirm(t("sure"))) return;
    button.disabled = true;
    try {
      const result = await act();
      announce(t("saved"));
      await after?.(result);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      complain(button, error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

export function complain(near, error) {
  const text = error.message || t("offline");
  near.parentElement?.querySelector(":scope > .refused")?.remove();
  near.after(el("p", { class: "refused", role: "alert", text }));
}

let ids = 0;

/** A labelled field; `kind` is a tag: input, textarea or select with `options` [[value, words]]. */
export function field(label, kind = "input", { options = [], ...props } = {}) {
  const id = `f${(ids += 1)}`;
  const control = el(kind, { id, ...props }, ...options.map(([value, words]) => el("option", { value, text: words })));
  if (props.value !== undefined) control.value = props.value;
  return { node: el("div", { class: "field" }, el("label", { for: id, text: label }), control), control };
}

export const tag = (kind, text) => el("span", { class: `tag tag-${kind}`, text });
