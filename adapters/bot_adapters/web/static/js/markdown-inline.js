// Marks within a line: code, bold, italic, struck, links (http and https only), [n] citations. Returns DOM nodes.

import { el, externalLink, safeUrl } from "./dom.js";

const SPECIAL = /[\\`*_~[!h\n]/g;
const LINK = /\[([^[\]\n]{1,500})\]\(\s*([^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?)(?:\s+"[^"\n]{0,200}")?\s*\)/y;
const CITE = /\[(\d{1,3})\](?!\()/y;
const BARE = /https?:\/\/[^\s<>"'`|\\^{}\u3000-\u303f\uff00-\uffef\u2018-\u201d]{2,2000}/iy;
const PUNCTUATION = /^[!-/:-@[-`{-~]$/;
const WORD = /[\p{L}\p{N}]/u;
const REACH = 4_000; // characters a mark may span
const DEEPEST = 5;

/** The nodes that show `text`. `cite(n)` gives a citation's node, or null where there is no source n. */
export function inline(text, cite = () => null, depth = 0) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push(plain);
    plain = "";
  };
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const special = SPECIAL.exec(text);
    if (special === null) break;
    plain += text.slice(at, special.index);
    at = special.index;
    const found = mark(text, at, cite, depth);
    if (found === null) {
      plain += text[at];
      at += 1;
      continue;
    }
    const [node, next] = found;
    if (typeof node === "string") plain += node;
    else {
      flush();
      nodes.push(node);
    }
    at = next;
  }
  plain += text.slice(at);
  flush();
  return nodes;
}

function mark(text, at, cite, depth) {
  switch (text[at]) {
    case "\n":
      return [el("br"), at + 1];
    case "\\":
      return PUNCTUATION.test(text[at + 1] ?? "") ? [text[at + 1], at + 2] : null;
    case "`":
      return code(text, at);
    case "*":
    case "_":
    case "~":
      return depth < DEEPEST ? emphasis(text, at, cite, depth) : null;
    case "[":
      return citation(text, at, cite) ?? link(text, at, depth);
    case "!":
      return text[at + 1] === "[" ? link(text, at + 1, depth) : null; // a picture elsewhere is shown as a link, never loaded
    default:
      return bare(text, at);
  }
}

function code(text, at) {
  const ticks = /^`+/.exec(text.slice(at, at + 20))[0];
  const end = text.slice(0, at + REACH).indexOf(ticks, at + ticks.length);
  if (end < 0) return [ticks, at + ticks.length];
  const inner = text.slice(at + ticks.length, end);
  return [el("code", { text: inner.trim() || inner }), end + ticks.length];
}

const TAGS = { "**": "strong", __: "strong", "*": "em", _: "em", "~~": "s" };

function emphasis(text, at, cite, depth) {
  const double = text[at] === text[at + 1];
  const ticks = double ? text.slice(at, at + 2) : text[at];
  const from = at + ticks.length;
  if (!TAGS[ticks] || !text[from] || /\s/.test(text[from]) || text[from] === ticks[0]) return [ticks, from];
  if (ticks[0] === "_" && WORD.test(text[at - 1] ?? "")) return [ticks, from];
  const window = text.slice(0, at + REACH);
  for (let end = window.indexOf(ticks, from), tries = 0; end >= 0 && tries < 20; end = window.indexOf(ticks, end + ticks.length), tries += 1) {
    if (/\s/.test(text[end - 1])) continue;
    if (!double && (text[end + 1] === ticks || text[end - 1] === ticks)) continue;
    if (ticks[0] === "_" && WORD.test(text[end + ticks.length] ?? "")) continue;
    return [el(TAGS[ticks], {}, inline(text.slice(from, end), cite, depth + 1)), end + ticks.length];
  }
  return [ticks, from];
}

function citation(text, at, cite) {
  CITE.lastIndex = at;
  const match = CITE.exec(text);
  const node = match ? cite(Number(match[1])) : null;
  return node ? [node, at + match[0].length] : null;
}

function link(text, at, depth) {
  LINK.lastIndex = at;
  const match = LINK.exec(text);
  if (!match) return null;
  const next = at + match[0].length;
  const url = safeUrl(match[2]);
  if (!url) return [match[0], next]; // another scheme: shown as it was written
  return [externalLink(url, inline(match[1], () => null, depth + 1).filter((node) => node.nodeName !== "A")), next];
}

function bare(text, at) {
  if (WORD.test(text[at - 1] ?? "") && !/[\u3400-\u9fff]/.test(text[at - 1])) return null;
  BARE.lastIndex = at;
  const match = BARE.exec(text);
  if (!match) return null;
  const shown = match[0].replace(/[.,;:!?)\]*_~]+$/, "");
  const url = safeUrl(shown);
  return url ? [externalLink(url, shown), at + shown.length] : null;
}
