// Making elements. Text only ever goes in as text: nothing here parses HTML.

/**
 * An element. `props`: attributes, plus `class`, `text`, `data: {}`, `on: {event: listener}`; an attribute that is
 * null, undefined or false is left out, true becomes an empty one.
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "text") node.textContent = value;
    else if (value === null || value === undefined || value === false) continue;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// 24 x 24, stroked with the text's colour; a path that begins with "!" is filled.
const ICONS = {
  send: ["M12 19V5", "M5.5 11.5 12 5l6.5 6.5"],
  stop: ["!M7.5 7.5h9v9h-9z"],
  plus: ["M12 5v14", "M5 12h14"],
  clock: ["M12 21a9 9 0 1 0-8.5-6", "M3 20.5v-5.5h5.5", "M12 7.5V12l3.2 2"],
  language: ["M3.5 6h9", "M8 3.5V6", "M5 13.5c3.5-1.5 5.5-4 6-7.5", "M5.5 9c1.2 2.3 3 3.8 5.5 4.8", "M12.5 20.5 16.5 11l4 9.5", "M13.9 17.3h5.2"],
  sun: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2.5v2", "M12 19.5v2", "M4.8 4.8l1.4 1.4", "M17.8 17.8l1.4 1.4", "M2.5 12h2", "M19.5 12h2", "M4.8 19.2l1.4-1.4", "M17.8 6.2l1.4-1.4"],
  moon: ["M20 14.5A8.2 8.2 0 0 1 9.5 4a8.2 8.2 0 1 0 10.5 10.5z"],
  up: ["M7 10.5v9.5", "M7 10.5l4-7a2.2 2.2 0 0 1 2.2 2.6L12.6 9.5H18a2 2 0 0 1 2 2.4l-1.2 6.3A2.2 2.2 0 0 1 16.6 20H7", "M3.5 10.5H7V20H3.5z"],
  down: ["M17 13.5V4", "M17 13.5l-4 7a2.2 2.2 0 0 1-2.2-2.6l.6-3.4H6a2 2 0 0 1-2-2.4l1.2-6.3A2.2 2.2 0 0 1 7.4 4H17", "M20.5 13.5H17V4h3.5z"],
  copy: ["M9 9h10.5v11.5H9z", "M6 15H4.5V3.5H15V6"],
  done: ["M4.5 12.5 10 18 19.5 6.5"],
  again: ["M20 11.5A8 8 0 1 0 18 17.2", "M20.5 5.5v6h-6"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  next: ["M9.5 5.5 16 12l-6.5 6.5"],
  previous: ["M14.5 5.5 8 12l6.5 6.5"],
  arrow: ["M4.5 12h15", "M13.5 6l6 6-6 6"],
  outward: ["M8 16 17 7", "M9.5 7H17v7.5"],
  latest: ["M12 5v13", "M6 12.5l6 6 6-6"],
  trash: ["M4.5 7h15", "M9.5 7V4.5h5V7", "M6.5 7l.8 12.5h9.4L17.5 7", "M10.5 11v5", "M13.5 11v5"],
  warn: ["M12 4 2.8 19.5h18.4z", "M12 10v4.5", "M12 17v.2"],
  queue: ["M4 6.5h16", "M4 12h11", "M4 17.5h6"],
  mic: ["M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3z", "M5.5 11a6.5 6.5 0 0 0 13 0", "M12 17.5v3"],
  speaker: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M15.5 9a4.2 4.2 0 0 1 0 6", "M18 6.5a7.8 7.8 0 0 1 0 11"],
  waves: ["M3.5 10.5v3", "M7.75 7.5v9", "M12 4.5v15", "M16.25 7.5v9", "M20.5 10.5v3"],
  face: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M9 10v.6", "M15 10v.6", "M8.5 14.2a4.2 4.2 0 0 0 7 0"],
  picture: ["M4 5h16v14H4z", "M4 16l4.5-4.5 4 4 3-3L20 17", "M15.5 8.8a1 1 0 1 0 0 .2z"],
  gallery: ["M4 4h7v7H4z", "M13 4h7v7h-7z", "M4 13h7v7H4z", "M13 13h7v7h-7z"],
  star: ["M12 4l2.5 5.2 5.7.7-4.2 3.9 1.1 5.7L12 16.7l-5.1 2.8L8 13.8 3.8 9.9l5.7-.7z"],
  brush: ["M20 4 11 13", "M9.5 13.5c-2.5 0-3.5 1.8-3.8 5.5 3.4.1 6.3-.6 6.3-3z"],
  erase: ["M9 19.5 4.5 15 14 5.5l5.5 5.5-8.5 8.5z", "M9.5 10l5.5 5.5", "M9 19.5h10"],
  undo: ["M8.5 5.5 4 10l4.5 4.5", "M4 10h10a5.5 5.5 0 0 1 0 11h-3"],
  file: ["M6 3.5h8l4.5 4.5v12.5H6z", "M13.5 3.5V8.5h5"],
};

export function icon(name) {
  const node = svg("svg", { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false" });
  for (const path of ICONS[name]) {
    const filled = path.startsWith("!");
    node.append(svg("path", { d: filled ? path.slice(1) : path, class: filled ? "filled" : "" }));
  }
  return node;
}

/** The mark: a lantern whose tassel is a winding way. Its parts are coloured by css (.lantern). */
export function lantern(kind = "") {
  const node = svg("svg", { viewBox: "0 0 32 32", class: `lantern ${kind}`, "aria-hidden": "true", focusable: "false" });
  node.append(
    svg("path", { class: "lantern-body", d: "M11.8 8.4c-3.4 3.6-3.4 9.2 0 12.8h8.4c3.4-3.6 3.4-9.2 0-12.8z" }),
    svg("path", { class: "lantern-flame", d: "M16 10.8c1.9 2.2 2.9 3.6 2.9 5.2a2.9 2.9 0 0 1-5.8 0c0-1.6 1-3 2.9-5.2z" }),
    svg("path", { class: "lantern-frame", d: "M12.8 7.2a3.2 3.2 0 0 1 6.4 0M10.6 8.4h10.8M11.8 8.4c-3.4 3.6-3.4 9.2 0 12.8h8.4c3.4-3.6 3.4-9.2 0-12.8" }),
    svg("path", { class: "lantern-way", d: "M16 22v.9c0 1.9-2.7 1.6-2.7 3.4s2.7 1.5 2.7 3.4" }),
  );
  return node;
}

/** A button that shows an icon and is named by `name`. */
export function iconButton(name, label, onClick, props = {}) {
  return el("button", { type: "button", class: "round", "aria-label": label, title: label, on: { click: onClick }, ...props }, icon(name));
}

/** http and https only, absolute; anything else is null. */
export function safeUrl(text) {
  if (typeof text !== "string" || !/^https?:\/\//i.test(text.trim())) return null;
  try {
    const url = new URL(text.trim());
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

export function externalLink(url, ...children) {
  return el("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, ...children);
}
