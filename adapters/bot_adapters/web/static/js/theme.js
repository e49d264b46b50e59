// Light or dark: the system's choice until the person makes their own; choosing what the system has returns to it.

import * as store from "./store.js";

const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

export const currentTheme = () => document.documentElement.dataset.theme ?? system();

export function switchTheme() {
  const next = currentTheme() === "dark" ? "light" : "dark";
  if (next === system()) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  store.set("theme", next === system() ? null : next);
}
