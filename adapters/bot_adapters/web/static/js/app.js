// Puts the page together: every part is made here, and told here what the others did.

import { Announcer } from "./announce.js";
import { copyText } from "./copy.js";
import { icon } from "./dom.js";
import { locale, say, useLocale } from "./i18n.js";
import { register } from "./renderers.js";
import { Follow } from "./scroll.js";
import { Session } from "./session.js";
import * as store from "./store.js";
import { currentTheme, switchTheme } from "./theme.js";
import { Composer } from "./view-composer.js";
import { showEmpty } from "./view-empty.js";
import { Header } from "./view-header.js";
import { HistoryDialog } from "./view-history.js";
import { LogView } from "./view-log.js";
import { MessageView } from "./view-message.js";
import { PassageDialog } from "./view-passage.js";
import { TurnView } from "./view-turn.js";

const $ = (id) => document.getElementById(id);

register("turn", (item, context) => new TurnView(item, context));
register("message", (item, context) => new MessageView(item, context));

function socketUrl() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = url.hash = "";
  return url.href;
}

const canHover = matchMedia("(hover: hover)").matches;

function main() {
  const session = new Session(socketUrl());
  const announcer = new Announcer($("announcer"));
  const announce = (text) => announcer.say(text);
  const passage = new PassageDialog();
  const history = new HistoryDialog(session);

  const whenFree = (act) => {
    if (session.busy) return composer.flash(say("wait"));
    act();
    follow.toEnd();
    if (canHover) composer.area.focus(); // what was pressed may be gone; on a phone this would open the keyboard
  };
  const ask = (words) => whenFree(() => session.ask(words));
  const press = (token, words, again) => whenFree(() => session.press(token, words, again));
  const drawEmpty = () => showEmpty($("empty"), { session, ask });
  const onShown = (some) => {
    $("empty").hidden = some;
    document.body.classList.toggle("is-empty", !some);
  };

  const log = new LogView($("log"), { session, announce, passage, press, onShown });
  const composer = new Composer($("dock"), { session, ask, announce, latest: () => follow.toEnd(true) });
  const follow = new Follow(document.body, (atEnd) => (composer.latestButton.hidden = atEnd));
  const actions = {
    fresh() {
      session.newConversation();
      composer.area.focus();
    },
    history: () => history.open(),
    language() {
      useLocale(locale() === "zh" ? "en" : "zh");
      store.set("locale", locale());
      session.greetAgain();
      drawAll();
      header.node.querySelector(".icon-language").parentElement.focus();
    },
    theme() {
      switchTheme();
      drawTheme();
    },
  };
  const header = new Header($("top"), { session, actions });

  function drawTheme() {
    header.themeButton.replaceChildren(icon(currentTheme() === "dark" ? "sun" : "moon"));
  }

  function drawAll() {
    document.title = say("title");
    for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
    header.build();
    composer.build();
    drawTheme();
    drawEmpty();
    log.reset();
  }

  const on = (type, act) => session.addEventListener(type, ({ detail }) => act(detail));
  on("state", () => (header.showState(), composer.showState()));
  on("hello", () => (header.showCommunity(), composer.showNotice(), drawEmpty()));
  on("item", (item) => (log.touch(item), composer.showState()));
  on("items", () => {
    log.reset();
    composer.switched();
    if (session.conversation.items.length) follow.toEnd();
    else window.scrollTo(0, 0);
  });
  on("finished", (turn) => {
    log.flush();
    announcer.answer(turn, spoken(turn));
  });
  on("notice", (text) => composer.flash(text));

  document.addEventListener("click", (event) => copyCode(event, announce));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]") && session.busy) session.stop();
  });
  window.addEventListener("scroll", () => document.body.classList.toggle("scrolled", window.scrollY > 4), { passive: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);

  drawAll();
  if (session.conversation.items.length) follow.toEnd();
  if (canHover) composer.area.focus();
  session.start();
}

/** An answer as it is read aloud: without its marks. */
function spoken({ text }) {
  return text.replace(/\[\d+\]/g, "").replace(/[*`#>|]/g, " ").replace(/\s+/g, " ").trim();
}

async function copyCode(event, announce) {
  const button = event.target.closest?.(".copy-code");
  if (button) announce(say((await copyText(button.parentElement.querySelector("pre").textContent)) ? "copied" : "copyFailed"));
}

main();
