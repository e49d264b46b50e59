"""A bucket on the loopback: npm's s3rver, which speaks S3 and knows nothing of us."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "node_modules" / "s3rver" / "bin" / "s3rver.js"
KEY = "S3RVER"  # its key and its secret


@contextmanager
def bucket(folder: Path, name: str = "pictures") -> Iterator[str]:
    """Serve a bucket kept in ``folder``; gives its address with key and secret."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["node", str(PROGRAM), "-d", str(folder), "-a", "127.0.0.1", "-p", str(port),
         "--silent", "--configure-bucket", name],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < until, "s3rver does not start"
                time.sleep(0.05)
        yield f"http://{KEY}:{KEY}@127.0.0.1:{port}/{name}/community"
    finally:
        process.terminate()
        process.wait(10)
