// One connection for all screens: who shows something asks the app for it.
const config = require("./config.js");
const { Connection } = require("./utils/connection.js");
const { storage } = require("./utils/storage.js");
const { languageOf } = require("./utils/words.js");

App(/** @type {any} */ ({
  onLaunch() {
    const system = /** @type {any} */ (tt.getSystemInfoSync());
    const kept = storage.get("locale");
    this.locale = kept || languageOf(system.language || "zh");
    this.connection = new Connection(config, storage, this.locale);
    if (storage.get("consent")) this.connection.start();
  },

  onShow() {
    if (this.connection && storage.get("consent")) this.connection.wake();
  },

  // Nothing is sent before the member agreed to the privacy page.
  agreed() {
    storage.set("consent", Date.now());
    this.connection.start();
  },

  setLocale(locale) {
    this.locale = locale;
    storage.set("locale", locale);
    this.connection.setLocale(locale);
  },
}));
