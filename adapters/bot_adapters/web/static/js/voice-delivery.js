// Brings recordings to the server: their pieces as they come, and all of them again where the connection was lost.

import { RUNNING, newTurn } from "./conversation.js";
import { requestId } from "./protocol.js";
import { hear } from "./voice-words.js";

const LOST = 5_000; // ms after which a recording that the replay did not bring is lost

export class Delivery {
  #unsure = null; // a recording that the server may not have

  /** `onRefused(recording)`: the server does not want it. */
  constructor(session, onRefused) {
    Object.assign(this, { session, onRefused });
    session.addEventListener("item", ({ detail }) => this.#changed(detail));
  }

  begin(recording) {
    this.#unsure = recording;
    this.session.request(newTurn(recording.id, { voice: true, state: "sent" }));
    this.#sendAll(recording);
    recording.onPiece = (piece) => this.session.connection.sendBytes(piece);
  }

  async end(recording) {
    await recording.end();
    this.#send("audio.end", {});
  }

  drop(recording) {
    this.#forget(recording);
    this.#send("audio.stop", { recording: true });
    const { conversation } = this.session;
    conversation.items = conversation.items.filter((item) => item.id !== recording.id);
    this.#emit("items");
    this.session.save();
  }

  /** Connected (again): what the server may not have is sent again, as the same request. */
  greet() {
    for (const turn of this.session.conversation.turns) {
      if (!turn.voice || turn.heard || !RUNNING.has(turn.state) || turn.state === "received") continue;
      if (turn.id === this.#unsure?.id) this.#sendAll(this.#unsure);
      else setTimeout(() => this.#lost(turn), turn.state === "unsent" ? 0 : LOST);
    }
  }

  #sendAll(recording) {
    this.#send("audio.start", recording.start, recording.id);
    for (const piece of recording.pieces) this.session.connection.sendBytes(piece);
    if (recording.ended) this.#send("audio.end", {});
  }

  #send(type, data, id = requestId("e")) {
    this.session.connection.send(type, data, id, this.session.live);
  }

  /** A turn changed: the server has the recording, or refused it. */
  #changed(item) {
    const recording = this.#unsure;
    if (item.kind !== "turn" || item.id !== recording?.id || item.state === "sent" || item.state === "unsent") return;
    this.#unsure = null;
    if (item.state !== "failed") return;
    this.#forget(recording);
    this.onRefused(recording);
  }

  #forget(recording) {
    this.#unsure = null;
    recording.onPiece = null;
    recording.end();
  }

  /** A page that was left while it recorded: the server never had it. */
  #lost(turn) {
    if (turn.heard || !["unsent", "sent"].includes(turn.state)) return;
    Object.assign(turn, { state: "failed", question: null, error: { text: hear("lost"), until: 0 } });
    this.#emit("item", turn);
  }

  #emit(type, detail) {
    this.session.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
