// Copying an answer with its sources.

import { say } from "./i18n.js";
import { safeUrl } from "./dom.js";

export function plainAnswer({ text, sources }) {
  const lines = sources.map(({ n, title, heading, source, url }) => {
    const path = Array.isArray(heading) ? heading.filter((one) => one && one !== title) : [];
    return `[${n}] ${[title || source, ...path].join(" › ")} (${safeUrl(url) ?? source})`;
  });
  return lines.length ? `${text}\n\n${say("sources")}:\n${lines.join("\n")}` : text;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text); // no clipboard without https, except on the machine itself
  }
}

function copyOldWay(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus?.();
  return copied;
}
