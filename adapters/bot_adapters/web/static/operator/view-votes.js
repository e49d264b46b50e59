// What members said of answers, training data with consent, and the audit.

import { el } from "../js/dom.js";
import { exportAddress } from "./api.js";
import { heading, table, tag } from "./parts.js";
import { t, when } from "./words.js";

export async function votesView({ read, community }) {
  const { votes, exportable } = await read("votes");
  const rows = votes.map((vote) => [
    el("a", { href: `#answers/${vote.answer}`, text: vote.question }),
    tag(vote.value === "up" ? "answered" : "unknown", t(vote.value)), vote.reason, vote.words, when(vote.time), vote.person,
  ]);
  return [
    heading(t("votes")),
    el("p", {}, el("a", { class: "quiet", href: exportAddress(community), download: "", text: t("export", { n: exportable }) })),
    table(t("votes"), [t("question"), t("vote"), t("reason"), t("said"), t("when"), t("person")], rows),
  ];
}

export async function auditView({ read }) {
  const { lines } = await read("audit");
  return [
    heading(t("audit")),
    table(t("audit"), [t("when"), t("who"), t("what"), t("subject")], lines.map((line) => [when(line.time), line.who, line.what, line.subject])),
  ];
}
