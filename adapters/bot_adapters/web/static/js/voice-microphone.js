// The microphone: asked for once, closed when nobody listens any more.

const WISHES = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
const REASONS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "taken", AbortError: "taken" };

/** `onSound({level, samples, rate})`: loudness 0..1, 16-bit samples of about 32 ms. */
export class Microphone {
  #node = null;
  #source = null;
  #loaded = null;

  constructor(context, onSound) {
    Object.assign(this, { context, onSound, stream: null });
  }

  /** Open it; the answer is "" or the key of a sentence that says why not. */
  async open() {
    if (this.stream) return "";
    if (!navigator.mediaDevices?.getUserMedia || !this.context.audioWorklet) return "insecure";
    try {
      this.#loaded ??= this.context.audioWorklet.addModule(new URL("./voice-worklet.js", import.meta.url));
      const [stream] = await Promise.all([navigator.mediaDevices.getUserMedia(WISHES), this.#loaded, this.context.resume()]);
      this.#listen(stream);
      return "";
    } catch (error) {
      return REASONS[error.name] ?? "missing";
    }
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.#source?.disconnect();
    this.#node?.disconnect();
    this.stream = this.#source = this.#node = null;
  }

  /** The samples' rate in Hz, as the worklet makes it. */
  get rate() {
    const { sampleRate } = this.context;
    return sampleRate / Math.max(1, Math.floor(sampleRate / 16_000));
  }

  #listen(stream) {
    this.stream = stream;
    this.#source = this.context.createMediaStreamSource(stream);
    this.#node = new AudioWorkletNode(this.context, "yinlu-ear", { numberOfInputs: 1, numberOfOutputs: 1 });
    this.#node.port.onmessage = ({ data }) => this.stream && this.onSound(data);
    this.#source.connect(this.#node).connect(this.context.destination); // it puts out silence; unconnected it would not run
  }
}
