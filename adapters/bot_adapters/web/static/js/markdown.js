// A small Markdown, parsed into blocks: {type, raw, ...}. Everything that is not recognised stays text; HTML is text.
// Inline marks are parsed when a block is shown (markdown-inline.js), so a growing answer costs little per word.

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
const ITEM = /^(\s*)([-*+•]|\d{1,9}[.)、])(?:\s+|(?<=、))(.*)$/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 6;
const WIDE = 56; // columns: a line this long was broken by a text editor, a shorter one by its writer

export function parse(text) {
  return blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0);
}

function blocks(lines, depth) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [block, next] = one(lines, at, depth);
    block.raw = lines.slice(at, next).join("\n");
    found.push(block);
    at = next;
  }
  return found;
}

function one(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line)) return fence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [{ type: "heading", level: heading[1].length, text: heading[2] }, at + 1];
  if (RULE.test(line)) return [{ type: "rule" }, at + 1];
  if (isTable(lines, at)) return table(lines, at);
  if (depth < DEEPEST && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  return paragraph(lines, at);
}

function fence(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(mark) && !lines[end].trim().slice(mark.length).trim())) end += 1;
  return [{ type: "code", language, text: lines.slice(at + 1, end).join("\n") }, Math.min(end + 1, lines.length)];
}

function quote(lines, at, depth) {
  let end = at;
  const inner = [];
  for (; end < lines.length && QUOTE.test(lines[end]); end += 1) inner.push(QUOTE.exec(lines[end])[1]);
  return [{ type: "quote", blocks: blocks(inner, depth + 1) }, end];
}

function list(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const indent = first[1].length;
  const items = [];
  let end = at;
  let loose = false;
  while (end < lines.length) {
    const match = ITEM.exec(lines[end]);
    if (match && Math.abs(match[1].length - indent) < 2 && /\d/.test(match[2]) === ordered) {
      items.push([match[3]]);
    } else if (!lines[end].trim()) {
      if (!belongs(lines, end + 1, indent, ordered)) break;
      items.at(-1).push("");
      loose = true;
    } else if (leading(lines[end]) > indent || (!match && !starts(lines, end) && lines[end - 1].trim())) {
      items.at(-1).push(lines[end].slice(Math.min(leading(lines[end]), indent + first[2].length + 1)));
    } else {
      break;
    }
    end += 1;
  }
  const start = ordered ? Number.parseInt(first[2], 10) : 1;
  return [{ type: "list", ordered, start, loose, items: items.map((item) => blocks(item, depth + 1)) }, end];
}

const leading = (line) => line.length - line.trimStart().length;

/** Whether the line after a blank one still belongs to the list. */
function belongs(lines, at, indent, ordered) {
  if (at >= lines.length || !lines[at].trim()) return false;
  if (leading(lines[at]) > indent + 1) return true;
  const match = ITEM.exec(lines[at]);
  return match !== null && Math.abs(match[1].length - indent) < 2 && /\d/.test(match[2]) === ordered;
}

const isTable = (lines, at) => at + 1 < lines.length && lines[at].includes("|") && lines[at + 1].includes("-") && DELIMITER.test(lines[at + 1]) && cells(lines[at]).length === cells(lines[at + 1]).length;

function cells(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table(lines, at) {
  const align = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "centre" : "end") : "start"));
  const rows = [];
  let end = at + 2;
  for (; end < lines.length && lines[end].includes("|") && lines[end].trim(); end += 1) {
    const row = cells(lines[end]).slice(0, align.length);
    rows.push([...row, ...Array(align.length - row.length).fill("")]);
  }
  return [{ type: "table", align, head: cells(lines[at]), rows }, end];
}

/** Whether a block other than a paragraph begins here. */
function starts(lines, at) {
  const line = lines[at];
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || isTable(lines, at);
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !starts(lines, end) && !ITEM.test(lines[end])) end += 1;
  return [{ type: "paragraph", text: join(lines.slice(at, end)) }, end];
}

const HAN_END = /[\u3000-\u9fff\uff00-\uffef]$/;
const HAN_START = /^[\u3000-\u9fff\uff00-\uffef]/;

/** Lines of one paragraph: long ones flow on (without a space between Chinese characters), short ones keep their break. */
function join(lines) {
  let text = "";
  lines.forEach((line, index) => {
    const next = lines[index + 1];
    text += line.trim().replace(/\\$/, "");
    if (next === undefined) return;
    if (/( {2}|\\)$/.test(line) || width(line) < WIDE) text += "\n";
    else text += HAN_END.test(line.trim()) && HAN_START.test(next.trim()) ? "" : " ";
  });
  return text;
}

const width = (line) => line.length + (line.match(/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g) ?? []).length;
