// The operator's API: reads, changes, and the session they need.

const BASE = "api/v1/operator/";
let csrf = "";

export class Refusal extends Error {}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refusal("");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Refusal(body.error?.text ?? response.statusText), { status: response.status });
  return body;
}

const language = () => ({ "Accept-Language": document.documentElement.lang });

export const read = (name, query = {}) => call(`${name}?${new URLSearchParams(query)}`, { headers: language() });

export const change = (name, body = {}) =>
  call(name, {
    method: "POST",
    headers: { ...language(), "Content-Type": "application/json", "X-Yinlu-Csrf": csrf },
    body: JSON.stringify(body),
  });

/** Log in with a ticket, or go on with the session that the browser has. */
export async function session(ticket) {
  const found = ticket ? await change("session", { ticket }) : await read("session");
  csrf = found.csrf;
  return found;
}

export const leave = (query = {}) =>
  call(`session?${new URLSearchParams(query)}`, { method: "DELETE", headers: { ...language(), "X-Yinlu-Csrf": csrf } });

export const exportAddress = (community) => `${BASE}export?${new URLSearchParams({ community })}`;
