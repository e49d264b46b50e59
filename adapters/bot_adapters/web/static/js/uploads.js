// Talking to /api/v1/uploads with the admin's ticket, which came in the address and stays in this browser.

import { locale } from "./i18n.js";
import * as store from "./store.js";

const PATH = "api/v1/uploads";

/** Takes the ticket out of the address, so that it is neither shown nor shared; returns whether there is one. */
export function keepTicket() {
  const found = /^#admin=([0-9a-f.]{10,120})$/.exec(location.hash);
  if (found) {
    store.set("admin", found[1]);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return hasTicket();
}

export const hasTicket = () => typeof store.get("admin") === "string";

export function dropTicket() {
  store.set("admin", null);
}

const headers = () => ({ Authorization: `Bearer ${store.get("admin")}`, "Accept-Language": locale() });

/** Asks; throws {status, text} with the server's sentence, or {status: 0}. */
async function call(method, query = "") {
  let response;
  try {
    response = await fetch(new URL(PATH + query, document.baseURI), { method, headers: headers(), cache: "no-store" });
  } catch {
    throw { status: 0, text: "" };
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw { status: response.status, text: body.error?.text ?? "" };
  return body;
}

export const listed = () => call("GET");
export const remove = (source) => call("DELETE", `?source=${encodeURIComponent(source)}`);

/** Sends one file; `onPart` gets 0..1. An XMLHttpRequest, because fetch does not tell how far it is. */
export function send(file, audience, onPart) {
  const form = new FormData();
  form.append("audience", audience);
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", new URL(PATH, document.baseURI));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => lengthComputable && onPart(loaded / total));
    request.addEventListener("load", () => {
      if (request.status === 202) resolve(request.response);
      else reject({ status: request.status, text: request.response?.error?.text ?? "" });
    });
    for (const end of ["error", "timeout", "abort"]) request.addEventListener(end, () => reject({ status: 0, text: "" }));
    request.send(form);
  });
}
