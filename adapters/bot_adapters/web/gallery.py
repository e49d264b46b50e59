"""The gallery behind the page: finished picture jobs, found by whose they are, words, kind and shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot_core.errors import NotAllowed, NotFound
from bot_core.files import FileRef
from bot_core.identity import Words
from bot_core.pictures import KIND, PictureJob, picture_job
from bot_core.ports.ledger import Ledger
from bot_core.ports.media import Files
from bot_core.ports.work import JobView

SHOWN = 12  # of one page
LOOKED_AT = 400  # newest jobs that are searched
MOST_FAVOURITES = 500
SQUARE = 0.02  # how far a square's sides may differ, as a share
CLOSED = Words("这个社区没有开放大家的图。", "This community keeps its members' pictures to themselves.")
NOT_YOURS = Words("只能删除自己的图。", "Only one's own pictures can be deleted.")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; an empty field looks for everything. ``page`` counts from 1."""

    whose: str = "mine"  # mine | favourites | all
    words: str = ""
    kind: str = ""  # grid | single
    shape: str = ""  # wide | tall | square
    page: int = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A job in the gallery: ``cover`` is what was sent, ``pictures`` are its single ones."""

    view: JobView
    picture: PictureJob
    cover: FileRef
    pictures: tuple[FileRef, ...]
    mine: bool
    favourite: bool

    @property
    def kind(self) -> str:
        """Return grid or single."""
        return "grid" if len(self.pictures) > 1 else "single"

    @property
    def shape(self) -> str:
        """Return wide, tall or square."""
        width, height = self.picture.width, self.picture.height
        if abs(width - height) <= SQUARE * max(width, height):
            return "square"
        return "wide" if width > height else "tall"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found."""

    items: tuple[Shown, ...]
    total: int
    page: int
    pages: int


class Gallery(Protocol):
    """What the page's gallery asks; ``person`` is who looks."""

    @property
    def shared(self) -> bool:
        """Tell whether members may look at each other's pictures."""
        ...

    async def page(self, community: str, person: str, query: Query) -> Page:
        """Return a page, newest first. Raises NotAllowed where everybody's are asked for and not shared."""
        ...

    async def favourite(self, community: str, person: str, job: str) -> bool:
        """Make a job a favourite, or no longer; return which. Raises NotFound."""
        ...

    async def delete(self, community: str, person: str, job: str) -> None:
        """Delete a job of one's own with its pictures. Raises NotFound, NotAllowed."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerGallery:
    """The Gallery over the ledger and the files; favourites are those that /gallery keeps."""

    ledger: Ledger
    files: Files
    shared: bool = False

    async def page(self, community: str, person: str, query: Query) -> Page:
        """Return a page of the newest jobs that fit."""
        if query.whose == "all" and not self.shared:
            raise NotAllowed("everybody's pictures", CLOSED)
        found = [one for one in await self._all(community, person, query.whose) if _fits(one, query)]
        pages = max(1, -(-len(found) // SHOWN))
        page = min(max(1, query.page), pages)
        return Page(tuple(found[(page - 1) * SHOWN : page * SHOWN]), len(found), page, pages)

    async def favourite(self, community: str, person: str, job: str) -> bool:
        """Turn a favourite on or off."""
        await self._seen(community, person, job)
        kept = await self._favourites(community, person)
        there = job in kept
        kept = [one for one in kept if one != job] if there else [job, *kept][:MOST_FAVOURITES]
        await self.ledger.set_setting(community, _name(person), json.dumps(kept) if kept else None)
        return not there

    async def delete(self, community: str, person: str, job: str) -> None:
        """Delete one's own: the pictures first, so that nothing is left that nobody finds."""
        view = await self._seen(community, person, job)
        if view.job.person != person:
            raise NotAllowed(f"job {job}", NOT_YOURS)
        for file in view.result.files if view.result else ():
            await self.files.delete(file.key)
        if not await self.ledger.remove_job(community, job):
            raise NotFound(f"job {job}")

    async def _seen(self, community: str, person: str, job: str) -> JobView:
        """Return a job that this person may look at."""
        view = await self.ledger.job(community, job)
        if view.job.kind != KIND or (view.job.person != person and not self.shared):
            raise NotFound(f"job {job}")
        return view

    async def _all(self, community: str, person: str, whose: str) -> list[Shown]:
        owner = None if self.shared and whose != "mine" else person
        views = await self.ledger.jobs(community, KIND, owner, LOOKED_AT)
        kept = set(await self._favourites(community, person))
        if whose == "favourites":
            views = [view for view in views if view.job.id in kept]
        return [one for view in views if (one := _shown(view, person, kept)) is not None]

    async def _favourites(self, community: str, person: str) -> list[str]:
        kept = await self.ledger.setting(community, _name(person))
        return [str(job) for job in json.loads(kept)] if kept else []


def _shown(view: JobView, person: str, kept: set[str]) -> Shown | None:
    """Return a job as the gallery shows it; None where it made nothing."""
    if view.result is None or not view.result.files:
        return None
    files: Sequence[FileRef] = view.result.files
    singles = tuple(files[1:] if len(files) > 1 else files)
    picture = picture_job(view.job.payload)
    return Shown(view, picture, files[0], singles, view.job.person == person, view.job.id in kept)


def _fits(one: Shown, query: Query) -> bool:
    prompt = one.picture.last.prompt.lower()
    return (
        query.kind in ("", one.kind)
        and query.shape in ("", one.shape)
        and all(word in prompt for word in query.words.lower().split())
    )


def _name(person: str) -> str:
    return f"person:{person}:favourites"
