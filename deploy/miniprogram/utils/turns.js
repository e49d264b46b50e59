// From frames to what the screen shows: pure, so that it can be tried without one. A turn is a question with its answer, or a message.
const { grown } = require("./protocol.js");

function turnOf(id, question) {
  return { id, question, text: "", sources: [], buttons: [], followUps: [], state: "sent", stage: "", heard: false, vote: "", pictures: [], sounds: [], percent: -1 };
}

// Returns the turns after a frame; the list and the changed turn are new, so that the screen sees the change.
// `files` stands in front of the paths of pictures and sounds: the platform takes whole addresses alone.
function after(turns, frame, files = "") {
  const data = frame.data || {};
  switch (frame.type) {
    case "hello":
      return data.resumed ? turns : turns.filter((turn) => turn.state === "sent");
    case "transcript":
      return changed(turns, frame.id, (turn) => ({ ...turn, question: data.text, heard: true }));
    case "progress":
      return changed(turns, frame.id, (turn) => ({ ...turn, state: "received", stage: data.stage }));
    case "delta":
      return changed(turns, frame.id, (turn) => ({ ...turn, state: "writing", text: grown(turn.text, data.offset, data.text) }));
    case "sources":
      return changed(turns, frame.id, (turn) => ({ ...turn, sources: data.items.map(withParts) }));
    case "done":
      return changed(turns, frame.id, (turn) => ({
        ...turn,
        state: "done",
        answer: data.answer,
        outcome: data.outcome,
        text: data.text || turn.text,
        buttons: data.buttons || [],
        followUps: data.follow_ups || [],
      }));
    case "vote":
      return turns.map((turn) => (turn.answer === data.answer || turn.made === data.answer ? { ...turn, vote: data.value || "", thanks: data.text } : turn));
    case "message":
      return message(turns, data, files);
    case "error":
      if (!frame.id) return turns;
      return changed(turns, frame.id, (turn) => ({ ...turn, state: "failed", text: data.text }));
    default:
      return turns;
  }
}

function changed(turns, id, change) {
  if (!id) return turns;
  const known = turns.some((turn) => turn.id === id);
  const list = known ? turns : [...turns, turnOf(id, "")];
  return list.map((turn) => (turn.id === id ? change(turn) : turn));
}

// A message that came before is replaced, or with `keep` its buttons alone.
function message(turns, data, files) {
  const whole = (part) => ({ ...part, url: part.url.startsWith("/") ? files + part.url : part.url });
  const pictures = (data.parts || []).filter((part) => part.kind === "picture").map(whole);
  const sounds = (data.parts || []).filter((part) => part.kind === "sound").map(whole);
  const percent = /(\d{1,3}) ?%/.exec(data.text || "");
  const fresh = { ...turnOf(data.message, ""), state: "done", text: data.text, pictures, sounds, made: data.made || "", buttons: data.buttons || [], percent: percent ? Number(percent[1]) : -1 };
  if (!turns.some((turn) => turn.id === data.message)) return [...turns, fresh];
  return turns.map((turn) => {
    if (turn.id !== data.message) return turn;
    return data.keep ? { ...turn, buttons: fresh.buttons } : fresh;
  });
}

// The quote within its passage, in code points, so that it can be marked.
function withParts(source) {
  const letters = Array.from(source.passage || "");
  const [start, end] = [source.start || 0, source.end || 0];
  const part = (from, to) => letters.slice(from, to).join("");
  return { ...source, before: part(0, start), quoted: part(start, end), behind: part(end) };
}

module.exports = { after, turnOf };
