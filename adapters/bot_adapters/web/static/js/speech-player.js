// Plays an answer sentence by sentence on the audio clock, and ends at once.
//
// Frames of an answer that was stopped are dropped until the server says that it is over, so nothing stale is heard.

const LEAD = 0.06; // s between a piece's arrival and its sound

export class SpeechPlayer extends EventTarget {
  #sentences = []; // {answer, n, text, rate, begin, end, shapes}
  #sources = new Set();
  #open = null; // the sentence whose pieces come now
  #next = 0; // when the next piece sounds, on the context's clock
  #refused = ""; // the answer that was stopped here
  #coming = ""; // the answer of which more may come
  #ticking = 0;

  /** `context()` returns the AudioContext. */
  constructor(context) {
    super();
    this.context = context;
  }

  get speaking() {
    return this.#coming !== "" || this.#sentences.length > 0;
  }

  /** What is said now: its text and, seconds into it, the mouth's shape. Null in silence. */
  now() {
    const context = this.context();
    const time = context.currentTime - (context.outputLatency || 0);
    const sentence = this.#sentences.find(({ begin, end }) => begin !== null && time >= begin && time < end);
    if (!sentence) return null;
    const at = time - sentence.begin;
    let shape = "sil";
    for (const [seconds, name] of sentence.shapes) {
      if (seconds > at + 0.02) break;
      shape = name;
    }
    return { text: sentence.text, shape, at };
  }

  /** The words that come next, before their sound. */
  get coming() {
    return this.#sentences[0]?.text ?? "";
  }

  take(type, data) {
    if (type === "audio.over") return this.#over(data);
    if (data.answer === this.#refused) return;
    if (type === "audio.start") this.#start(data);
    else if (type === "viseme") this.#shapes(data);
    else if (type === "audio.end" && this.#open?.n === data.n) this.#open = null;
  }

  /** A binary frame: its number, then samples of the open sentence. */
  sound(buffer) {
    const sentence = this.#open;
    const context = this.context();
    if (!sentence || buffer.byteLength < 6) return;
    if (context.state !== "running") return void context.resume(); // silent until somebody touches the page; late sound is worse than none
    const samples = new Int16Array(buffer.slice(4));
    const piece = context.createBuffer(1, samples.length, sentence.rate);
    const channel = piece.getChannelData(0);
    for (let index = 0; index < samples.length; index += 1) channel[index] = samples[index] / 32768;
    const begin = Math.max(context.currentTime + LEAD, this.#next);
    const source = context.createBufferSource();
    source.buffer = piece;
    source.connect(context.destination);
    source.onended = () => this.#sources.delete(source);
    source.start(begin);
    this.#sources.add(source);
    this.#next = begin + piece.duration;
    sentence.begin ??= begin;
    sentence.end = this.#next;
  }

  /** Silence, now; whether something was said or about to be. */
  stop() {
    const spoke = this.speaking;
    this.#refused = this.#coming;
    this.#clear();
    return spoke;
  }

  #start(data) {
    if (this.#coming && data.answer !== this.#coming) this.#clear();
    this.#refused = "";
    this.#coming = data.answer;
    this.#open = { answer: data.answer, n: data.n, text: String(data.text ?? ""), rate: Number(data.rate) || 24_000, begin: null, end: 0, shapes: [] };
    this.#sentences.push(this.#open);
    if (!this.#ticking) {
      this.#ticking = setInterval(() => this.#tick(), 80);
      this.dispatchEvent(new Event("begin"));
    }
  }

  #shapes({ answer, n, at }) {
    const sentence = this.#sentences.find((one) => one.answer === answer && one.n === n);
    if (sentence && Array.isArray(at)) sentence.shapes = at.filter((pair) => Array.isArray(pair) && typeof pair[0] === "number");
  }

  #over({ answer, why }) {
    if (answer === this.#refused) this.#refused = "";
    if (answer !== this.#coming) return;
    if (why === "end") this.#coming = "";
    else this.#clear();
  }

  #tick() {
    const { currentTime } = this.context();
    this.#sentences = this.#sentences.filter((one) => one === this.#open || (one.begin !== null && one.end > currentTime));
    if (this.speaking) this.dispatchEvent(new Event("tick"));
    else this.#clear();
  }

  #clear() {
    for (const source of this.#sources) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    this.#sources.clear();
    this.#sentences = [];
    this.#open = null;
    this.#coming = "";
    this.#next = 0;
    clearInterval(this.#ticking);
    if (this.#ticking) {
      this.#ticking = 0;
      this.dispatchEvent(new Event("end"));
    }
  }
}
