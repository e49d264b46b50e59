"""``/api/v1/gallery``: pages of pictures, favourites, deleting one's own; asked with ``Bearer VISITOR.SESSION``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from bot_adapters.web.attachments import Attachments
from bot_adapters.web.attachments_api import Doorkeeper
from bot_adapters.web.envelope import Json, dump
from bot_adapters.web.gallery import Gallery, Query, Shown
from bot_adapters.web.options import WebOptions
from bot_adapters.web.sentences import NEEDS_FIELD, fill
from bot_adapters.web.sessions import person_of
from bot_core.dispatch import Places
from bot_core.errors import BadInput, UnknownCommunity
from bot_core.identity import Origin

PATH = "/api/v1/gallery"
JOB = r"{job:[0-9a-f]{24}}"
PAGE = re.compile(r"[1-9][0-9]{0,3}")
CHOICES = {
    "whose": ("mine", "favourites", "all"),
    "kind": ("", "grid", "single"),
    "shape": ("", "wide", "tall", "square"),
}
LONGEST = 200  # characters of the words


@dataclass(frozen=True, slots=True)
class GalleryApi:
    """The handlers; without ``attachments`` pictures can't be used as image prompts."""

    gallery: Gallery
    door: Doorkeeper
    places: Places
    options: WebOptions
    attachments: Attachments | None = None

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(PATH, self.page, allow_head=False),
            web.post(f"{PATH}/{JOB}/favourite", self.favourite),
            web.delete(f"{PATH}/{JOB}", self.delete),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """Return a page of what fits."""
        visitor, community = self.door.visitor(request), await self._community()
        found = await self.gallery.page(community, person_of(visitor).id, _query(request.query))
        items = [self._item(one, visitor) for one in found.items]
        told: Json = {"items": items, "total": found.total, "page": found.page, "pages": found.pages}
        return _json({**told, "shared": self.gallery.shared})

    async def favourite(self, request: web.Request) -> web.Response:
        """Turn a favourite on or off."""
        visitor, community = self.door.visitor(request), await self._community()
        job = request.match_info["job"]
        kept = await self.gallery.favourite(community, person_of(visitor).id, job)
        return _json({"favourite": kept})

    async def delete(self, request: web.Request) -> web.Response:
        """Delete one's own."""
        visitor, community = self.door.visitor(request), await self._community()
        await self.gallery.delete(community, person_of(visitor).id, request.match_info["job"])
        return _json({"deleted": True})

    def _item(self, one: Shown, visitor: str) -> Json:
        step = one.picture.last
        name = f"{one.view.job.id[:8]}.png"
        return {
            "job": one.view.job.id,
            "prompt": step.prompt,
            "words": one.picture.prompt.words,
            "action": step.action.value,
            "kind": one.kind,
            "shape": one.shape,
            "seed": step.seed,
            "width": one.picture.width,
            "height": one.picture.height,
            "by": "" if one.mine else one.picture.member,
            "mine": one.mine,
            "favourite": one.favourite,
            "time": one.view.job.created.isoformat(),
            "cover": f"/files/{one.cover.key}",
            "pictures": [
                {
                    "url": f"/files/{file.key}",
                    "name": name,
                    "token": self.attachments.token(visitor, file) if self.attachments else "",
                }
                for file in one.pictures
            ],
        }

    async def _community(self) -> str:
        community = await self.places.community(Origin("web", self.options.place, ""))
        if community is None:
            raise UnknownCommunity()
        return community


def _query(given: Mapping[str, str]) -> Query:
    """Return what is looked for. Raises BadInput for a value that there is none of."""
    for name, choices in CHOICES.items():
        if given.get(name, choices[0]) not in choices:
            raise BadInput(name, fill(NEEDS_FIELD, name=name))
    page, words = given.get("page", "1"), given.get("words", "")
    if not PAGE.fullmatch(page):
        raise BadInput("page", fill(NEEDS_FIELD, name="page"))
    if len(words) > LONGEST:
        raise BadInput("words", fill(NEEDS_FIELD, name="words"))
    whose, kind, shape = given.get("whose", "mine"), given.get("kind", ""), given.get("shape", "")
    return Query(whose, words, kind, shape, int(page))


def _json(body: Json) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(text=dump(body), content_type="application/json", headers=headers)
