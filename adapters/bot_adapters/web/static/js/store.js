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

/** Which conversation this tab shows; a new tab begins with what was shown last. */
export function setCurrent({ key, items }) {
  write(tab, "current", key);
  set("current", items.length ? key : null);
}

/** What this tab showed last: a conversation, or an empty one's {key, session, seq}; null for neither. */
export function current() {
  const key = read(tab, "current") ?? get("current");
  return (key && loadConversation(key)) ?? read(tab, "empty");
}

export function keep(conversation) {
  const { key, session, seq, items } = conversation;
  if (items.length) saveConversation(conversation);
  else write(tab, "empty", { key, session, seq });
}

/** Keep a conversation; the oldest make room when there are too many or the storage is full. */
function saveConversation({ key, session, title, time, seq, items }) {
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
