// The conversation: asking by words, voice and picture; answers with sources and buttons; speech with captions.
const { after, turnOf } = require("../../utils/turns.js");
const { Recorder, LONGEST } = require("../../utils/recorder.js");
const { Player } = require("../../utils/player.js");
const { all, say } = require("../../utils/words.js");
const { storage } = require("../../utils/storage.js");

const REASONS = ["wrong", "incomplete", "outdated", "unclear", "other"];
const VOTES = { vote_up: "up", vote_down: "down" };

Component(/** @type {any} */ ({
  data: { t: {}, turns: [], examples: [], prompts: [], draft: "", state: "off", last: "", consent: true, refused: false, recording: false, slid: false, level: 0, left: 60, leftText: "", caption: "", shape: "sil", speaking: false, still: false, dark: false, large: false, opened: null, form: null, longest: 2000, reasons: REASONS },

  lifetimes: {
    attached() {
      const app = getApp();
      const system = /** @type {any} */ (tt.getSystemInfoSync()); // what older hosts don't tell is undefined
      const later = /** @type {any} */ (tt);
      const weak = Number(system.benchmarkLevel) > 0 && Number(system.benchmarkLevel) < 10;
      this.turns = [];
      this.setData({ t: all(app.locale), consent: Boolean(storage.get("consent")), dark: system.theme === "dark", large: Number(system.fontSizeSetting) > 18, still: weak || Boolean(storage.get("still")) });
      if (later.onThemeChange) later.onThemeChange((told) => this.setData({ dark: told.theme === "dark" }));
      this.player = new Player({
        says: (text) => this.setData({ caption: text, speaking: true }),
        shape: (shape) => this.setData({ shape }),
        silent: () => this.setData({ caption: "", speaking: false, shape: "sil" }),
      });
      this.recorder = new Recorder({
        begun: () => this.setData({ recording: true, slid: false, left: LONGEST / 1000 }),
        level: (share) => this.setData({ level: Math.round(share * 100) }),
        seconds: (n) => this.setData({ left: LONGEST / 1000 - n, leftText: say(app.locale, "left", { n: LONGEST / 1000 - n }) }),
        done: (path) => this.recorded(path),
        dropped: (why) => this.droppedRecording(why),
      });
      this.leave = app.connection.listen((frame) => this.hear(frame));
    },
    detached() {
      this.leave();
      this.player.stop();
    },
  },

  methods: {
    hear(frame) {
      this.player.received(frame);
      if (frame.type === "state") return this.setData({ state: frame.data.state });
      if (frame.type === "hello") this.greeted(frame.data);
      if (frame.type === "form") return this.form(frame.data);
      if (frame.type === "error" && !frame.id && frame.data.text) tt.showToast({ title: frame.data.text, icon: "none" });
      return this.show(after(this.turns, frame, getApp().connection.config.files));
    },

    greeted(data) {
      this.setData({ t: all(getApp().locale), examples: data.examples || [], prompts: (data.prompts || []).slice(0, 2), longest: (data.limits && data.limits.question) || 2000 });
      // Says that this screen can play: 🔊 is then read at once instead of coming as a file.
      getApp().connection.send("voice", storage.get("aloud") ? { aloud: true } : {});
    },

    show(turns) {
      if (turns === this.turns) return;
      this.turns = turns;
      const locale = getApp().locale;
      const shown = turns.map((turn) => ({ ...turn, stageText: turn.stage ? say(locale, "stage_" + turn.stage) : "" }));
      const newest = shown[shown.length - 1];
      this.setData({ turns: shown, last: newest ? "turn-" + newest.id : "" });
    },

    typed(event) {
      this.setData({ draft: event.detail.value });
    },

    ask() {
      const text = this.data.draft.trim();
      if (!text) return;
      this.setData({ draft: "" });
      this.put(text);
    },

    example(event) {
      this.put(event.currentTarget.dataset.text);
    },

    put(text) {
      this.player.stop();
      const id = getApp().connection.ask(text);
      this.show([...this.turns, turnOf(id, text)]);
    },

    press(event) {
      const { token, action, turn } = event.currentTarget.dataset;
      if (VOTES[action]) {
        getApp().connection.send("vote", { token });
        this.asking = token;
        return this.change(turn, { asking: action === "vote_down" });
      }
      if (action === "speak") this.player.dropped = "";
      return getApp().connection.send("press", { token });
    },

    reason(event) {
      const { reason, turn } = event.currentTarget.dataset;
      getApp().connection.send("vote", { token: this.asking, reason });
      this.change(turn, { asking: false });
    },

    change(id, what) {
      this.show(this.turns.map((turn) => (turn.id === id ? { ...turn, ...what } : turn)));
    },

    // What a button asks before it acts: lines to type, or choices to press.
    form(data) {
      this.values = Object.fromEntries(data.fields.map((field) => [field.name, field.value || ""]));
      this.setData({ form: { ...data, values: this.values } });
    },

    filled(event) {
      const { name, value } = event.currentTarget.dataset;
      this.values = { ...this.values, [name]: value === undefined ? event.detail.value : value };
      this.setData({ form: { ...this.data.form, values: this.values } });
    },

    submit() {
      getApp().connection.send("submit", { token: this.data.form.token, values: this.values }, true);
      this.setData({ form: null });
    },

    putAside() {
      this.setData({ form: null });
    },

    source(event) {
      const { turn, n } = event.currentTarget.dataset;
      const found = this.turns.find((one) => one.id === turn);
      this.setData({ opened: found.sources.find((source) => source.n === n) });
    },

    shut() {
      this.setData({ opened: null });
    },

    picture(event) {
      const url = event.currentTarget.dataset.url;
      tt.previewImage({ current: url, urls: [url] });
    },

    sound(event) {
      this.player.file(event.currentTarget.dataset.url);
    },

    hold(event) {
      this.player.stop();
      this.recorder.press(event.touches[0].clientY);
    },

    slide(event) {
      this.setData({ slid: this.recorder.move(event.touches[0].clientY) });
    },

    release() {
      this.recorder.release();
    },

    recorded(path) {
      this.setData({ recording: false });
      const { connection } = getApp();
      return connection.upload(connection.config.voice, path, {}).then(
        (id) => this.show(this.turns.some((turn) => turn.id === id) ? this.turns : [...this.turns, { ...turnOf(id, "…"), heard: true }]),
        (error) => this.unsent(error),
      );
    },

    droppedRecording(why) {
      this.setData({ recording: false, slid: false });
      tt.showToast({ title: say(getApp().locale, why === "slid" ? "dropped" : why), icon: "none" });
    },

    attach() {
      tt.chooseImage({
        count: 1,
        sizeType: ["compressed"],
        sourceType: ["album", "camera"],
        success: (/** @type {any} */ chosen) => {
          const { connection } = getApp();
          const text = this.data.draft.trim() || "/imagine";
          this.setData({ draft: "" });
          connection.upload(connection.config.pictures, [].concat(chosen.tempFilePaths)[0], { text }).then(
            (id) => this.show([...this.turns, turnOf(id, text)]),
            (error) => this.unsent(error),
          );
        },
      });
    },

    unsent(error) {
      const locale = getApp().locale;
      tt.showToast({ title: say(locale, "unsent", { why: error.text || say(locale, "again") }), icon: "none" });
    },

    silence() {
      this.player.stop();
      getApp().connection.send("audio.stop", {});
    },

    more() {
      tt.navigateTo({ url: "/pages/more/more" });
    },

    agree() {
      getApp().agreed();
      this.setData({ consent: true });
    },

    disagree() {
      this.setData({ refused: true });
    },
  },
}));
