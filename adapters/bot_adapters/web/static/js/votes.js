// Votes are shown at once and taken back when the server refuses them.

import { requestId } from "./protocol.js";

export class Votes {
  #sent = new Map(); // a vote's id -> {turn, before}

  /** `send(type, data, id)` brings it to the server; false where the answer has no such button. */
  cast(turn, value, extra, send) {
    const button = turn.buttons.find(({ action }) => action === `vote_${value}`);
    if (!button) return false;
    const id = requestId("v");
    this.#sent.set(id, { turn, before: turn.vote });
    Object.assign(turn, { vote: { value, reason: extra.reason ?? null }, thanks: "" });
    send("vote", { token: button.token, ...extra }, id);
    return true;
  }

  /** The turn whose vote this error frame refuses, with the vote taken back; null where it is about something else. */
  takeBack({ id, data }) {
    const { turn, before } = this.#sent.get(id) ?? {};
    if (!turn) return null;
    return Object.assign(turn, { vote: before, thanks: data.text });
  }
}
