// Talking to /api/v1/gallery as the member of this session.

import { bearer } from "./attach.js";

/** Asks; fails with {text} as the server said it, or {text: ""}. */
async function call(session, method, path, query = {}) {
  const url = new URL(`api/v1/gallery${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  let response;
  try {
    response = await fetch(url, { method, headers: bearer(session), cache: "no-store" });
  } catch {
    throw { text: "" };
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw { text: body.error?.text ?? "" };
  return body;
}

export const page = (session, query) => call(session, "GET", "", query);
export const favourite = (session, job) => call(session, "POST", `/${job}/favourite`);
export const remove = (session, job) => call(session, "DELETE", `/${job}`);
