// Whether somebody speaks, by loudness against the noise of the room. Pure: levels in, "begin" and "end" out.

const LEAST = 0.012; // of full scale: quieter than this nobody speaks
const ABOVE = 3; // times the noise
const GUARD = 2.5; // times more while the page itself speaks: what comes back of it is no barge-in

export class Activity {
  constructor({ begin = 0.13, end = 0.9 } = {}) {
    Object.assign(this, { begin, end, noise: 0.004, speaking: false, loud: 0, quiet: 0 });
  }

  /** Take `seconds` of loudness `level`; `guarded` while the page speaks. "begin", "end" or null. */
  hear(level, seconds, guarded = false) {
    const bar = Math.max(LEAST, this.noise * ABOVE) * (guarded ? GUARD : 1);
    if (!this.speaking) this.noise += (level - this.noise) * (level < this.noise ? 0.2 : 0.01);
    const loud = level > (this.speaking ? bar * 0.6 : bar);
    this.loud = loud ? this.loud + seconds : Math.max(0, this.loud - seconds);
    this.quiet = loud ? 0 : this.quiet + seconds;
    if (!this.speaking && this.loud >= (guarded ? this.begin * 2 : this.begin)) return this.#turn(true, "begin");
    if (this.speaking && this.quiet >= this.end) return this.#turn(false, "end");
    return null;
  }

  reset() {
    this.speaking = false;
    this.loud = this.quiet = 0;
  }

  #turn(speaking, event) {
    this.reset();
    this.speaking = speaking;
    return event;
  }
}
