// Sending pictures to /api/v1/attachments as the member of this session.

import { locale } from "./i18n.js";
import * as store from "./store.js";

/** What says over HTTP who asks. */
export const bearer = (session) => ({ Authorization: `Bearer ${store.get("visitor")}.${session.live}`, "Accept-Language": locale() });

/**
 * Sends one picture; `onPart` gets 0..1. Returns {sent: a promise of {token, name, url}, stop()}; the promise fails with
 * {text} as the server said it, or {text: ""}. An XMLHttpRequest, because fetch does not tell how far it is.
 */
export function sendPicture(session, file, onPart) {
  const form = new FormData();
  form.append("file", file, file.name || "picture.png");
  const request = new XMLHttpRequest();
  const sent = new Promise((resolve, reject) => {
    request.open("POST", new URL("api/v1/attachments", document.baseURI));
    for (const [name, value] of Object.entries(bearer(session))) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => lengthComputable && onPart(loaded / total));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject({ text: request.response?.error?.text ?? "" });
    });
    for (const end of ["error", "timeout", "abort"]) request.addEventListener(end, () => reject({ text: "" }));
    request.send(form);
  });
  return { sent, stop: () => request.abort() };
}
