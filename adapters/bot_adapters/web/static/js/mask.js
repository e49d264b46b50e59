// A mask as pixels: what is painted is opaque, everything else is not. No events here.

const LONGEST = 768; // pixels of the longer side
const KEPT = 20; // steps that can be undone
const COLOUR = "#f6be66"; // as it is shown; sent in white

export class Mask {
  #past = [];

  constructor(canvas, width, height) {
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
    Object.assign(this.pen, { lineCap: "round", lineJoin: "round", strokeStyle: COLOUR, fillStyle: COLOUR });
  }

  /** Remember how it is: what follows is one step. */
  mark() {
    this.#past = [...this.#past.slice(1 - KEPT), this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height)];
  }

  undo() {
    const before = this.#past.pop();
    if (before) this.pen.putImageData(before, 0, 0);
  }

  clear() {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Draw from one point to another, in shares of the sides; `size` is the brush's width as a share of the longer side. */
  stroke(from, to, size, erase) {
    const { width, height } = this.canvas;
    this.pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
    this.pen.lineWidth = size * Math.max(width, height);
    this.pen.beginPath();
    this.pen.moveTo(from[0] * width, from[1] * height);
    this.pen.lineTo(to[0] * width + 0.01, to[1] * height);
    this.pen.stroke();
  }

  rectangle([left, top, right, bottom], erase = false) {
    const { width, height } = this.canvas;
    this.pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
    this.pen.fillRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
  }

  /** {share: of the picture that is painted, box: [left, top, right, bottom] in shares of the sides, or null}. */
  measure() {
    const { width, height } = this.canvas;
    const { data } = this.pen.getImageData(0, 0, width, height);
    let [left, top, right, bottom, count] = [width, height, -1, -1, 0];
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (data[(y * width + x) * 4 + 3] < 128) continue;
        count += 1;
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
    }
    if (!count) return { share: 0, box: null };
    return { share: count / (width * height), box: [left / width, top / height, (right + 1) / width, (bottom + 1) / height] };
  }

  /** A PNG, white where it is painted and black elsewhere. */
  async file() {
    const { width, height } = this.canvas;
    const sheet = Object.assign(document.createElement("canvas"), { width, height });
    const pen = sheet.getContext("2d");
    const pixels = this.pen.getImageData(0, 0, width, height);
    for (let at = 0; at < pixels.data.length; at += 4) {
      pixels.data.fill(pixels.data[at + 3] < 128 ? 0 : 255, at, at + 3);
      pixels.data[at + 3] = 255;
    }
    pen.putImageData(pixels, 0, 0);
    const blob = await new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
    return new File([blob], "mask.png", { type: "image/png" });
  }
}
