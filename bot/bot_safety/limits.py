"""What the edge lets in: texts that are texts, files that are not too big."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot_core.errors import BadInput
from bot_core.identity import Words

QUESTION = 2000  # characters

EMPTY = Words("您还没有写内容。", "There is nothing written there yet.")
BINARY = Words(
    "这看起来不是文字，可能是一个文件。请把文件作为附件发送，或直接写下您的问题。",
    "This does not look like text; perhaps it is a file. Attach it as a file, or write your question.",
)
ENCODING = Words(
    "这段文字的编码有误，显示为乱码。请用 UTF-8 重新发送。",
    "This text is garbled: its encoding is wrong. Please send it again as UTF-8.",
)
KINDS = {
    "document": Words("文件", "document"),
    "picture": Words("图片", "picture"),
    "audio": Words("音频", "recording"),
    "video": Words("视频", "video"),
}

# Format characters that hide or turn letters around: zero-width space, word joiner, byte order mark, and all
# that switches the direction of writing. The zero-width joiners stay: emoji and some scripts need them.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x85]")


def clean_text(text: str, longest: int = QUESTION) -> str:
    """Return ``text`` without control and direction characters, trimmed; ``longest`` is in characters.

    Raises BadInput for nothing, too much, binary and broken encodings, each with its own sentence.
    """
    if len(text) > 4 * longest + 1000:  # not worth reading: whatever is trimmed, it stays too long
        raise _too_long(len(text), longest)
    _check_encoding(text)
    cleaned = _NEWLINES.sub("\n", text)
    controls = len(_CONTROL.findall(cleaned))
    if "\0" in cleaned or controls > 2 + len(cleaned) // 50:
        raise BadInput(f"binary as text: {controls} control characters of {len(cleaned)}", BINARY)
    cleaned = _INVISIBLE.sub("", _CONTROL.sub("", cleaned)).strip()
    if not any(_visible(letter) for letter in cleaned):
        raise BadInput("empty", EMPTY)
    if len(cleaned) > longest:
        raise _too_long(len(cleaned), longest)
    return cleaned


def decode_text(data: bytes) -> str:
    """Return UTF-8 bytes as text, a byte order mark taken off. Raises BadInput for anything else."""
    if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("binary as text: NUL bytes", BINARY)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 at byte {error.start}", ENCODING) from None


def _check_encoding(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("lone surrogates", ENCODING) from None
    garbled = text.count("\N{REPLACEMENT CHARACTER}")
    if garbled > 2 + len(text) // 20:
        raise BadInput(f"{garbled} replacement characters of {len(text)}", ENCODING)


def _visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "ZCM"


def _too_long(length: int, longest: int) -> BadInput:
    return BadInput(
        f"{length} characters of {longest}",
        Words(
            f"太长了({length:,} 字，最多 {longest:,} 字)。请缩短一些，或把长文作为文件发送。",
            f"That is too long ({length:,} characters, at most {longest:,}). Shorten it, or attach it as a file.",
        ),
    )


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """The largest file per kind, in bytes."""

    document: int = 20_000_000
    picture: int = 10_000_000
    audio: int = 20_000_000
    video: int = 50_000_000

    def kind(self, media_type: str) -> str:
        """Return document, picture, audio or video; what is unknown counts as a document."""
        main = media_type.split("/", 1)[0].strip().lower()
        return {"image": "picture", "audio": "audio", "video": "video"}.get(main, "document")

    def limit(self, media_type: str) -> int:
        """Return the largest size for a media type, in bytes."""
        limits = {
            "document": self.document,
            "picture": self.picture,
            "audio": self.audio,
            "video": self.video,
        }
        return limits[self.kind(media_type)]

    def check(self, media_type: str, size: int) -> None:
        """Raise BadInput for a file that is empty or too large; the sentence has both sizes."""
        limit, what = self.limit(media_type), KINDS[self.kind(media_type)]
        if size <= 0:
            words = Words(f"这个{what.zh}是空的。", f"This {what.en} is empty.")
            raise BadInput(f"empty {media_type}", words)
        if size > limit:
            raise BadInput(
                f"{media_type}: {size} bytes of {limit}",
                Words(
                    f"这个{what.zh}太大了({_size(size)},最大 {_size(limit)})。",
                    f"This {what.en} is too large ({_size(size)}, at most {_size(limit)}).",
                ),
            )


def _size(count: int) -> str:
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f} MB"
    return f"{max(1, round(count / 1000))} kB"
