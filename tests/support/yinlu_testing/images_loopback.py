"""Picture services on the loopback: OpenAI's images, AUTOMATIC1111's web UI, ComfyUI, each as its clients see it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np
from aiohttp import web
from PIL import Image


def speckled(width: int, height: int, seed: int) -> bytes:
    """Return a PNG whose pixels follow from the seed."""
    small = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    return encoded(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))


def encoded(picture: Image.Image) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class Loopback:
    """A service; ``answers`` are used up first, each instead of a real answer. ``wait`` in s is how long it draws."""

    answers: list[Callable[[], web.StreamResponse]] = field(default_factory=list)
    wait: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    interrupted: list[Any] = field(default_factory=list)
    fraction: float = 0.0
    running: bool = False

    def says(self, status: int, body: Any = None, **headers: str) -> None:
        """Answer the next request so."""
        text = body if isinstance(body, str) else json.dumps(body or {})
        self.answers.append(
            lambda: web.Response(status=status, text=text, content_type="application/json", headers=headers)
        )

    async def works(self) -> None:
        """Take the time that drawing takes."""
        self.running = True
        steps = 10
        for step in range(steps if self.wait else 0):
            self.fraction = step / steps
            await asyncio.sleep(self.wait / steps)
        self.running = False

    def routes(self) -> list[web.RouteDef]:
        """Return what is served."""
        raise NotImplementedError

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
        """Serve; yield the address and a client session."""
        app = web.Application(client_max_size=64_000_000)
        app.add_routes(self.routes())
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        try:
            async with aiohttp.ClientSession() as session:
                yield f"http://127.0.0.1:{port}", session
        finally:
            await runner.cleanup()


class OpenAIService(Loopback):
    """POST /v1/images/generations and /v1/images/edits; an edit paints what the mask leaves clear in one colour."""

    def routes(self):
        """Return what is served."""
        return [
            web.post("/v1/images/generations", self._generate),
            web.post("/v1/images/edits", self._edit),
        ]

    async def _generate(self, request):
        order = await request.json()
        self.asked.append(order)
        if self.answers:
            return self.answers.pop(0)()
        await self.works()
        width, height = (int(side) for side in order["size"].split("x"))
        first = len(self.asked) * 100
        return _data([speckled(width, height, first + n) for n in range(order.get("n", 1))])

    async def _edit(self, request):
        form = await request.post()
        order = {name: value for name, value in form.items() if isinstance(value, str)}
        pictures = {
            name: Image.open(io.BytesIO(form[name].file.read())) for name in ("image", "mask") if name in form
        }
        self.asked.append({**order, **pictures})
        if self.answers:
            return self.answers.pop(0)()
        await self.works()
        made = Image.new("RGB", pictures["image"].size, (200, 40, 40))
        return _data([encoded(made)] * int(order.get("n", "1")))


def _data(pictures):
    return web.json_response({"created": 1, "data": [{"b64_json": _coded(data)} for data in pictures]})


class A1111Service(Loopback):
    """/sdapi/v1: txt2img, img2img, progress, interrupt, extra-single-image."""

    def routes(self):
        """Return what is served."""
        return [
            web.post("/sdapi/v1/txt2img", self._draw),
            web.post("/sdapi/v1/img2img", self._draw),
            web.post("/sdapi/v1/extra-single-image", self._enlarge),
            web.get("/sdapi/v1/progress", self._progress),
            web.post("/sdapi/v1/interrupt", self._interrupt),
        ]

    async def _draw(self, request):
        order = await request.json()
        self.asked.append({"path": request.path, **order})
        if self.answers:
            return self.answers.pop(0)()
        await self.works()
        pictures = [
            speckled(order["width"], order["height"], order["seed"] + n) for n in range(order["batch_size"])
        ]
        return web.json_response({"images": [_coded(data) for data in pictures], "info": "{}"})

    async def _enlarge(self, request):
        order = await request.json()
        self.asked.append({"path": request.path, **order})
        picture = Image.open(io.BytesIO(base64.b64decode(order["image"])))
        size = (order["upscaling_resize_w"], order["upscaling_resize_h"])
        return web.json_response({"image": _coded(encoded(picture.resize(size)))})

    async def _progress(self, request):
        shown = _coded(speckled(32, 32, int(self.fraction * 10))) if self.running else None
        return web.json_response({"progress": self.fraction, "eta_relative": 1.0, "current_image": shown})

    async def _interrupt(self, request):
        self.interrupted.append(request.path)
        return web.json_response({})


class ComfyService(Loopback):
    """/prompt, /history, /view, /upload/image, /queue, /interrupt and the WebSocket with progress and previews."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, bytes] = {}
        self._history: dict[str, Any] = {}
        self._pictures: dict[str, bytes] = {}
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.fails = False
        self.deaf = False  # no WebSocket

    def routes(self):
        """Return what is served."""
        return [
            web.post("/prompt", self._prompt),
            web.get("/history/{number}", self._look),
            web.get("/view", self._view),
            web.post("/upload/image", self._upload),
            web.post("/queue", self._stop),
            web.post("/interrupt", self._stop),
            web.get("/ws", self._socket),
        ]

    async def _prompt(self, request):
        order = await request.json()
        self.asked.append(order["prompt"])
        if self.answers:
            return self.answers.pop(0)()
        number = f"n{len(self.asked)}"
        task = asyncio.create_task(self._run(number, order["prompt"], order["client_id"]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.json_response({"prompt_id": number, "number": 1, "node_errors": {}})

    async def _run(self, number, graph, client):
        sampler = graph["drawn"]["inputs"]
        for step in range(1, 6):
            await asyncio.sleep(self.wait / 5)
            socket = self._sockets.get(client)
            if socket is not None and not socket.closed:
                await socket.send_json(
                    {"type": "progress", "data": {"value": step, "max": 5, "prompt_id": number}}
                )
                await socket.send_bytes(struct.pack(">II", 1, 2) + speckled(32, 32, step))
        if self.fails:
            message = ["execution_error", {"exception_type": "torch.OutOfMemoryError"}]
            self._history[number] = {
                "outputs": {},
                "status": {"status_str": "error", "completed": False, "messages": [message]},
            }
            return
        latent = graph.get("empty", {"inputs": {"width": 64, "height": 64}})["inputs"]
        self._pictures[f"{number}.png"] = speckled(latent["width"], latent["height"], sampler["seed"])
        shown = {"filename": f"{number}.png", "subfolder": "", "type": "temp"}
        self._history[number] = {
            "outputs": {"shown": {"images": [shown]}},
            "status": {"status_str": "success", "completed": True, "messages": []},
        }

    async def _look(self, request):
        number = request.match_info["number"]
        found = self._history.get(number)
        return web.json_response({number: found} if found else {})

    async def _view(self, request):
        return web.Response(body=self._pictures[request.query["filename"]], content_type="image/png")

    async def _upload(self, request):
        form = await request.post()
        self.uploads[form["image"].filename] = form["image"].file.read()
        return web.json_response(
            {"name": form["image"].filename, "subfolder": form["subfolder"], "type": "input"}
        )

    async def _stop(self, request):
        self.interrupted.append((request.path, await request.json()))
        return web.json_response({})

    async def _socket(self, request):
        if self.deaf:
            raise web.HTTPNotFound
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets[request.query["clientId"]] = socket
        async for _ in socket:
            pass
        return socket
