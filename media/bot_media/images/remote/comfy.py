"""ComfyUI over HTTP: a workflow is queued, followed on its WebSocket (or by asking), and its pictures fetched."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from PIL import Image

from bot_core.errors import ModelFailed
from bot_core.ports.media import Files, ImageRequest
from bot_media.images.draft import Draft, Way
from bot_media.images.grid import png
from bot_media.images.remote.making import RemoteOptions, Seen, Tell, made
from bot_media.images.remote.service import Bad, Service
from bot_media.images.remote.workflows import Graph, filled, usual

FEWEST = 4  # steps
SPARE = 5.0  # s: the longest time ends first, so that the service is told to stop
PICTURE_FRAME = 1  # the first number of a binary frame that holds a preview
MOST_FRAME = 8_000_000  # bytes


class ComfyImages:
    """Draws with workflows; ``workflows`` replace the usual ones, by the way they draw.

    A batch of one wish is drawn from one seed, so the pictures of a grid are made one by one (``together`` 1) where
    each is to follow from its own seed alone.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        files: Files,
        options: RemoteOptions | None = None,
        *,
        model: str = "",
        workflows: Mapping[Way, Graph] | None = None,
    ) -> None:
        self._files, self._options, self._model = files, options or RemoteOptions(), model
        self._session, self._url = session, url.rstrip("/")
        self._service = Service(session, url, self.name, self._options.longest + SPARE)
        self._workflows = {**usual(), **(workflows or {})}

    @property
    def name(self) -> str:
        """Return what the screen calls it."""
        return self._model.removesuffix(".safetensors") or "ComfyUI"

    @property
    def enlarges(self) -> bool:
        """Tell whether there is a workflow that enlarges."""
        return Way.RESIZE in self._workflows

    async def make(self, requests: Sequence[ImageRequest], tell: Tell) -> list[bytes]:
        """Return one PNG per request; one that is stopped comes empty. Raises ModelFailed, Moderated, BadInput."""
        return await made(self, requests, tell, self._files, self._options)

    async def draw(self, wish: Draft, seeds: Sequence[int], seen: Seen) -> list[bytes]:
        """Return an encoded picture per seed, each drawn by itself. Raises ModelFailed."""
        values = self._values(wish)
        if wish.picture is not None:
            values["image"] = await self._upload(wish.picture)
        if wish.mask is not None:
            values["mask"] = await self._upload(wish.mask.convert("RGB"))
        pictures = []
        for number, seed in enumerate(seeds):
            part = _Part(seen, number, len(seeds))
            graph = filled(self._workflows[wish.way], {**values, "seed": seed})
            pictures.append(await self._run(graph, part))
        return pictures

    def _values(self, wish: Draft) -> dict[str, object]:
        return {
            "prompt": wish.words,
            "negative": wish.without,
            "width": wish.width,
            "height": wish.height,
            "batch": 1,
            "steps": max(FEWEST, round(self._options.steps * wish.pace)),
            "guidance": self._options.guidance,
            "sampler": self._options.sampler or "euler",
            "model": self._model,
            "strength": wish.strength,
        }

    async def _upload(self, picture: Image.Image) -> str:
        form = aiohttp.FormData()
        form.add_field("image", png(picture), filename=f"yinlu-{uuid4().hex}.png", content_type="image/png")
        form.add_field("type", "input")
        form.add_field("subfolder", "yinlu")
        answer = await self._service.send("/upload/image", form)
        if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
            raise self._service.failed("the upload was not taken")
        folder = str(answer.get("subfolder", ""))
        return f"{folder}/{answer['name']}" if folder else str(answer["name"])

    async def _run(self, graph: dict[str, Any], part: _Part) -> bytes:
        client = uuid4().hex
        listening = asyncio.create_task(self._listen(client, part), name="comfy-progress")
        number = ""
        try:
            number = await self._queue(graph, client)
            return await self._picture(await self._outputs(number))
        except asyncio.CancelledError:
            if number:
                await self._service.tell("/queue", {"delete": [number]})
                await self._service.tell("/interrupt", {"prompt_id": number})
            raise
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _queue(self, graph: dict[str, Any], client: str) -> str:
        try:
            answer = await self._service.post("/prompt", {"prompt": graph, "client_id": client})
        except Bad as error:
            raise self._service.failed(f"status {error.status}: {_why(error.said)}") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("prompt_id"), str):
            raise self._service.failed("the workflow was not queued")
        return str(answer["prompt_id"])

    async def _outputs(self, number: str) -> dict[str, Any]:
        """Return what a workflow put out, once it ended."""
        misses = 0
        while True:
            await asyncio.sleep(self._options.every / 2)
            try:
                answer = await self._service.get(f"/history/{number}")
                misses = 0
            except ModelFailed:
                misses += 1
                if misses >= 5:
                    raise
                continue
            entry = answer.get(number) if isinstance(answer, dict) else None
            if not isinstance(entry, dict):
                continue
            status = entry.get("status") or {}
            if status.get("status_str") == "error":
                raise self._service.failed(f"the workflow failed: {_error(status)}")
            outputs = entry.get("outputs")
            if isinstance(outputs, dict) and (outputs or status.get("completed")):
                return outputs

    async def _picture(self, outputs: dict[str, Any]) -> bytes:
        for node in outputs.values():
            for image in (node or {}).get("images") or []:
                where = {name: str(image.get(name, "")) for name in ("filename", "subfolder", "type")}
                return await self._service.file(f"/view?{urlencode(where)}")
        raise self._service.failed("the workflow put out no picture")

    async def _listen(self, client: str, part: _Part) -> None:
        """Keep progress and preview up to date; without a WebSocket there is none, and the picture comes all the same."""
        try:
            async with self._session.ws_connect(
                f"{self._url}/ws?clientId={client}", max_msg_size=MOST_FRAME
            ) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        part.told(message.data)
                    elif message.type is aiohttp.WSMsgType.BINARY:
                        part.pictured(message.data)
        except aiohttp.ClientError:
            return


class _Part:
    """Progress of one picture of several."""

    def __init__(self, seen: Seen, number: int, of: int) -> None:
        self._seen, self._number, self._of = seen, number, of

    def told(self, text: str) -> None:
        """Read a message of the WebSocket."""
        try:
            message = json.loads(text)
            data = message["data"] if message["type"] == "progress" else None
            share = float(data["value"]) / float(data["max"]) if data else None
        except (ValueError, KeyError, TypeError, ZeroDivisionError):
            return
        if share is not None:
            self._seen.fraction = (self._number + min(1.0, share)) / self._of

    def pictured(self, frame: bytes) -> None:
        """Read a binary frame: two big-endian numbers (kind, format), then the preview."""
        if len(frame) > 8 and struct.unpack(">I", frame[:4])[0] == PICTURE_FRAME:
            self._seen.preview = bytes(frame[8:])


def _why(said: str) -> str:
    """Return the reason of a refused workflow, shortly."""
    try:
        answer = json.loads(said)
        return str(answer["error"]["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _error(status: Mapping[str, Any]) -> str:
    for message in status.get("messages") or []:
        if isinstance(message, list) and len(message) == 2 and message[0] == "execution_error":
            return str((message[1] or {}).get("exception_type", "no reason given"))[:200]
    return "no reason given"
