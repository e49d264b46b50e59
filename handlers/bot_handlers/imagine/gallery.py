"""The gallery: a member's own pictures and the community's, by words; favourites; deleting one's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot_core.actions import Action, Press
from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.conversation import Conversation
from bot_core.dispatch import Handled
from bot_core.errors import NotAllowed, NotFound
from bot_core.events import Incoming, Invoked, Pressed
from bot_core.identity import ADMIN, Locale, Words
from bot_core.pictures import KIND, picture_job
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files
from bot_core.ports.work import JobView
from bot_core.replies import Button, Part, Picture, Reply, Style, Text, say

SHOWN = 4  # pictures of one page
LOOKED_AT = 400  # newest jobs that are searched
MOST_FAVOURITES = 500

WORDS = Argument("words", Words("提示词里的字", "Words of the prompt"), required=False, maximum=200)
WHOSE = Argument(
    "whose",
    Words("谁的图", "Whose pictures"),
    required=False,
    choices=(
        ("mine", Words("我的", "mine")),
        ("favourites", Words("收藏", "favourites")),
        ("all", Words("大家的", "everybody's")),
    ),
)
PAGE = Argument(
    "page", Words("第几页", "Which page"), ArgumentKind.INTEGER, required=False, minimum=1, maximum=100
)
COMMANDS = (
    Command(
        "gallery",
        Words("看画过的图", "Look at the pictures that were made"),
        (WORDS, WHOSE, PAGE),
        private=True,
    ),
)
TITLE = Words("共 {n} 组，第 {page}/{pages} 页", "{n} in all, page {page} of {pages}")
NOTHING = Words("这里还没有图。", "There are no pictures here yet.")
CLOSED = Words("这个社区没有开放大家的图。", "This community keeps its members' pictures to themselves.")
KEPT = Words(
    "已收藏。/gallery whose: favourites 可以再看。", "Kept. /gallery whose: favourites shows it again."
)
DROPPED = Words("已取消收藏。", "No longer a favourite.")
DELETED = Words("已删除。", "Deleted.")
NOT_YOURS = Words("只能删除自己的图。", "Only one's own pictures can be deleted.")


@dataclass(frozen=True, slots=True)
class GalleryHandler:
    """Takes /gallery, ⭐ and 🗑. ``shared``: the community's pictures may be seen by its members."""

    ledger: Ledger
    files: Files
    shared: bool = True

    @property
    def commands(self) -> tuple[Command, ...]:
        """Return /gallery."""
        return COMMANDS

    async def __call__(self, incoming: Incoming, conversation: Conversation) -> Handled | None:
        """Show pictures, keep or delete one; None for everything else."""
        content = incoming.content
        if isinstance(content, Invoked) and content.command == "gallery":
            given = content.arguments
            words, whose = str(given.get("words", "")), str(given.get("whose", "mine"))
            reply = await self._page(incoming, conversation, words, whose, int(given.get("page", 1) or 1))
        elif (
            isinstance(content, Pressed)
            and content.press is not None
            and content.press.action is Action.FAVOURITE
        ):
            reply = await self._favourite(incoming, conversation, content.press)
        elif (
            isinstance(content, Pressed)
            and content.press is not None
            and content.press.action is Action.DELETE
        ):
            reply = await self._delete(incoming, conversation, content.press.subject)
        else:
            return None
        await conversation.send(reply)
        return Handled("gallery")

    async def _page(
        self, incoming: Incoming, conversation: Conversation, words: str, whose: str, page: int
    ) -> Reply:
        locale = incoming.locale
        if whose == "all" and not self.shared:
            return say(CLOSED.of(locale), private=True)
        found = await self._found(incoming, conversation, whose)
        wanted = words.lower().split()
        found = [view for view in found if all(word in _prompt(view).lower() for word in wanted)]
        if not found:
            return say(NOTHING.of(locale), private=True)
        pages = -(-len(found) // SHOWN)
        page = min(page, pages)
        shown = found[(page - 1) * SHOWN : page * SHOWN]
        title = TITLE.of(locale).format(n=len(found), page=page, pages=pages)
        return _gallery(title, shown, incoming.person.id, locale)

    async def _found(self, incoming: Incoming, conversation: Conversation, whose: str) -> list[JobView]:
        person = None if whose in ("all", "favourites") else incoming.person.id
        views = await self.ledger.jobs(conversation.community, KIND, person, LOOKED_AT)
        if whose == "favourites":
            kept = set(await self._favourites(conversation.community, incoming.person.id))
            views = [view for view in views if view.job.id in kept]
        return [view for view in views if view.result is not None and view.result.files]

    async def _favourite(self, incoming: Incoming, conversation: Conversation, press: Press) -> Reply:
        view = await self.ledger.job(conversation.community, press.subject)
        kept = await self._favourites(conversation.community, incoming.person.id)
        there = view.job.id in kept
        kept = (
            [job for job in kept if job != view.job.id] if there else [view.job.id, *kept][:MOST_FAVOURITES]
        )
        name = _name(incoming.person.id)
        await self.ledger.set_setting(conversation.community, name, json.dumps(kept) if kept else None)
        return say((DROPPED if there else KEPT).of(incoming.locale), private=True)

    async def _delete(self, incoming: Incoming, conversation: Conversation, job: str) -> Reply:
        view = await self.ledger.job(conversation.community, job)
        if view.job.person != incoming.person.id and ADMIN not in incoming.roles:
            raise NotAllowed(f"job {job}", NOT_YOURS)
        for file in view.result.files if view.result else ():
            await self.files.delete(file.key)
        if not await self.ledger.remove_job(conversation.community, job):
            raise NotFound(f"job {job}")
        return say(DELETED.of(incoming.locale), private=True)

    async def _favourites(self, community: str, person: str) -> list[str]:
        kept = await self.ledger.setting(community, _name(person))
        return [str(job) for job in json.loads(kept)] if kept else []


def _gallery(title: str, shown: Sequence[JobView], person: str, locale: Locale) -> Reply:
    """Return a page: each picture with its number, and a row of buttons for each."""
    lines, parts, rows = [title], list[Part](), []
    for number, view in enumerate(shown, 1):
        assert view.result is not None
        prompt = _prompt(view)
        lines.append(f"{number}. **{prompt[:120]}**")
        parts.append(Picture(view.result.files[0], prompt))
        row = [
            Button(f"{number} ▶", Action.SHOW, view.job.id),
            Button(f"{number} ⭐", Action.FAVOURITE, view.job.id),
        ]
        if view.job.person == person:
            row.append(Button(f"{number} 🗑", Action.DELETE, view.job.id, style=Style.DANGER))
        rows.append(tuple(row))
    return Reply((Text("\n\n".join(lines)), *parts), rows=tuple(rows), private=True)


def _prompt(view: JobView) -> str:
    return picture_job(view.job.payload).last.prompt


def _name(person: str) -> str:
    return f"person:{person}:favourites"
