"""What every command shares: language, settings, reaching the owner, exit codes, where words go."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot_core.errors import Broken, YinluError
from bot_core.identity import Locale, Words

if TYPE_CHECKING:
    from bot_app.reach import Caller, OpenHouse
    from bot_app.settings import Settings

__all__ = [
    "OpenHouse",
    "Start",
    "complain",
    "in_words",
    "language",
    "result_of",
    "say",
    "say_json",
    "speak_in",
]

if not TYPE_CHECKING:
    OpenHouse = object

INTERRUPTED, TERMINATED = 130, 143


def language() -> Locale:
    """Return the command line's language: YINLU_LOCALE, else the terminal's, else English."""
    for name in ("YINLU_LOCALE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value.lower() not in ("", "auto"):
            return Locale.parse(value)
    return Locale.EN


def speak_in(settings: Settings) -> None:
    """Let a locale that only the settings file names hold for what follows."""
    if settings.locale is not None:
        os.environ["YINLU_LOCALE"] = settings.locale.value


def in_words(zh: str, en: str) -> str:
    """Return the sentence in the command line's language."""
    return Words(zh, en).of(language())


def say(text: str) -> None:
    """Print a line on stdout."""
    _write(sys.stdout, text)


def say_json(value: object) -> None:
    """Print JSON, and nothing else, on stdout."""
    _write(sys.stdout, json.dumps(value, ensure_ascii=False, indent=2))


def complain(words: Words | str) -> None:
    """Print a line on stderr."""
    _write(sys.stderr, words if isinstance(words, str) else words.of(language()))


def _write(stream: Any, text: str) -> None:  # noqa: ANN401 - any text stream, a test's too
    """Write UTF-8 whatever the terminal claims; a file name that is no text must not end the program."""
    raw = getattr(stream, "buffer", None)
    if raw is None:
        stream.write(text + "\n")
    else:
        stream.flush()
        raw.write((text + "\n").encode("utf-8", "backslashreplace"))
    stream.flush()


class Start:
    """Starts commands: reads settings, runs the loop, turns errors into a sentence and a code."""

    def __init__(self, open_house: OpenHouse | None) -> None:
        self._open_house = open_house

    def house(self) -> OpenHouse:
        """Return how a house is opened: bot_app.compose, imported only then, unless another way was given."""
        if self._open_house is not None:
            return self._open_house

        def opened(settings: Settings, owner: Any, *, serve: bool) -> Any:  # noqa: ANN401 - OpenHouse's own
            from bot_app.compose import open_house

            return open_house(settings, owner, serve=serve)

        return opened

    def run(self, command: Callable[[Settings], Coroutine[Any, Any, int]], **given: object) -> None:
        """Run ``command`` to its end and exit with the code it returns."""
        try:
            from bot_app.settings import load_settings

            settings = load_settings(**given)
            speak_in(settings)
            code = asyncio.run(_ended_by_sigterm(command(settings)))
        except YinluError as error:
            complain(sentence(error))
            code = 1
        except KeyboardInterrupt:
            code = INTERRUPTED
        except asyncio.CancelledError:
            code = TERMINATED
        raise typer.Exit(code)

    def call(self, command: Callable[[Caller], Awaitable[int]], **given: object) -> None:
        """Run a command that needs the owner."""

        async def reached(settings: Settings) -> int:
            from bot_app.reach import reach

            async with reach(settings, self._quietly(), complain) as caller:
                return await command(caller)

        self.run(reached, **given)

    def _quietly(self) -> OpenHouse:
        """A command that becomes the owner logs warnings only: its stderr is for people."""

        def opened(settings: Settings, owner: Any, *, serve: bool) -> Any:  # noqa: ANN401 - OpenHouse's own
            from bot_app.logs import set_up

            if sys.stderr.isatty():
                complain(Words("正在打开数据目录……", "Opening the data folder ..."))
            set_up(
                "error" if settings.log_level == "error" else "warning",
                settings.log_format,
                settings.secrets(),
            )
            return self.house()(settings, owner, serve=serve)

        return opened


async def _ended_by_sigterm(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def sentence(error: YinluError) -> str:
    """Return what the person at the terminal reads: the member's sentence, with the cause where something broke."""
    words = error.words.of(language())
    return f"{words} ({error})" if isinstance(error, Broken) else words


async def result_of(
    caller: Caller,
    name: str,
    params: Mapping[str, object],
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Make a call to its end; return its result."""
    result: dict[str, Any] = {}
    async for line in caller.call(name, params):
        step, found = line.get("progress"), line.get("result")
        if isinstance(step, dict) and progress is not None:
            progress(step)
        if isinstance(found, dict):
            result = found
    return result


def absolute(path: Path) -> str:
    """Return a path that means the same in the owner's working folder."""
    return str(path.expanduser().absolute())
