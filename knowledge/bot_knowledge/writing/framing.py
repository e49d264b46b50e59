"""Passages as a model gets them: numbered, fenced, marked as material; what is planted for it is taken out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot_core.ports.knowledge import Passage
from bot_knowledge.text.sentences import Span, sentences

MOST = 10  # passages
MOST_CHARACTERS = 7_000  # of all of them
LEFT_OUT = "[...]"
_FENCE = re.compile(r"<(/?)passage", re.IGNORECASE)
# Sentences that speak to a model instead of to a reader.
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}"
    r"\b(?:previous|prior|above|earlier|all|any|your|these|the)\b.{0,30}"
    r"\b(?:instructions?|prompts?|context|directions?|system message)\b"
    r"|\b(?:system|developer) (?:prompt|message|instruction|override)|\bprompt injection\b"
    r"|\byou are (?:now|no longer)\b.{0,60}\b(?:assistant|ai|model|gpt|dan|unrestricted)\b"
    r"|\bif you are (?:an? )?(?:ai|llm|large language model|language model|chatbot|assistant)\b"
    r"|\b(?:attention|dear|hey|note to|message (?:to|for))\s+(?:all |any |the )?"
    r"(?:ai|llm|language model|chatbot|chatgpt|assistant)s?\b"
    r"|\b(?:ai|llm|language model|chatbot|ai assistant|assistant)s?\s*[:,]\s*"
    r"(?:please|you|ignore|do|always|never|must|tell|say)\b"
    r"|\b(?:ai|llm|language model|ai assistant|assistant)s? (?:reading|processing|parsing|answering|that reads?)\b"
    r"|\b(?:reveal|print|repeat|output|leak)\b.{0,30}\b(?:system prompt|your (?:instructions|prompt|rules)|api key)"
    r"|\b(?:reply|respond|answer) (?:only|exactly|with nothing but|only with|solely)\b"
    r"|\b(?:append|insert|include|embed|add|end|begin|start)\b.{0,60}"
    r"\b(?:your|every|each|all) (?:answers?|repl(?:y|ies)|responses?|outputs?)\b"
    r"|\b(?:your|every|each|all) (?:answers?|repl(?:y|ies)|responses?) (?:must|should|shall|has to|have to)\b"
    r"|<\|im_(?:start|end)\|>|\[/?INST\]|^\s*(?:system|assistant)\s*:"
    r"|(?:忽略|无视|忘记|忘掉|不要理会|不要遵守|抛开|绕过).{0,15}(?:指令|指示|提示词?|设定|以上内容|上文)"
    r"|(?:系统|开发者)(?:提示词?|指令|消息)|提示词注入"
    r"|你现在(?:是|扮演|进入)|从现在起[,，]?你|你不再是"
    r"|(?:AI|人工智能|大模型|语言模型|智能助手|机器人助手)(?:助手)?(?:注意|请注意|看到|读到|在回答|回答时|[：:，,]\s*请|[：:])"
    r"|(?:作为|身为|致|给|如果你是)(?:一个|一名|所有|各位)?(?:AI|人工智能|大模型|语言模型|智能助手)"
    r"|(?:只|仅|只能|必须)(?:回答|回复|输出)(?:以下|下面|如下|这句|这个链接|[：:“「])"
    r"|(?:在|给)(?:你的|每个|每次|所有)(?:回答|回复|答案)(?:的)?(?:末尾|结尾|最后|开头|里|中)"
    r"|(?:泄露|透露|输出|打印|复述).{0,10}(?:系统提示|提示词|指令)",
    re.IGNORECASE | re.MULTILINE,
)


def framed(passages: Sequence[Passage]) -> str:
    """Return the passages as they stand in a prompt."""
    return "\n\n".join(_framed(number, passage) for number, passage in enumerate(passages, 1))


def chosen(passages: Sequence[Passage]) -> list[Passage]:
    """Return the first passages that fit into a prompt; at least one."""
    found: list[Passage] = []
    room = MOST_CHARACTERS
    for passage in passages[:MOST]:
        room -= len(passage.text)
        if found and room < 0:
            break
        found.append(passage)
    return found


def planted(text: str) -> list[Span]:
    """Return the spans of sentences that speak to a model instead of to a reader."""
    spans = [span for span in sentences(text) if _TO_A_MODEL.search(text[slice(*span)])]
    whole = [match.span() for match in _TO_A_MODEL.finditer(text)]  # what runs over a sentence's end
    return spans + [span for span in whole if not any(s <= span[0] and span[1] <= e for s, e in spans)]


def without_planted(text: str) -> str:
    """Return a text with such sentences left out."""
    for start, end in sorted(planted(text), reverse=True):
        text = f"{text[:start]}{LEFT_OUT}{text[end:]}"
    return text


def _framed(number: int, passage: Passage) -> str:
    where = " > ".join(dict.fromkeys((passage.title, *passage.heading)))
    told = [f'n="{number}"', f'from="{_quoted(where)}"']
    if passage.date:
        told.append(f'date="{passage.date}"')
    text = _FENCE.sub(r"<\1 passage", without_planted(passage.text))
    return f"<passage {' '.join(told)}>\n{text}\n</passage>"


def _quoted(text: str) -> str:
    return _FENCE.sub("", without_planted(text)).replace('"', "'").replace("\n", " ")[:200]
