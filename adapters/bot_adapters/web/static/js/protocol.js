// The envelope of docs/protocol.md: pure functions, no socket.

export const VERSION = 1;
export const CLIENT = "page/1";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A request's id, unique in a session even when several tabs share it. */
export function requestId(prefix = "c") {
  const bytes = crypto.getRandomValues(new Uint8Array(14));
  return prefix + Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

export function encode({ id, session, type, data = {} }) {
  return JSON.stringify({ v: VERSION, id, ...(session ? { session } : {}), type, data });
}

/** The frame, or null for what is none of ours (another version, no type, not JSON). */
export function decode(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (frame === null || typeof frame !== "object" || frame.v !== VERSION || typeof frame.type !== "string") return null;
  const data = frame.data !== null && typeof frame.data === "object" ? frame.data : {};
  return { ...frame, data };
}

const SURROGATE = /[\ud800-\udfff]/;

/** Where code point number `offset` begins, as an index into `text`. */
export function indexOfPoint(text, offset) {
  if (!SURROGATE.test(text)) return Math.min(offset, text.length);
  let index = 0;
  for (let point = 0; point < offset && index < text.length; point += 1) {
    index += text.codePointAt(index) > 0xffff ? 2 : 1;
  }
  return index;
}

/** How long `text` is in Unicode code points. */
export function points(text) {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Put `added` at code point `offset` of `text` and drop what was behind it. */
export function splice(text, offset, added) {
  return text.slice(0, indexOfPoint(text, Math.max(0, offset))) + added;
}

/** The part of a message that names its pictures. */
export const attached = (pictures) => (pictures?.length ? { attachments: pictures.map(({ token, name }) => ({ token, name })) } : {});
