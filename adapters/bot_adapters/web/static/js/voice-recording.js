// A recording on its way: numbered pieces, kept until the server has all of them, so that they can be sent again.

const TYPES = [["audio/webm;codecs=opus", "webm/opus"], ["audio/ogg;codecs=opus", "ogg/opus"], ["audio/mp4", "mp4/aac"]];
const SLICE = 250; // ms
const RAW_PIECE = 4096; // samples

class Pieces {
  constructor(id, format, rate) {
    Object.assign(this, { id, format, rate, pieces: [], began: performance.now(), ended: false, onPiece: null });
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  get start() {
    return { format: this.format, rate: this.rate };
  }

  add(bytes) {
    if (!bytes.byteLength) return;
    const framed = new Uint8Array(4 + bytes.byteLength);
    new DataView(framed.buffer).setUint32(0, this.pieces.length);
    framed.set(bytes, 4);
    this.pieces.push(framed);
    this.onPiece?.(framed);
  }
}

/** What MediaRecorder makes of a stream: Opus, or AAC where there is no Opus. Null where it can't. */
export class Recorded extends Pieces {
  #chain = Promise.resolve();

  static of(id, stream) {
    const found = window.MediaRecorder && TYPES.find(([type]) => MediaRecorder.isTypeSupported(type));
    return found ? new Recorded(id, stream, ...found) : null;
  }

  constructor(id, stream, type, format) {
    super(id, format, 48_000);
    this.recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    this.recorder.ondataavailable = ({ data }) => {
      this.#chain = this.#chain.then(async () => this.add(new Uint8Array(await data.arrayBuffer())));
    };
    this.recorder.start(SLICE);
  }

  hear() {}

  /** Ends it; resolved when the last piece is there. */
  async end() {
    const stopped = new Promise((resolve) => (this.recorder.onstop = resolve));
    if (this.recorder.state !== "inactive") {
      this.recorder.stop();
      await stopped;
    }
    await this.#chain;
    this.ended = true;
  }
}

/** Raw samples, with what was said just before it was noticed that somebody speaks. */
export class Raw extends Pieces {
  #waiting = [];
  #count = 0;

  constructor(id, rate, before) {
    super(id, "pcm16", Math.round(rate));
    for (const samples of before) this.hear(samples);
  }

  hear(samples) {
    this.#waiting.push(samples);
    this.#count += samples.length;
    if (this.#count >= RAW_PIECE) this.#flush();
  }

  async end() {
    this.#flush();
    this.ended = true;
  }

  #flush() {
    const whole = new Int16Array(this.#count);
    let at = 0;
    for (const samples of this.#waiting) {
      whole.set(samples, at);
      at += samples.length;
    }
    this.#waiting = [];
    this.#count = 0;
    this.add(new Uint8Array(whole.buffer)); // little-endian wherever browsers run
  }
}
