// Speech while it arrives: every sentence becomes a WAV file and is played after the one before. What is stopped is never heard later.
function wav(pieces, rate) {
  const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const bytes = new Uint8Array(44 + size);
  const view = new DataView(bytes.buffer);
  const word = (at, text) => Array.from(text).forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, size, true);
  let at = 44;
  pieces.forEach((piece) => {
    bytes.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  });
  return bytes.buffer;
}

class Player {
  // on: {says(text), shape(name), silent()}
  constructor(on) {
    this.on = on;
    this.files = tt.getFileSystemManager();
    this.audio = tt.createInnerAudioContext();
    this.audio.onEnded(() => this.next());
    this.audio.onError(() => this.next());
    this.queue = [];
    this.dropped = ""; // the answer of which nothing more is heard
    this.number = 0;
  }

  received(frame) {
    const data = frame.data || {};
    if (frame.type === "audio.start" && data.answer !== this.dropped) this.open = { answer: data.answer, rate: data.rate, text: data.text, pieces: [], shapes: this.shapes || [] };
    else if (frame.type === "viseme") this.shapes = data.at;
    else if (frame.type === "sound" && this.open) this.open.pieces.push(frame.data.slice(4)); // its number is in front
    else if (frame.type === "audio.end") this.whole();
    else if (frame.type === "audio.over" && data.why !== "end") this.stop();
  }

  whole() {
    const sentence = this.open;
    this.open = null;
    this.shapes = null;
    if (!sentence || !sentence.pieces.length) return;
    this.number += 1;
    sentence.path = `${tt.env.USER_DATA_PATH}/said-${this.number % 8}.wav`;
    this.files.writeFileSync(sentence.path, wav(sentence.pieces, sentence.rate), "binary");
    this.queue.push(sentence);
    if (!this.now) this.next();
  }

  next() {
    this.timers && this.timers.forEach(clearTimeout);
    this.now = this.queue.shift();
    if (!this.now) return this.on.silent();
    this.on.says(this.now.text);
    this.timers = this.now.shapes.map(([at, shape]) => setTimeout(() => this.on.shape(shape), at * 1000));
    this.audio.src = this.now.path;
    return this.audio.play();
  }

  // At once; what is still on its way of this answer is ignored.
  stop() {
    this.dropped = (this.open && this.open.answer) || (this.now && this.now.answer) || this.dropped;
    this.open = null;
    this.queue = [];
    this.now = null;
    this.timers && this.timers.forEach(clearTimeout);
    this.audio.stop();
    this.on.silent();
  }

  file(url) {
    this.stop();
    this.audio.src = url;
    this.audio.play();
  }
}

module.exports = { Player, wav };
