"""What holds for every test: nothing leaves this machine."""

from __future__ import annotations

import ipaddress
import os
import socket

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run, and no verdict that hangs on how busy the machine is.
settings.register_profile(
    "yinlu", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("yinlu")


def _inside(address: object) -> bool:
    if not isinstance(address, tuple):  # a Unix socket's path
        return True
    host = address[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outgoing connection off the loopback raises."""
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def checked(self, address, real=real):
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _inside(address):
                raise AssertionError(f"a test tried to connect to {address!r}")
            return real(self, address)

        monkeypatch.setattr(socket.socket, name, checked)
