"""This machine's own address: no network, no proxy and no thief lies between."""

from typing import Final

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
