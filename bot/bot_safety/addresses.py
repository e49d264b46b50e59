"""Which addresses are the public internet, under any of the forms an address can be written in."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Address = IPv4Address | IPv6Address
AddressPolicy = Callable[[Address], bool]

# IANA's special-purpose registry in full (Python's own tables differ between releases), and what is public by
# its registry entry yet no place to fetch from.
_REFUSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, some clouds' metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's platform address
            "169.254.0.0/16",  # link-local, most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # the 6to4 relay's anycast, RFC 7526
            "192.168.0.0/16",
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)
_UNICAST_6 = IPv6Network("2000::/3")  # all that was ever given out
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_REFUSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "3fff::/20",  # documentation
            "2620:4f:8000::/48",  # AS112
        ),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: an IPv4 address in the last 32 bits, under any prefix
_HOSTS = re.compile(
    r"(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|home\.arpa|private)$"
    r"|^(?:metadata|instance-data|kubernetes|kubernetes\.default)(?:\.|$)"
)
_PART = re.compile(r"^(?:0x[0-9a-f]*|[0-9]+)$")


def public(address: Address) -> bool:
    """Tell whether an address is a host of the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_4)
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return public(address.ipv4_mapped)
    if address in _NAT64:
        return public(IPv4Address(int(address) & 0xFFFFFFFF))
    if (
        address not in _UNICAST_6
        or not address.is_global
        or any(address in network for network in _REFUSED_6)
    ):
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return public(IPv4Address(int(address) & 0xFFFFFFFF))
    return True


def private_name(host: str) -> bool:
    """Tell names that mean this machine, its network or a cloud's metadata, whatever they resolve to."""
    return _HOSTS.search(host.rstrip(".").lower()) is not None


def literal(host: str) -> Address | None:
    """Read a host that is an address, in any form a C library takes; None for a name.

    ``127.1``, ``0x7f.0.0.1``, ``017700000001``, ``2130706433`` are all 127.0.0.1 (inet_aton(3)). Raises
    ValueError for what looks like an address and is none, such as ``1.2.3.4.5`` or ``0x1ffffffff``.
    """
    bare = host.strip("[]").rstrip(".")
    if ":" in bare:
        return ip_address(bare)
    parts = bare.lower().split(".")
    if not _PART.match(parts[-1]):
        return None
    if len(parts) > 4 or not all(_PART.match(part) for part in parts):
        raise ValueError(f"{host[:60]!r} is no address")
    numbers = [_number(part) for part in parts]
    room = 256 ** (5 - len(numbers))
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= room:
        raise ValueError(f"{host[:60]!r} is no address")
    value = numbers[-1]
    for index, number in enumerate(numbers[:-1]):
        value += number << (8 * (3 - index))
    return IPv4Address(value)


def _number(part: str) -> int:
    if len(part) > 24:
        raise ValueError("too long for an address")
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and len(part) > 1 else int(part)
