// Which view shows which kind of item. A later card (a picture job, an audio player, a talking face) registers its
// kind here and its frames in conversation.js; nothing else changes.
//
// A view is {node, update(item, place)}; place is {last}: whether it is the newest item.

const makers = new Map();

/** `make(item, context)` returns the view of an item of this kind. */
export function register(kind, make) {
  makers.set(kind, make);
}

export function makeView(item, context) {
  const make = makers.get(item.kind);
  return make ? make(item, context) : null;
}
