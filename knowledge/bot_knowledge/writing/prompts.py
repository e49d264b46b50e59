"""Prompts: versioned files with named fields, which a community may replace by its own.

A file has front matter (``version``, ``fields``) and two parts, ``# system`` and ``# user``. A field stands as ``{{name}}``.
All fields are filled in one pass, so what a member or a document writes is never read as a field.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from bot_core.errors import SettingWrong
from bot_core.ports.knowledge import ChatTurn

log = logging.getLogger(__name__)
FIELDS: Mapping[
    str, tuple[frozenset[str], frozenset[str]]
] = {  # by prompt: must stand there, may stand there
    "answer": (frozenset({"question", "passages"}), frozenset({"searched", "today"})),
    "judge": (frozenset({"question", "passages"}), frozenset({"searched", "today"})),
    "rewrite": (frozenset({"question", "history"}), frozenset({"today"})),
}
LANGUAGES = ("zh", "en")
MOST_BYTES = 32_000
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*\n", re.DOTALL)
_FIELD = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")
_PARTS = re.compile(r"^# (system|user)[ \t]*\n", re.MULTILINE)
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_TOKENS = re.compile(r"<\|([^|<>]{1,40})\|>|\[(/?INST|/?SYS)\]|<(/?s)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that was read and found in order; ``version`` goes into the ledger."""

    version: str
    system: str
    user: str

    def fill(self, values: Mapping[str, str]) -> list[ChatTurn]:
        """Return the turns with the fields filled; what is filled in is not looked at again."""

        def value(match: re.Match[str]) -> str:
            return harmless(values.get(match[1], ""))

        return [
            ChatTurn("system", _FIELD.sub(value, self.system)),
            ChatTurn("user", _FIELD.sub(value, self.user)),
        ]


@dataclass(slots=True)
class PromptBook:
    """The prompts of the house, and those that communities put in ``folder``/COMMUNITY/answer.zh.md."""

    folder: Path | None = None
    _read: dict[tuple[Path, int], Prompt | None] = field(default_factory=dict)
    _built_in: dict[str, Prompt] = field(default_factory=dict)

    def get(self, community: str, name: str, language: str) -> Prompt:
        """Return a community's prompt, or the house's where it has none that is in order."""
        language = language if language in LANGUAGES else "en"
        own = self._own(community, name, language)
        if own is not None:
            return own
        key = f"{name}.{language}"
        if key not in self._built_in:
            text = files("bot_knowledge").joinpath("prompts", f"{key}.md").read_text(encoding="utf-8")
            self._built_in[key] = read_prompt(text, name, key)
        return self._built_in[key]

    def check(self) -> None:
        """Look at every prompt in the folder. Raises SettingWrong, which names the file and what is wrong with it."""
        for path in sorted(self.folder.glob("*/*.md")) if self.folder is not None else ():
            name, _, language = path.stem.partition(".")
            if name not in FIELDS or language not in LANGUAGES:
                known = ", ".join(f"{name}.{language}.md" for name in FIELDS for language in LANGUAGES)
                raise SettingWrong(str(path), f"the name of a prompt: {known}")
            _read_file(path, name)

    def _own(self, community: str, name: str, language: str) -> Prompt | None:
        """Return a community's prompt; read again when its file changed, left aside where it is wrong."""
        if self.folder is None or not re.fullmatch(r"[\w.-]+", community) or community.startswith("."):
            return None
        path = self.folder / community / f"{name}.{language}.md"
        try:
            key = (path, path.stat().st_mtime_ns)
        except OSError:
            return None
        if key not in self._read:
            try:
                self._read[key] = _read_file(path, name)
            except SettingWrong as wrong:
                log.warning("prompt left aside", extra={"community": community, "why": str(wrong)})
                self._read[key] = None
        return self._read[key]


def _read_file(path: Path, name: str) -> Prompt:
    try:
        data = path.read_bytes()
        if len(data) > MOST_BYTES:
            raise SettingWrong(str(path), f"a prompt of at most {MOST_BYTES} bytes")
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SettingWrong(str(path), "a readable text file in UTF-8") from None
    digest = hashlib.blake2b(data, digest_size=4).hexdigest()
    return read_prompt(text, name, f"{path.stem}/own-{digest}", str(path))


def read_prompt(text: str, name: str, label: str, where: str = "") -> Prompt:
    """Read a prompt; raises SettingWrong for unknown or missing fields and parts. ``where`` names the file."""
    where = where or label
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    told = dict(re.findall(r"^(\w+)\s*:\s*(.*?)\s*$", front[1], re.MULTILINE)) if front else {}
    if not str(told.get("version", "")).strip():
        raise SettingWrong(where, "front matter (--- lines) with version: and fields:")
    body = text[front.end() :] if front else text
    parts = _PARTS.split(body)
    if parts[1::2] != ["system", "user"]:
        raise SettingWrong(where, "two parts, '# system' and then '# user'")
    _check_fields(name, told.get("fields", ""), parts[2], parts[4], where)
    version = label if "/own-" in label else f"{label}/{told['version']}"
    return Prompt(version, parts[2].strip(), parts[4].strip())


def _check_fields(name: str, told: str, system: str, user: str, where: str) -> None:
    used = set(_FIELD.findall(system)) | set(_FIELD.findall(user))
    declared = {part.strip() for part in told.split(",") if part.strip()}
    required, optional = FIELDS[name]
    if unknown := (used | declared) - required - optional:
        known = ", ".join(sorted(required | optional))
        raise SettingWrong(where, f"only these fields: {known}; not {', '.join(sorted(unknown))}")
    if missing := required - set(_FIELD.findall(user)):
        raise SettingWrong(
            where, f"{', '.join('{{' + name + '}}' for name in sorted(missing))} in its '# user' part"
        )
    if used != declared:
        differ = ", ".join(sorted(used ^ declared))
        raise SettingWrong(where, f"a line 'fields:' that names exactly the fields it uses (see: {differ})")


def harmless(text: str) -> str:
    """Return a text without letters nobody sees and without the marks that models take for turns of a talk."""
    return _TOKENS.sub(lambda match: f"({match[1] or match[2] or match[3]})", _UNSEEN.sub("", text))
