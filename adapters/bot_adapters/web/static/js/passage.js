// A passage with its quote marked: as Markdown where the marks survive it, else as plain text.

import { el } from "./dom.js";
import { languageOf } from "./i18n.js";
import { Prose } from "./markdown-view.js";
import { indexOfPoint } from "./protocol.js";

const FROM = "\ue000";
const TO = "\ue001";
const MARKS = /[\ue000\ue001]/g;
const SUFFIX = /(?:\s|\||[*_`~])+$/; // and may end with
const PREFIX = /^\s*(?:(?:[-*+•]|\d{1,9}[.)、]|#{1,6}|>)\s+|\|\s*|[*_`~]{1,3}(?=\S))+/; // what a line may begin with before its words

/** The element that shows `source.passage`; the quoted words are in <mark>. */
export function passageOf({ passage, quote, start, end }) {
  const text = String(passage || quote || "").replace(MARKS, "");
  let [from, to] = [indexOfPoint(text, start), indexOfPoint(text, end)];
  if (!(to > from) && quote) [from, to] = [text.indexOf(quote), text.indexOf(quote) + quote.length];
  if (!(from >= 0 && to > from)) [from, to] = [0, 0];
  return asMarkdown(text, from, to) ?? asText(text, from, to);
}

function asText(text, from, to) {
  return el("div", { class: "prose plain", lang: languageOf(text) }, text.slice(0, from), to > from ? el("mark", { text: text.slice(from, to) }) : null, text.slice(to));
}

function asMarkdown(text, from, to) {
  const prose = new Prose();
  prose.node.lang = languageOf(text);
  if (to <= from) {
    prose.update(text);
    return prose.node;
  }
  const lineStart = text.lastIndexOf("\n", from - 1) + 1;
  const prefix = PREFIX.exec(text.slice(lineStart, to))?.[0].length ?? 0;
  const begin = Math.max(from, lineStart + prefix);
  const end = begin + text.slice(begin, to).replace(SUFFIX, "").length;
  if (begin >= end) return null;
  prose.update(text.slice(0, begin) + FROM + text.slice(begin, end) + TO + text.slice(end));
  return markBetween(prose.node) ? prose.node : null;
}

/** Wrap the text between the two signs; false where they were lost, so that nothing is marked wrongly. */
function markBetween(root) {
  const words = root.textContent;
  if (words.split(FROM).length !== 2 || words.split(TO).length !== 2 || words.indexOf(FROM) > words.indexOf(TO)) return false;
  const nodes = [];
  for (const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT); walker.nextNode(); ) nodes.push(walker.currentNode);
  let on = false;
  for (const node of nodes) {
    const parts = [];
    for (const piece of node.data.split(/([\ue000\ue001])/)) {
      if (piece === FROM) on = true;
      else if (piece === TO) on = false;
      else if (piece) parts.push(on && piece.trim() ? el("mark", { text: piece }) : piece);
    }
    node.replaceWith(...parts);
  }
  return true;
}
