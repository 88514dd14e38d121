"""Which addresses a sandbox answers to, and which web pages may call it."""

import re
from collections.abc import Collection
from typing import Final

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._*-]+)(?::(?P<port>\d{1,5}))?")
_AWS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws")
"""Domains in which only AWS makes names, so that no name in them can be made to lead to this machine. Clients of the
emulator may name a bucket, an API or a function by AWS's own host name."""


def is_own_host(host: str, ports: Collection[int]) -> bool:
    """Returns whether a Host header names this machine itself, at one of the `ports`, or a resource as AWS does.

    Any other name may be one that an attacker has made to lead to 127.0.0.1, to have a browser take the sandbox for a
    part of his web site (DNS rebinding).
    """
    match = _HOST.fullmatch(host.strip().lower())
    if match is None:
        return False
    name = match["name"]
    if name in _LOOPBACK or name.endswith(".localhost"):
        return int(match["port"] or 80) in ports
    return name.endswith(_AWS)


def is_allowed_origin(origin: str | None, allowed: Collection[str]) -> bool:
    """Returns whether a request may come from there: browsers send the header Origin, other programs none."""
    return origin is None or origin in allowed
