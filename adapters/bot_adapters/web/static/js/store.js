// What the browser keeps: preferences, the visitor's secret, and this visitor's conversations.
// Storage can be full, refused or cleared by the person at any time: then the page works on without it.

const PREFIX = "yinlu.";
const KEPT = 50; // conversations

function read(storage, name) {
  try {
    return JSON.parse(storage().getItem(PREFIX + name));
  } catch {
    return null;
  }
}

function write(storage, name, value) {
  try {
    if (value === null || value === undefined) storage().removeItem(PREFIX + name);
    else storage().setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

const local = () => window.localStorage;
const tab = () => window.sessionStorage;

export const get = (name) => read(local, name);
export const set = (name, value) => write(local, name, value);
export const getTab = (name) => read(tab, name);
export const setTab = (name, value) => write(tab, name, value);

/** The conversations, newest first: {key, session, title, time}. */
export function conversations() {
  const list = get("conversations");
  return Array.isArray(list) ? list.filter((entry) => entry && typeof entry.key === "string") : [];
}

export function loadConversation(key) {
  const entry = conversations().find((one) => one.key === key);
  const kept = get(`conversation.${key}`);
  return entry && kept && Array.isArray(kept.items) ? { ...kept, ...entry } : null;
}

/** Keep a conversation; the oldest make room when there are too many or the storage is full. */
export function saveConversation({ key, session, title, time, seq, items }) {
  const entry = { key, session, title, time };
  let list = [entry, ...conversations().filter((one) => one.key !== key)];
  list.sort((a, b) => (b.time ?? 0) - (a.time ?? 0));
  for (const old of list.splice(KEPT)) set(`conversation.${old.key}`, null);
  set("conversations", list);
  while (!set(`conversation.${key}`, { session, seq, items })) {
    const oldest = list.filter((one) => one.key !== key).pop();
    if (!oldest) return;
    forgetConversation(oldest.key);
    list = conversations();
  }
}

export function forgetConversation(key) {
  set(`conversation.${key}`, null);
  set(`draft.${key}`, null);
  set("conversations", conversations().filter((one) => one.key !== key));
}
