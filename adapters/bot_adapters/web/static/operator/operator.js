// The operator's page: who is logged in, which page is open, in which community.

import { el, iconButton, lantern } from "../js/dom.js";
import { currentTheme, switchTheme } from "../js/theme.js";
import * as store from "../js/store.js";
import * as api from "./api.js";
import { announce } from "./parts.js";
import { locale, switchLanguage, t } from "./words.js";
import { answersView } from "./view-answers.js";
import { documentsView } from "./view-documents.js";
import { gapsView } from "./view-gaps.js";
import { peopleView } from "./view-people.js";
import { queueView } from "./view-queue.js";
import { todayView } from "./view-today.js";
import { auditView, votesView } from "./view-votes.js";

const VIEWS = {
  today: todayView, answers: answersView, gaps: gapsView, documents: documentsView, queue: queueView,
  people: peopleView, votes: votesView, audit: auditView,
};
const top = document.getElementById("top");
const main = document.getElementById("main");
let me = null;
let community = "";
let turn = 0;

const page = () => {
  const [name, argument] = location.hash.slice(1).split("/");
  return VIEWS[name] ? { name, argument } : { name: "today" };
};

function header() {
  document.getElementById("skip").textContent = t("skip");
  document.title = `${t(page().name)} · ${t("title")}`;
  const bar = el("div", { class: "desk-bar" }, lantern(), el("h1", { text: t("title") }), el("span", { class: "room" }));
  if (me) bar.append(chooser());
  bar.append(
    iconButton("language", t("language"), () => { switchLanguage(); show(); }),
    iconButton(currentTheme() === "dark" ? "sun" : "moon", t("theme"), () => { switchTheme(); header(); }),
  );
  if (me) bar.append(el("button", { type: "button", class: "quiet", text: t("leave"), on: { click: leave } }));
  const links = Object.keys(VIEWS).map((name) =>
    el("li", {}, el("a", { href: `#${name}`, text: t(name), "aria-current": page().name === name ? "page" : null })),
  );
  top.replaceChildren(bar, ...(me ? [el("nav", { "aria-label": t("pages") }, el("ul", {}, ...links))] : []));
}

function chooser() {
  const select = el(
    "select", { "aria-label": t("community") },
    ...me.communities.map((one) => el("option", { value: one.id, text: one[locale()] || one.id })),
  );
  select.value = community;
  select.addEventListener("change", () => { community = select.value; store.set("operator.community", community); show(); });
  return select;
}

async function leave() {
  await api.leave();
  me = null;
  header();
  knock();
}

function knock(text = "") {
  main.replaceChildren(
    el("section", { class: "knock" }, el("h2", { text: t("login") }), text && el("p", { class: "refused", role: "alert", text }), el("p", { text: t("loginHow") })),
  );
}

/** Show the page that the address names; what comes too late for it is dropped. */
async function show(focus = false) {
  header();
  if (!me) return knock();
  const mine = (turn += 1);
  const { name, argument } = page();
  main.setAttribute("aria-busy", "true");
  const context = {
    community, argument,
    read: (what, query = {}) => api.read(what, { community, ...query }),
    change: (what, body = {}) => api.change(what, { community, locale: locale(), ...body }),
    again: () => show(),
  };
  try {
    const nodes = await VIEWS[name](context);
    if (mine === turn) main.replaceChildren(...nodes);
  } catch (error) {
    if (!(error instanceof api.Refusal)) throw error;
    if (error.status === 403) me = null;
    if (mine === turn) error.status === 403 ? (header(), knock(error.message)) : failed(error);
  }
  if (mine !== turn) return;
  main.removeAttribute("aria-busy");
  if (focus) { main.focus({ preventScroll: true }); scrollTo(0, 0); announce(t(name)); }
}

function failed(error) {
  main.replaceChildren(
    el("p", { class: "refused", role: "alert", text: error.message || t("offline") }),
    el("button", { type: "button", class: "quiet", text: t("again"), on: { click: () => show() } }),
  );
}

async function begin() {
  const ticket = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1];
  if (ticket) history.replaceState(null, "", location.pathname);
  let refused = "";
  try {
    me = await api.session(ticket);
    const kept = store.get("operator.community");
    community = me.communities.find((one) => one.id === kept)?.id ?? me.communities[0]?.id ?? "";
  } catch (error) {
    if (ticket) refused = error.message;
  }
  await show();
  if (refused) knock(refused);
}

addEventListener("hashchange", () => (location.hash.startsWith("#ticket=") ? begin() : location.hash !== "#main" && show(true)));
begin();
