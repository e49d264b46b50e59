// What the documents sheet says, in both languages.

import { locale } from "./i18n.js";

const WORDS = {
  zh: {
    documents: "文档",
    choose: "选择文件",
    drop: "把文件拖到这里，或者",
    largest: "每个文件不超过 {n} MB",
    readers: "谁能看到",
    everyone: "所有人",
    some: "只有这些角色",
    roles: "角色，用逗号分隔",
    rolesMissing: "请填写至少一个角色。",
    list: "已上传的文档",
    none: "还没有上传过文档。",
    sending: "正在发送",
    waiting: "排队中",
    reading: "正在读取",
    embedding: "可以查到了，还在改进",
    done: "就绪",
    failed: "没有读成",
    passages: "{n} 个段落",
    only: "仅 {roles}",
    remove: "移除：{name}",
    removed: "已移除：{name}",
    sure: "移除「{name}」？之后的回答不会再用到它。",
    tooLarge: "文件太大了，上限是 {n} MB。",
    unreachable: "没有发出去：服务器连不上。请再试一次。",
    refused: "这个管理链接已失效。请在服务器上运行 yinlu documents page 取得新的。",
    told: "{name}：{state}",
  },
  en: {
    documents: "Documents",
    choose: "Choose files",
    drop: "Drop files here, or",
    largest: "At most {n} MB each",
    readers: "Who may read them",
    everyone: "Everyone",
    some: "Only these roles",
    roles: "Roles, separated by commas",
    rolesMissing: "Name at least one role.",
    list: "Uploaded documents",
    none: "Nothing was uploaded yet.",
    sending: "Sending",
    waiting: "Waiting",
    reading: "Reading",
    embedding: "Found already, still improving",
    done: "Ready",
    failed: "Not read",
    passages: "passages: {n}",
    only: "{roles} only",
    remove: "Remove: {name}",
    removed: "Removed: {name}",
    sure: "Remove “{name}”? Answers won't use it any more.",
    tooLarge: "That file is too large; the limit is {n} MB.",
    unreachable: "Not sent: the server can't be reached. Please try again.",
    refused: "This admin link is no longer good. Run yinlu documents page on the server for a new one.",
    told: "{name}: {state}",
  },
};

/** The sentence `key`, `{name}` filled from `values`. */
export function tell(key, values = {}) {
  return (WORDS[locale()][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
