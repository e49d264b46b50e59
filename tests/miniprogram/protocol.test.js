const assert = require("node:assert");
const test = require("node:test");
const { Protocol, grown } = require("../../deploy/miniprogram/utils/protocol.js");

function client() {
  const sent = [], shown = [], kept = new Map([["token", "d_1"]]);
  const store = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
  const made = new Protocol(() => ({ send: (text) => sent.push(JSON.parse(text)) }), (f) => shown.push(f), store, "zh");
  const hello = (resumed) => {
    made.connect();
    made.opened();
    made.received(JSON.stringify({ type: "hello", session: "s_1", data: { resumed } }));
  };
  return { made, sent, shown, kept, hello };
}

test("a question asked while the network is lost is sent once it is back", () => {
  const { made, sent, hello } = client();
  const id = made.ask("谁能投票？");
  hello(false);
  assert.deepEqual(sent.map((frame) => frame.type), ["hello", "ask"]);
  assert.equal(sent[1].id, id);
});

test("a question that the server stored is not sent again", () => {
  const { made, sent, hello } = client();
  hello(false);
  const id = made.ask("a");
  made.received(JSON.stringify({ type: "progress", id, seq: 1, data: { stage: "received" } }));
  made.lost();
  hello(true);
  assert.deepEqual(sent.map((frame) => frame.type), ["hello", "ask", "hello"]);
  assert.deepEqual([sent[2].data.session, sent[2].data.after, sent[2].data.token], ["s_1", 1, "d_1"]);
});

test("a replayed frame is shown once", () => {
  const { made, shown, hello } = client();
  hello(false);
  const frame = JSON.stringify({ type: "delta", seq: 1, data: {} });
  made.received(frame);
  made.received(frame);
  assert.equal(shown.length, 2);
});

test("a session that expired is begun again from its first frame", () => {
  const { made, shown, hello } = client();
  hello(false);
  made.received(JSON.stringify({ type: "delta", seq: 7, data: {} }));
  made.lost();
  hello(false);
  made.received(JSON.stringify({ type: "delta", seq: 1, data: {} }));
  assert.equal(shown.length, 4);
});

test("a login that ended is forgotten, and what was asked waits for the next", () => {
  const { made, sent, kept, hello } = client();
  hello(false);
  made.ask("a");
  made.received(JSON.stringify({ type: "error", data: { code: "LoginNeeded", text: "…" } }));
  assert.equal(kept.get("token"), "");
  made.lost();
  kept.set("token", "d_2");
  hello(false);
  assert.deepEqual(sent.map((frame) => frame.type), ["hello", "ask", "hello", "ask"]);
  assert.equal(sent[2].data.token, "d_2");
});

test("offsets count code points", () => assert.equal(grown("😀ab", 2, "c"), "😀ac"));
