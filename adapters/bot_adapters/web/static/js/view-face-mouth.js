// The mouth: fifteen shapes (docs/protocol.md, viseme), the way from one to the next, and their drawing.

/** half width, opening, roundness 0..1, upper teeth 0..1, tongue 0..1, smile (corners up). */
const SHAPES = {
  sil: [14, 0, 0, 0, 0, 4],
  PP: [13, 0, 0, 0, 0, 0],
  FF: [14, 5, 0, 1, 0, 0],
  TH: [14, 8, 0, 0.7, 1, 1],
  DD: [15, 9, 0, 0.8, 0.5, 1],
  kk: [15, 10, 0, 0.5, 0.2, 1],
  CH: [10, 10, 0.7, 0.9, 0, 0],
  SS: [16, 6, 0, 1, 0, 2],
  nn: [15, 7, 0, 0.6, 0.6, 1],
  RR: [11, 9, 0.6, 0.2, 0.3, 0],
  aa: [17, 24, 0.2, 0.6, 0.7, 2],
  E: [18, 15, 0.1, 0.6, 0.5, 2],
  I: [20, 9, 0, 0.9, 0.2, 3],
  O: [11, 19, 1, 0.2, 0.2, 0],
  U: [8, 11, 1, 0, 0, 0],
};

export class Mouth {
  #now = [...SHAPES.sil];

  /** `parts`: the svg elements lips, cavity, clip, teeth, tongue. */
  constructor(parts) {
    this.parts = parts;
    this.shape = "sil";
    this.draw();
  }

  /** Go towards a shape for `seconds`; lips close faster than they open. */
  move(shape, seconds) {
    this.shape = shape in SHAPES ? shape : "sil";
    const goal = SHAPES[this.shape];
    const speed = goal[1] < this.#now[1] ? 28 : 22;
    const share = 1 - Math.exp(-speed * seconds);
    this.#now = this.#now.map((value, index) => value + (goal[index] - value) * share);
    this.draw();
  }

  get still() {
    return this.#now.every((value, index) => Math.abs(value - SHAPES[this.shape][index]) < 0.05);
  }

  /** Drawn around 0, 0. */
  draw() {
    const [wide, open, round, teeth, tongue, smile] = this.#now;
    const bend = wide * (0.5 + round * 0.5);
    const top = -open * (0.42 + round * 0.2) + (open < 2 ? smile * 0.9 : 0);
    const bottom = open * (0.86 - round * 0.16) + smile * 0.9;
    const corner = -smile * 0.5;
    const path = `M${n(-wide)} ${n(corner)}C${n(-bend)} ${n(top)} ${n(bend)} ${n(top)} ${n(wide)} ${n(corner)}C${n(bend)} ${n(bottom)} ${n(-bend)} ${n(bottom)} ${n(-wide)} ${n(corner)}z`;
    const { lips, cavity, clip, teeth: white, tongue: red } = this.parts;
    for (const part of [lips, cavity, clip]) part.setAttribute("d", path);
    white.setAttribute("y", n(corner + top * 0.75 - 6));
    white.setAttribute("height", n(7 + open * (0.5 - open * 0.01) * teeth));
    white.setAttribute("opacity", n(Math.min(1, teeth * 1.4) * (open > 2 ? 1 : open / 2)));
    red.setAttribute("cy", n(bottom * 0.78 - tongue * open * 0.12 + 2));
    red.setAttribute("opacity", n(tongue > 0.05 && open > 3 ? Math.min(1, tongue * 1.5) : 0));
  }
}

const n = (value) => value.toFixed(2);
