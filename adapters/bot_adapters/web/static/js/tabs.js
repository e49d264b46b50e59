// Several tabs may show one conversation: the server sends frames to all, the questions are told from tab to tab.

export class Tabs {
  #channel = "BroadcastChannel" in window ? new BroadcastChannel("yinlu") : null;

  /** `onAsked({session, id, question, again})`: another tab asked something. */
  constructor(onAsked) {
    if (this.#channel) this.#channel.onmessage = ({ data }) => onAsked(data);
  }

  tell(session, { id, question, again }) {
    this.#channel?.postMessage({ session, id, question, again });
  }
}
