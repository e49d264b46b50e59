// The lantern keeper: a paper lantern in a harbour cloak, whose mouth follows the speech and whose eyes live.
// Drawn for this page. Still where reduced motion is wished.

import { svg } from "./dom.js";
import { Mouth } from "./view-face-mouth.js";
import { hear } from "./voice-words.js";

const LOOKS = { recording: [0, -0.6], sending: [2.6, -2.6], waiting: [2.6, -2.6] }; // where the eyes go, by mood
const still = matchMedia("(prefers-reduced-motion: reduce)");

let clips = 0; // an id per drawing

function group(name, ...children) {
  const node = svg("g", { class: name });
  node.append(...children);
  return node;
}

const path = (name, d) => svg("path", { class: name, d });

function eye(x) {
  const pupil = group("keeper-pupil", svg("ellipse", { class: "keeper-eye", cx: x, cy: 108, rx: 6.2, ry: 8.4 }),
    svg("circle", { class: "keeper-shine", cx: x + 2.2, cy: 104.6, r: 2.1 }), svg("circle", { class: "keeper-shine small", cx: x - 2, cy: 111.5, r: 1 }));
  return { pupil, lid: path("keeper-lid", `M${x - 7.5} 108q7.5 4.5 15 0`) };
}

export class FaceView {
  #frame = 0;
  #last = 0;
  #blinkAt = 2;
  #lookAt = 1;
  #look = [0, 0];
  #eyes = [0, 0];

  /** `now()` is what is said at this moment ({shape} or null), `mood()` is recording | sending | waiting | "". */
  constructor({ now, mood }) {
    Object.assign(this, { now, mood });
    this.node = this.#draw();
    still.addEventListener("change", () => this.start());
  }

  start() {
    this.stop();
    if (still.matches) return this.#rest();
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((time) => this.#step(time));
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Another language: another name. */
  name() {
    this.node.setAttribute("aria-label", hear("keeper"));
  }

  #draw() {
    const clip = svg("clipPath", { id: `keeper-mouth-${(clips += 1)}` });
    const parts = { lips: path("keeper-lips", ""), cavity: path("keeper-cavity", ""), clip: path("", ""),
      teeth: svg("rect", { class: "keeper-teeth", x: -24, width: 48, rx: 3 }), tongue: svg("ellipse", { class: "keeper-tongue", cx: 0, rx: 9, ry: 6.5 }) };
    clip.append(parts.clip);
    const inside = group("", parts.tongue, parts.teeth);
    inside.setAttribute("clip-path", `url(#${clip.id})`);
    const mouth = group("keeper-mouth", clip, parts.cavity, inside, parts.lips);
    mouth.setAttribute("transform", "translate(100 136) scale(1.22)");
    this.mouth = new Mouth(parts);
    [this.left, this.right] = [eye(79), eye(121)];
    this.glow = svg("circle", { class: "keeper-glow", cx: 100, cy: 112, r: 92 });
    this.brows = group("keeper-brows", path("keeper-brow", "M70 93q8-5 17-2"), path("keeper-brow", "M130 93q-8-5-17-2"));
    this.head = group("keeper-head",
      path("keeper-hook", "M86 50a14 14 0 0 1 28 0"), path("keeper-cap", "M74 62l5-12h42l5 12z"),
      path("keeper-paper", "M62 62c-26 26-26 76 0 102h76c26-26 26-76 0-102z"),
      path("keeper-rib", "M80 63c-13 28-13 72 0 100M120 63c13 28 13 72 0 100M45 92c34 6 76 6 110 0M45 134c34 6 76 6 110 0"),
      path("keeper-frame", "M54 62h92M54 164h92"),
      path("keeper-flame", "M100 68c4.2 4.8 6.4 8 6.4 11.6a6.4 6.4 0 0 1-12.8 0c0-3.6 2.2-6.8 6.4-11.6z"),
      svg("ellipse", { class: "keeper-cheek", cx: 64, cy: 126, rx: 9, ry: 5.5 }), svg("ellipse", { class: "keeper-cheek", cx: 136, cy: 126, rx: 9, ry: 5.5 }),
      this.brows, this.left.pupil, this.right.pupil, this.left.lid, this.right.lid, mouth,
      path("keeper-way", "M142 166v5c0 6-8 5-8 11s8 5 8 11"));
    this.body = group("keeper-body", path("keeper-cloak", "M26 222c5-34 32-54 74-54s69 20 74 54z"), path("keeper-collar", "M66 173c8 14 60 14 68 0"), svg("circle", { class: "keeper-clasp", cx: 100, cy: 186, r: 5.5 }));
    const node = svg("svg", { viewBox: "0 0 200 222", class: "keeper", role: "img", "aria-label": hear("keeper") });
    node.append(this.glow, this.body, this.head);
    node.dataset.shape = "sil";
    this.#lids(false, node);
    return node;
  }

  #step(time) {
    const seconds = Math.min(0.1, (time - this.#last) / 1000);
    this.#last = time;
    const said = this.now();
    this.mouth.move(said?.shape ?? "sil", seconds);
    this.node.dataset.shape = this.mouth.shape;
    this.node.classList.toggle("speaking", said !== null);
    this.#live(time / 1000, seconds, said);
    this.#frame = requestAnimationFrame((next) => this.#step(next));
  }

  /** Breath, nods, glances and blinks; `t` in seconds. */
  #live(t, seconds, said) {
    const mood = this.mood();
    const breath = Math.sin((t * Math.PI * 2) / 4.2);
    const nod = said ? Math.sin(t * 5.1) * 1.1 + Math.sin(t * 2.3) * 0.9 : 0;
    const lean = mood === "recording" ? 3 : Math.sin(t * 0.7) * 1.4;
    this.body.setAttribute("transform", `translate(0 ${(-breath * 0.9).toFixed(2)})`);
    this.head.setAttribute("transform", `translate(0 ${(-breath * 1.6 + nod).toFixed(2)}) rotate(${lean.toFixed(2)} 100 165)`);
    this.glow.setAttribute("opacity", (0.55 + breath * 0.08 + (said && said.shape !== "sil" ? 0.3 : 0)).toFixed(2));
    this.brows.setAttribute("transform", `translate(0 ${mood === "recording" ? -3 : said ? Math.sin(t * 1.9) - 0.6 : 0})`);
    if (t > this.#lookAt) {
      this.#lookAt = t + 1.2 + Math.random() * 2.8;
      this.#look = said || Math.random() < 0.5 ? [0, 0] : [(Math.random() - 0.5) * 6, (Math.random() - 0.5) * 3];
    }
    const goal = LOOKS[mood] ?? this.#look;
    this.#eyes = this.#eyes.map((value, index) => value + (goal[index] - value) * (1 - Math.exp(-14 * seconds)));
    for (const { pupil } of [this.left, this.right]) pupil.setAttribute("transform", `translate(${this.#eyes.map((value) => value.toFixed(2)).join(" ")})`);
    if (t > this.#blinkAt + 0.13) this.#blinkAt = t + 2.2 + Math.random() * 3.6;
    this.#lids(t > this.#blinkAt);
  }

  #lids(shut, node = this.node) {
    node.classList.toggle("blinks", shut);
  }

  #rest() {
    for (const part of [this.body, this.head, this.brows, this.left.pupil, this.right.pupil]) part.removeAttribute("transform");
    this.mouth.move("sil", 10);
    this.node.dataset.shape = "sil";
    this.#lids(false);
  }
}
