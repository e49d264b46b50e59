// Hold to talk: AAC (what the platform's recorder makes), 16 kHz, mono, at most 60 s; sliding up drops it. One recorder for the whole program, as the platform has it.
const LONGEST = 60000; // ms
const SLID = 80; // px upwards
const SHORTEST = 400; // ms; less is a slip of the finger

class Recorder {
  // on: {begun(), level(0..1), seconds(n), done(path), dropped(why)}, why: short | slid | refused | failed
  constructor(on) {
    this.on = on;
    this.manager = tt.getRecorderManager();
    this.state = "off"; // off | starting | recording | ending
    this.manager.onStart(() => this.began());
    this.manager.onStop((result) => this.ended(result.tempFilePath));
    this.manager.onError((error) => this.drop(/auth|permission|deny/i.test(String(error && error.errMsg)) ? "refused" : "failed"));
    if (this.manager.onFrameRecorded) this.manager.onFrameRecorded((frame) => this.on.level(levelOf(frame.frameBuffer)));
  }

  press(y) {
    if (this.state !== "off") return;
    this.from = y;
    this.slid = false;
    this.state = "starting";
    this.manager.start({ duration: LONGEST, sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 48000, frameSize: 4 });
  }

  began() {
    if (this.state !== "starting") return this.manager.stop(); // let go before it began
    this.state = "recording";
    this.at = Date.now();
    this.on.begun();
    this.ticking = setInterval(() => this.on.seconds(Math.floor((Date.now() - this.at) / 1000)), 500);
    return undefined;
  }

  move(y) {
    if (this.state !== "off") this.slid = this.from - y > SLID;
    return this.slid;
  }

  release() {
    if (this.state === "starting") return this.drop("short");
    if (this.state !== "recording") return undefined;
    this.state = "ending";
    return this.manager.stop();
  }

  // The platform ends it at 60 s by itself: that is sent like any other.
  ended(path) {
    if (this.state !== "recording" && this.state !== "ending") return undefined;
    const took = Date.now() - this.at;
    if (this.slid) return this.drop("slid");
    if (took < SHORTEST) return this.drop("short");
    this.reset();
    return this.on.done(path);
  }

  drop(why) {
    this.reset();
    this.on.dropped(why);
  }

  reset() {
    clearInterval(this.ticking);
    this.state = "off";
  }
}

// Loudness of a piece of AAC can't be read: its size tells enough for a meter, speech needs more bytes than silence.
function levelOf(buffer) {
  return buffer ? Math.min(1, buffer.byteLength / 4096) : 0;
}

module.exports = { Recorder, LONGEST, SHORTEST };
