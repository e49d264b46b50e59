// Language, reading aloud, messages, linking accounts, privacy, leaving.
const { all } = require("../../utils/words.js");
const { storage } = require("../../utils/storage.js");

Component(/** @type {any} */ ({
  data: { t: {}, aloud: false, still: false, code: "", told: "" },

  lifetimes: {
    attached() {
      const app = getApp();
      this.setData({ t: all(app.locale), aloud: Boolean(storage.get("aloud")), still: Boolean(storage.get("still")) });
      this.leave = app.connection.listen((frame) => this.hear(frame));
    },
    detached() {
      this.leave();
    },
  },

  methods: {
    // What /link and /forgetme answer comes as a message; it is shown here too.
    hear(frame) {
      if (this.waiting && (frame.type === "message" || frame.type === "error") && frame.data.text) {
        this.waiting = false;
        this.setData({ told: frame.data.text });
      }
    },

    language() {
      const app = getApp();
      app.setLocale(app.locale === "zh" ? "en" : "zh");
      this.setData({ t: all(app.locale) });
    },

    aloud(event) {
      const on = event.detail.value;
      storage.set("aloud", on ? 1 : 0);
      this.setData({ aloud: on });
      getApp().connection.send("voice", { aloud: on });
    },

    still(event) {
      storage.set("still", event.detail.value ? 1 : 0);
      this.setData({ still: event.detail.value });
    },

    news() {
      getApp().connection.subscribe();
    },

    typed(event) {
      this.setData({ code: event.detail.value });
    },

    command(name, given) {
      this.waiting = true;
      getApp().connection.send("invoke", { command: name, arguments: given }, true);
    },

    take() {
      this.command("link", {});
    },

    give() {
      if (this.data.code.trim()) this.command("link", { code: this.data.code.trim() });
    },

    // The house asks once more, with a button; that stands in the conversation.
    forget() {
      this.command("forgetme", {});
      this.waiting = false;
      this.setData({ told: this.data.t.confirm });
      tt.navigateBack({});
    },

    out() {
      getApp().connection.leave();
      storage.set("consent", "");
      tt.reLaunch({ url: "/pages/chat/chat" });
    },
  },
}));
