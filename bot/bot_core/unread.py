"""Why a document could not be read, in Chinese too: reasons are kept as one English sentence, and said in the reader's language.

A reason without an entry here is said as it is; tests/unit/test_unread.py finds those of our own that lack one.
"""

from __future__ import annotations

import re

from bot_core.identity import Words

_PAIRS = {
    "the file is empty": "文件是空的",
    "no text found in the file": "文件里没有文字",
    "no words found in the picture": "图片里没有认出文字",
    "no questions with answers found in this chat": "这段聊天里没有找到有回答的问题",
    "protected by a password": "有密码保护",
    "nested too deeply": "嵌套太深",
    "takes too long to read": "读取时间太长",
    "takes too much memory to read": "读取所需内存太多",
    "could not be decoded: it broke the reader": "无法解码：读取程序因它中断了",
    "a binary file, not text": "是二进制文件，不是文字",
    "unknown encoding (UTF-8, UTF-16 and GB18030 were tried)": "认不出编码（试过 UTF-8、UTF-16 和 GB18030）",
    "an old Office file: save it as .docx, .xlsx or .pptx": "旧版 Office 文件：请另存为 .docx、.xlsx 或 .pptx",
    "a picture: it takes pip install 'yinlu[ocr]' to read its words": "是图片：要识别文字，请先 pip install 'yinlu[ocr]'",
    "a scan without text: it takes pip install 'yinlu[ocr]' to read it": "是扫描件，没有文字：要识别先 pip install 'yinlu[ocr]'",
    "an archive in an archive in an archive": "压缩包套压缩包，层数太多",
    "its size is not what the archive says": "大小与压缩包里写的不符",
    "the archive unpacks to far more than it holds": "压缩包解开后比本身大得太多",
    "files of the archive overlap": "压缩包里的文件互相重叠",
    "the e-book unpacks to too much": "电子书解开后太大",
    "JSON that is no export of a chat": "是 JSON，但不是聊天记录的导出",
    "an XML file that defines entities of its own": "XML 文件里自定义了实体",
    "a feed that can't be read": "订阅源读不了",
    "a packed file that is broken": "压缩的文件已损坏",
    "robots.txt forbids it": "robots.txt 不允许读取",
    "not a web address": "不是网址",
    "sitemaps within sitemaps go too deep": "站点地图层数太多",
    "not a file or folder": "不是文件或目录",
    "no such file or folder": "没有这个文件或目录",
    "a link that leads nowhere": "链接指向的东西不存在",
    "it is empty": "里面是空的",
    "damaged: the archive can't be opened": "已损坏：压缩包打不开",
    "damaged: the PDF can't be opened": "已损坏：PDF 打不开",
    "damaged: the PDF can't be read to its end": "已损坏：PDF 读不到结尾",
    "damaged: not JSON": "已损坏：不是 JSON",
    "damaged, or not what its ending says": "已损坏，或者不是扩展名所说的类型",
    "damaged, or not what its ending {} says": "已损坏，或者不是扩展名 {} 所说的类型",
    "damaged: {}": "已损坏（{}）",
    "damaged, or not what its ending says ({})": "已损坏，或者不是扩展名所说的类型（{}）",
    "files of type {} are not read": "不读取 {} 类型的文件",
    "larger than {} MB": "超过 {} MB",
    "larger than {} MB when unpacked": "解开后超过 {} MB",
    "more than {} million characters": "超过 {} 百万个字符",
    "more than {} rows: split it into parts": "超过 {} 行：请拆成几份",
    "more than {} files: the rest was not read": "超过 {} 个文件：其余的没有读",
    "{} pages, at most {}: split it into parts": "有 {} 页，最多 {} 页：请拆成几份",
    "{} slides, at most {}": "有 {} 张幻灯片，最多 {} 张",
    "a picture of {} x {}, at most {} megapixels": "图片有 {} x {} 像素，最多 {} 百万像素",
    "{} files in the archive, at most {}": "压缩包里有 {} 个文件，最多 {} 个",
    "the archive unpacks to {} MB, at most {}": "压缩包解开后有 {} MB，最多 {} MB",
    "nothing in the archive could be read: {}": "压缩包里没有能读的：{}",
    "names {} pages: the first {} were read": "列出了 {} 个网页：只读了前 {} 个",
    "not there any more (status {})": "已经不在了（状态 {}）",
    "the server answered with status {}": "服务器返回状态 {}",
    "robots.txt can't be read: {}": "robots.txt 读不了：{}",
    "not a web address: {}": "不是网址（{}）",
    "the folder can't be read: {}": "目录读不了：{}",
    "can't be read: {}": "读不了：{}",
}
_GAP = re.compile(r"\{\}")


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in _GAP.split(english)), re.DOTALL)


_PATTERNS = [(_pattern(english), chinese) for english, chinese in _PAIRS.items() if "{}" in english]


def reason_words(reason: str) -> Words:
    """Return a reason in both languages; what is named within it (a type, a number, another reason) stays in its place."""
    return Words(_PAIRS.get(reason) or _filled(reason) or reason, reason)


def _filled(reason: str) -> str:
    for pattern, chinese in _PATTERNS:
        if match := pattern.fullmatch(reason):
            return chinese.format(*(reason_words(part).zh for part in match.groups()))
    return ""
