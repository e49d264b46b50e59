"""Ask the bot a question, hear the answer, and let a character elsewhere move its mouth.

::

    python viseme_client.py "When does the ferry leave?" --url ws://127.0.0.1:8080/ws --wav answer.wav --udp 127.0.0.1:39540

Needs ``pip install aiohttp``. Each mouth shape goes out as one UDP datagram of JSON at the moment at which a player that starts
with the first sample says it::

    {"shape": "aa", "weight": 1.0, "sentence": 0, "seconds": 0.41}

A Unity component sets the blend shape of that name (``viseme_aa`` in most rigs) and lets the others fall back within 60 ms; for
Live2D map aa, E and O to ParamMouthOpenY 1.0, 0.6 and 0.7 and I and U to ParamMouthForm. Frames: docs/protocol.md, "Voice".
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import wave
from dataclasses import dataclass, field
from typing import Any

import aiohttp


def show(line: str) -> None:
    """Write a line to the screen."""
    sys.stdout.write(f"{line}\n")


@dataclass
class Mouth:
    """Where shapes go: a UDP address, or the screen."""

    address: tuple[str, int] | None
    socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def shape(self, name: str, sentence: int, seconds: float) -> None:
        """Send one shape."""
        data = {
            "shape": name,
            "weight": 0.0 if name == "sil" else 1.0,
            "sentence": sentence,
            "seconds": seconds,
        }
        if self.address is None:
            show(f"  {sentence}  {seconds:6.2f} s  {name}")
        else:
            self.socket.sendto(json.dumps(data).encode(), self.address)


@dataclass
class Speech:
    """What has come of an answer, played on a clock that starts with its first sample."""

    mouth: Mouth
    samples: bytearray = field(default_factory=bytearray)
    rate: int = 24_000
    began: float = 0.0  # on the loop's clock, once sounding is set
    sounding: asyncio.Event = field(default_factory=asyncio.Event)
    sentence: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, data: dict[str, Any]) -> None:
        """A sentence begins where the one before it ends."""
        self.rate, self.sentence = data["rate"], data["n"]
        show(data["text"])

    def shapes(self, data: dict[str, Any]) -> None:
        """Follow a sentence's shapes; they come before its sound."""
        begins = len(self.samples) / 2 / self.rate
        self.tasks.append(asyncio.create_task(self._follow(begins, data["n"], data["at"])))

    def sound(self, frame: bytes) -> None:
        """Take samples: 16 bit, mono, behind a number of four bytes."""
        if not self.sounding.is_set():
            self.began = asyncio.get_running_loop().time()
            self.sounding.set()
        self.samples += frame[4:]

    def stop(self) -> None:
        """Close the mouth: the answer was ended."""
        for task in self.tasks:
            task.cancel()
        self.mouth.shape("sil", self.sentence, 0.0)

    async def _follow(self, begins: float, sentence: int, shapes: list[tuple[float, str]]) -> None:
        loop = asyncio.get_running_loop()
        await self.sounding.wait()
        for seconds, name in shapes:
            await asyncio.sleep(max(0.0, self.began + begins + seconds - loop.time()))
            self.mouth.shape(name, sentence, seconds)


async def ask(url: str, question: str, mouth: Mouth) -> Speech:
    """Say hello, ask to be spoken to, ask; return what was said."""
    speech = Speech(mouth)
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as ws:
        await send(ws, "h1", "hello", {"client": "viseme-example/1"})
        async for message in ws:
            if message.type is aiohttp.WSMsgType.BINARY:
                speech.sound(message.data)
                continue
            frame = json.loads(message.data)
            kind, data = frame["type"], frame.get("data", {})
            if kind == "hello":
                await send(ws, "o1", "voice", {"aloud": True})
            elif kind == "voice":
                await send(ws, "q1", "ask", {"text": question})
            elif kind == "audio.start":
                speech.start(data)
            elif kind == "viseme":
                speech.shapes(data)
            elif kind == "error":
                sys.stderr.write(f"{data['text']}\n")
                return speech
            elif kind == "audio.over":
                if data["why"] != "end":
                    speech.stop()
                await asyncio.gather(*speech.tasks, return_exceptions=True)
                return speech
    return speech


async def send(ws: aiohttp.ClientWebSocketResponse, name: str, kind: str, data: dict[str, Any]) -> None:
    """Send one envelope."""
    await ws.send_json({"v": 1, "id": name, "type": kind, "data": data})


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Ask, hear, and move a mouth elsewhere.")
    parser.add_argument("question")
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws")
    parser.add_argument("--wav", help="write the speech here")
    parser.add_argument("--udp", help="HOST:PORT that gets the shapes; without it they are printed")
    given = parser.parse_args()
    host, _, port = (given.udp or "").rpartition(":")
    speech = asyncio.run(ask(given.url, given.question, Mouth((host, int(port)) if given.udp else None)))
    if given.wav:
        with wave.open(given.wav, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(speech.rate)
            file.writeframes(bytes(speech.samples))


if __name__ == "__main__":
    main()
