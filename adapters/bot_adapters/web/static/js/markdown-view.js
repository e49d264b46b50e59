// Shows parsed Markdown, block by block; of a growing text only the blocks that changed are made anew.

import { el, icon } from "./dom.js";
import { say } from "./i18n.js";
import { inline } from "./markdown-inline.js";
import { parse } from "./markdown.js";

function show(block, cite) {
  switch (block.type) {
    case "heading":
      // The question above is the h2: all headings of an answer are h3, whatever levels it used.
      return el("h3", { class: `level-${block.level}` }, inline(block.text, cite));
    case "rule":
      return el("hr");
    case "code":
      return codeBlock(block);
    case "quote":
      return el("blockquote", {}, block.blocks.map((one) => show(one, cite)));
    case "list":
      return listBlock(block, cite);
    case "table":
      return tableBlock(block, cite);
    default:
      return el("p", {}, inline(block.text, cite));
  }
}

function codeBlock({ language, text }) {
  const copy = el("button", { type: "button", class: "copy-code", "aria-label": say("copyCode"), title: say("copyCode") }, icon("copy"));
  const pre = el("pre", { tabindex: "0", role: "region", "aria-label": language ? `${say("code")} ${language}` : say("code") }, el("code", { text }));
  return el("div", { class: "code-block" }, language ? el("span", { class: "code-language", text: language, "aria-hidden": "true" }) : null, copy, pre);
}

function listBlock({ ordered, start, loose, items }, cite) {
  const shown = items.map((blocks) => {
    const tight = !loose && blocks[0]?.type === "paragraph";
    const [first, ...rest] = blocks;
    const lead = tight ? inline(first.text, cite) : first ? [show(first, cite)] : [];
    return el("li", {}, lead, rest.map((one) => show(one, cite)));
  });
  return ordered ? el("ol", { start: start === 1 ? null : String(start) }, shown) : el("ul", {}, shown);
}

function tableBlock({ align, head, rows }, cite) {
  const row = (tag, cells) => el("tr", {}, cells.map((text, at) => el(tag, { class: align[at] === "start" ? null : `at-${align[at]}`, scope: tag === "th" ? "col" : null }, inline(text, cite))));
  const table = el("table", {}, el("thead", {}, row("th", head)), el("tbody", {}, rows.map((cells) => row("td", cells))));
  return el("div", { class: "table-scroll", role: "region", tabindex: "0", "aria-label": say("table") }, table);
}

/** The words of a short Markdown text without its marks, for one line; cells of a table are set apart by dots. */
export function plainWords(text) {
  const lines = text.split("\n").map((line) => line.replace(/^\s*(?:[-*+•]|#{1,6}|>|\d{1,9}[.)])\s+/, "").trim());
  const words = lines.filter((line) => !/^\|?[\s|:-]+\|?$/.test(line)).map((line) => line.replace(/^\||(?<!\\)\|$/g, "").replace(/\s*(?<!\\)\|\s*/g, " · ").trim());
  return el("span", {}, inline(words.join(" "))).textContent;
}

export class Prose {
  #raws = [];

  constructor(className = "prose") {
    this.node = el("div", { class: className });
  }

  /** Show `text`; blocks equal to those shown before keep their nodes, unless `anew`. */
  update(text, cite = () => null, anew = false) {
    const blocks = parse(text);
    let same = 0;
    if (!anew) while (same < blocks.length && blocks[same].raw === this.#raws[same]) same += 1;
    while (this.node.childElementCount > same) this.node.lastElementChild.remove();
    this.node.append(...blocks.slice(same).map((block) => show(block, cite)));
    this.#raws = blocks.map(({ raw }) => raw);
  }
}
