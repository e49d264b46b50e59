// What the operator reads, in both languages: [zh, en].

import * as store from "../js/store.js";

const WORDS = {
  title: ["值守台", "Operator's desk"], skip: ["跳到内容", "Skip to the content"], community: ["社区", "Community"],
  theme: ["切换深浅色", "Switch theme"], language: ["切换语言", "Switch language"], leave: ["退出", "Log out"],
  pages: ["页面", "Pages"], today: ["今天", "Today"], answers: ["回答", "Answers"], gaps: ["缺口", "Gaps"],
  documents: ["文档", "Documents"], queue: ["队列", "Queue"], people: ["成员", "People"], votes: ["投票", "Votes"],
  audit: ["记录", "Audit"], login: ["需要登录", "Please log in"],
  loginHow: ["在服务器上运行 yinlu admin link，打开它给出的链接。链接只能用一次，10 分钟内有效。", "Run yinlu admin link on the server and open the link it prints. It works once, within 10 minutes."],
  loading: ["载入中……", "Loading ..."], offline: ["连不上服务器。", "The server can't be reached."], again: ["重试", "Try again"],
  questions: ["问题", "Questions"], answered: ["已回答", "answered"], related: ["相关", "related"], unknown: ["文档没写", "unknown"],
  up: ["有帮助", "helpful"], down: ["没帮助", "not helpful"], pictures: ["图片任务", "Picture jobs"], cost: ["花费", "Cost"],
  tokens: ["词元", "Tokens"], voice: ["语音（分钟）", "Voice (minutes)"], waiting: ["等待", "Waiting"], running: ["进行中", "Running"], failed: ["搁置", "Set aside"],
  cancelled: ["已取消", "Cancelled"], done: ["完成", "Done"], outbox: ["待发消息", "Sends pending"], passages: ["段落", "Passages"], memory: ["内存", "Memory"],
  errors: ["错误", "Errors"], week: ["最近七天", "The last seven days"], house: ["整个服务", "The whole house"], troubles: ["没有应答", "Did not answer"],
  figures: ["看数字", "In figures"], day: ["日期", "Day"], outcome: ["结果", "Outcome"], all: ["全部", "All"], words: ["包含的字词", "Words in it"], vote: ["投票", "Vote"], any: ["有投票", "any vote"],
  search: ["查找", "Search"], more: ["更早的", "Older ones"], none: ["这里什么也没有。", "There is nothing here."], why: ["为什么这样回答？", "Why did it say that?"],
  back: ["返回列表", "Back to the list"], forms: ["检索用的问法", "What was searched"], candidates: ["候选段落", "Candidates"], gate: ["判定", "Verdict"],
  quotes: ["引文", "Quotes"], model: ["模型", "Model"], timings: ["用时", "Times"], signals: ["各项信号", "Signals"], score: ["得分", "Score"],
  asker: ["提问者", "Asker"], when: ["时间", "When"], history: ["之前的对话", "What was said before"], reason: ["原因", "Reason"], index: ["索引版本", "Index version"],
  answer: ["回答", "Answer"], question: ["问题", "Question"], times: ["问过 {n} 次", "asked {n}×"], write: ["写下回答", "Write the answer"],
  dismiss: ["不用管", "Put aside"], save: ["加入文档", "Put into the documents"], cancel: ["取消", "Cancel"],
  curated: ["已加入文档，通知了 {n} 人。现在这样回答：", "It is in the documents now; {n} were told. Asked again, it says:"],
  gapsHow: ["文档答不上的问题，相似的归在一起。写下回答，它就成为文档，等着的人会收到通知。", "What the documents don't answer, like questions together. Write the answer and it becomes a document; who waits is told."],
  source: ["来源", "Source"], audience: ["谁能读", "Audience"], everyone: ["所有人", "everyone"], state: ["状态", "State"], version: ["版本", "Version"],
  roles: ["角色，用逗号分隔；空着为所有人", "Roles, separated by commas; empty for everyone"], forget: ["删除", "Forget"], notRead: ["没有读成", "Not read"],
  newDocument: ["写一份文档", "Write a document"], name: ["名字", "Name"], text: ["内容", "Text"], show: ["查看", "Show"], set: ["设定", "Set"],
  sure: ["确定吗？", "Are you sure?"], pause: ["暂停", "Pause"], resume: ["继续", "Resume"], paused: ["已暂停", "paused"], lane: ["队伍", "Lane"], fast: ["快速", "fast"], relax: ["慢速", "relax"],
  oldest: ["最久（秒）", "Oldest (s)"], retry: ["重试", "Retry"], drop: ["移除", "Drop"], job: ["任务", "Job"], person: ["成员", "Person"], age: ["已过（秒）", "Age (s)"],
  block: ["屏蔽", "Block"], unblock: ["解除屏蔽", "Unblock"], blocked: ["已屏蔽", "blocked"], budget: ["每月快速额度", "Fast budget a month"], spent: ["已用", "Spent"],
  said: ["说了什么", "What they said"], last: ["最近", "Last"], export: ["导出训练数据（{n} 条，已获同意）", "Export training data ({n}, with consent)"], subject: ["对象", "Subject"], who: ["谁", "Who"], what: ["做了什么", "What"],
  saved: ["已完成。", "Done."], tryIt: ["试问", "Try a question"], ask: ["提问", "Ask"], actions: ["操作", "Actions"], status: ["社区状况", "How it is"],
};

export const locale = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

export function t(name, values = {}) {
  const text = WORDS[name]?.[locale() === "zh" ? 0 : 1] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export function switchLanguage() {
  const next = locale() === "zh" ? "en" : "zh";
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  store.set("locale", next);
}

export const when = (iso) =>
  iso ? new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(new Date(iso)) : "";

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value ?? 0);
