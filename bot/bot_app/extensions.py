"""What an operator adds without changing Yinlu: modules named by the setting ``extensions``.

A module may have any of (docs/extending.md has an example of each)::

    def handlers(needs: HandlerNeeds) -> Sequence[Handler]
    def platform(needs: ChatNeeds, accept: Accept) -> Platform
    def maker(files: Files) -> AbstractAsyncContextManager[ImageModel]

They run in the house's process with all its rights: name only modules that you trust.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import ModuleType

from bot_app.compose_chats import ChatNeeds, Chats
from bot_core.conversation import Face
from bot_core.dispatch import Handler
from bot_core.errors import SettingWrong, StartRefused
from bot_core.events import Incoming
from bot_core.identity import Words
from bot_core.ports.knowledge import Answerer, Library
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files, ImageModel
from bot_core.ports.safety import Clock
from bot_core.ports.work import JobQueue, Limiter, Receipt

log = logging.getLogger(__name__)

Accept = Callable[[Incoming], Awaitable[Receipt]]
Opened = Callable[[], AbstractAsyncContextManager[object]]


@dataclass(frozen=True, slots=True)
class HandlerNeeds:
    """What an extension's handlers may use."""

    ledger: Ledger
    library: Library
    answerer: Answerer
    clock: Clock
    files: Files
    limiter: Limiter
    queue: JobQueue


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform of an extension: ``face`` shows, ``open`` takes events for as long as it is entered."""

    face: Face
    open: Opened


def loaded(names: Sequence[str]) -> list[ModuleType]:
    """Import the modules. Raises SettingWrong for one that is not there, StartRefused for one that breaks."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise _broken(name, error) from error  # it is there, but misses something itself
            raise SettingWrong(
                "extensions", "modules that Python finds (PYTHONPATH, or installed)", name
            ) from None
        except (ImportError, SyntaxError, AttributeError, NameError, TypeError, ValueError, OSError) as error:
            raise _broken(name, error) from error
    return modules


def handlers_of(modules: Sequence[ModuleType], needs: HandlerNeeds) -> list[Handler]:
    """Return the handlers of all modules, in their order."""
    return [
        handler for module in modules if hasattr(module, "handlers") for handler in module.handlers(needs)
    ]


def join_platforms(modules: Sequence[ModuleType], chats: Chats, needs: ChatNeeds, accept: Accept) -> None:
    """Add the platforms of all modules to the chats. Raises StartRefused for a name that is taken."""
    for module in modules:
        if not hasattr(module, "platform"):
            continue
        made: Platform = module.platform(needs, accept)
        name = made.face.platform
        if name in chats.faces or name in ("web", "douyin"):
            words = Words(f"平台名 {name} 已经有了。", f"There is a platform {name} already.")
            raise StartRefused(f"the platform {name} of {module.__name__} is taken", words)
        chats.faces[name] = made.face
        chats.after.append(made.open)
        log.info("a platform of an extension", extra={"platform": name, "extension": module.__name__})


def maker_of(
    modules: Sequence[ModuleType],
) -> Callable[[Files], AbstractAsyncContextManager[ImageModel]] | None:
    """Return the way to the first module's maker of pictures, None where no module has one."""
    found: Callable[[Files], AbstractAsyncContextManager[ImageModel]] | None
    found = next((module.maker for module in modules if hasattr(module, "maker")), None)
    return found


def _broken(name: str, error: Exception) -> StartRefused:
    why = f"{type(error).__name__}: {error}"
    return StartRefused(
        f"the extension {name} breaks: {why}",
        Words(f"扩展 {name} 出错：{why}", f"The extension {name} breaks: {why}"),
    )
