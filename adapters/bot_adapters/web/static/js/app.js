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
import { BoardDialog } from "./view-board.js";
import { Composer } from "./view-composer.js";
import { showEmpty } from "./view-empty.js";
import { GalleryDialog } from "./view-gallery.js";
import { Header } from "./view-header.js";
import { HistoryDialog } from "./view-history.js";
import { LogView } from "./view-log.js";
import { MessageView } from "./view-message.js";
import { FormDialog } from "./view-form.js";
import { PassageDialog } from "./view-passage.js";
import { PictureDialog } from "./view-picture.js";
import { TurnView } from "./view-turn.js";
import { UploadsDialog } from "./view-uploads.js";
import { VoiceView } from "./view-voice.js";
import { Voice } from "./voice.js";
import { keepTicket } from "./uploads.js";

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

class App {
  constructor() {
    const session = (this.session = new Session(socketUrl()));
    this.announcer = new Announcer($("announcer"));
    this.board = new BoardDialog(session);
    this.history = new HistoryDialog(session);
    this.forms = new FormDialog(session);
    this.isAdmin = keepTicket();
    this.uploads = new UploadsDialog({ onRefused: () => ((this.isAdmin = false), this.header.showCommunity()) });
    const voice = (this.talk = new Voice(session));
    const ask = (words, pictures) => this.#whenFree(() => session.ask(words, pictures));
    const press = (token, words, again) => this.#whenFree(() => session.press(token, words, again));
    const announce = (text) => this.announcer.say(text);
    this.drawEmpty = () => showEmpty($("empty"), { session, ask });
    this.log = new LogView($("log"), { session, announce, press, passage: new PassageDialog(), pictures: new PictureDialog(), onShown,
      readAloud: (token) => this.voice.read(token) });
    this.composer = new Composer($("dock"), { session, ask, announce, latest: () => this.follow.latest() });
    this.pictures = new GalleryDialog({ session, begin: (words) => this.composer.fill(words),
      reuse: (picture) => (this.composer.tray.put(picture), this.composer.fill("/imagine ")) });
    this.voice = new VoiceView({ voice, composer: this.composer, flash: (text) => this.composer.flash(text) });
    this.follow = new Follow(document.body, (atEnd) => (this.composer.latestButton.hidden = atEnd));
    this.header = new Header($("top"), { session, actions: this });
    this.#listen();
    this.#draw();
    if (session.conversation.items.length) this.follow.toEnd();
    if (canHover) this.composer.area.focus();
    session.connection.open();
  }

  // The header's buttons

  fresh() {
    this.session.newConversation();
    this.composer.area.focus();
  }

  past() {
    this.history.open();
  }

  queue() {
    this.board.open();
  }

  gallery() {
    this.pictures.open();
  }

  documents() {
    this.uploads.open();
  }

  language() {
    useLocale(locale() === "zh" ? "en" : "zh");
    store.set("locale", locale());
    this.session.greetAgain();
    this.#draw();
    this.header.node.querySelector(".icon-language").parentElement.focus();
  }

  theme() {
    switchTheme();
    this.#drawTheme();
  }

  #whenFree(act) {
    if (this.session.busy) return this.composer.flash(say("wait"));
    this.talk.hush(); // who asks something new has heard enough
    act();
    this.follow.begin();
    if (canHover) this.composer.area.focus(); // what was pressed may be gone; on a phone this would open the keyboard
  }

  #draw() {
    document.title = say("title");
    for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
    this.header.build();
    this.composer.build();
    this.voice.build();
    this.#drawTheme();
    this.drawEmpty();
    this.log.reset();
  }

  #drawTheme() {
    this.header.themeButton.replaceChildren(icon(currentTheme() === "dark" ? "sun" : "moon"));
  }

  #listen() {
    const { session, header, composer, log } = this;
    const on = (type, act) => session.addEventListener(type, ({ detail }) => act(detail));
    on("state", () => (header.showState(), composer.showState()));
    on("hello", () => (header.showCommunity(), composer.showNotice(), composer.tray.show(), this.drawEmpty(), this.voice.show()));
    on("item", (item) => (log.touch(item), composer.showState()));
    on("items", () => this.#showOther());
    on("finished", (turn) => {
      log.flush();
      this.follow.settle(log.lastTurn);
      this.announcer.answer(turn, spoken(turn));
    });
    on("notice", (text) => composer.flash(text));
    document.addEventListener("click", (event) => copyCode(event, (text) => this.announcer.say(text)));
    document.addEventListener("keydown", (event) => {
      const free = !event.defaultPrevented && !document.querySelector("dialog[open]");
      if (event.key === "Escape" && free && session.busy) session.stop();
    });
    window.addEventListener("hashchange", () => ((this.isAdmin = keepTicket()), header.showCommunity()));
    window.addEventListener("scroll", () => document.body.classList.toggle("scrolled", window.scrollY > 4), { passive: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawTheme());
  }

  #showOther() {
    this.talk.hush();
    this.log.reset();
    this.composer.switched();
    if (this.session.conversation.items.length) this.follow.toEnd();
    else window.scrollTo(0, 0);
  }
}

function onShown(some) {
  $("empty").hidden = some;
  document.body.classList.toggle("is-empty", !some);
}

/** An answer as it is read aloud: without its marks. */
function spoken({ text }) {
  return text.replace(/\[\d+\]/g, "").replace(/^\s*(?:#{1,6}|[-*+>])\s+/gm, "").replace(/[*`|]+/g, " ").replace(/\s+/g, " ").trim();
}

async function copyCode(event, announce) {
  const button = event.target.closest?.(".copy-code");
  if (button) announce(say((await copyText(button.parentElement.querySelector("pre").textContent)) ? "copied" : "copyFailed"));
}

new App();
