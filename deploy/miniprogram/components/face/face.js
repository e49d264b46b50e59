// The keeper of the lantern: a drawing whose mouth has five shapes. Still where the device is weak or the member wants no motion.
const MOUTHS = { sil: "closed", PP: "closed", FF: "narrow", TH: "narrow", DD: "narrow", kk: "narrow", CH: "narrow", SS: "narrow", nn: "narrow", RR: "narrow", aa: "wide", E: "half", I: "half", O: "round", U: "round" };

Component(/** @type {any} */ ({
  properties: { shape: { type: String, value: "sil" }, speaking: { type: Boolean, value: false }, still: { type: Boolean, value: false }, label: { type: String, value: "" } },
  data: { mouth: "closed" },
  observers: {
    shape(name) {
      this.setData({ mouth: this.data.still ? "closed" : MOUTHS[name] || "closed" });
    },
  },
}));
