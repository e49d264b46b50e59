// Screen readers hear a finished answer once, and short notices; never each word as it comes.

import { say } from "./i18n.js";

const LONGEST = 1500;

export class Announcer {
  constructor(node) {
    this.node = node;
  }

  say(text) {
    clearTimeout(this.timer);
    this.node.textContent = "";
    this.timer = setTimeout(() => (this.node.textContent = text), 60);
  }

  answer(turn, words) {
    if (turn.state === "failed") return this.say(`${say("failed")}: ${turn.error.text}`);
    const outcome = ["related", "unknown", "stopped"].includes(turn.outcome) ? `${say(turn.outcome)} ` : "";
    const sources = turn.sources.length ? ` ${say("announcedSources", { n: turn.sources.length })}` : "";
    this.say(outcome + say("announced", { text: words.slice(0, LONGEST) }) + sources);
  }
}
