"""The address of this machine itself: no network and no proxy lies between."""

from typing import Final

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Its names in a URL, as urlsplit returns the host name."""
