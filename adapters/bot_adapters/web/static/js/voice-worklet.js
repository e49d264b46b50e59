// Runs beside the page on the audio clock: how loud it is, and the samples at about 16 kHz.

const WISHED = 16_000; // Hz
const BLOCK = 0.032; // s between two reports

class Ear extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = Math.max(1, Math.floor(sampleRate / WISHED));
    this.samples = new Int16Array(Math.round((sampleRate / this.step) * BLOCK));
    this.at = this.sum = this.count = 0;
    this.square = 0;
  }

  process([input]) {
    const channel = input[0];
    if (!channel) return true;
    for (const value of channel) {
      this.sum += value; // the mean of `step` samples: a plain low pass
      this.count += 1;
      if (this.count < this.step) continue;
      const mean = this.sum / this.step;
      this.samples[this.at] = Math.max(-1, Math.min(1, mean)) * 32767;
      this.square += mean * mean;
      this.sum = this.count = 0;
      this.at += 1;
      if (this.at === this.samples.length) this.tell();
    }
    return true;
  }

  tell() {
    const level = Math.sqrt(this.square / this.samples.length);
    this.port.postMessage({ level, samples: this.samples.slice(), rate: sampleRate / this.step });
    this.at = this.square = 0;
  }
}

registerProcessor("yinlu-ear", Ear);
