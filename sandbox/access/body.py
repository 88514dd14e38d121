"""A request's body that the gate reads before the application does."""

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

DRAINED_BYTES: Final = 64 * 1024 * 1024
"""So much of a refused request is read before the answer: most clients read nothing while they send."""


class Body:
    """Keeps what was read, and gives it to the application again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: deque[Message] = deque()
        self._complete = False

    async def receive(self) -> Message:
        """Returns the next message, as the application expects it."""
        return self._read.popleft() if self._read else await self._receive()

    async def sha256(self) -> str:
        """Returns the hash of the whole body."""
        digest = hashlib.sha256()
        while not self._complete:
            await self._next()
        for message in self._read:
            digest.update(message.get("body", b""))
        return digest.hexdigest()

    async def start(self, size: int) -> bytes:
        """Returns at least `size` bytes, or the whole body."""
        found = b""
        while len(found) < size and not self._complete:
            found += (await self._next()).get("body", b"")
        return found

    async def _next(self) -> Message:
        message = await self._receive()
        self._read.append(message)
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def drain(receive: Receive) -> None:
    """Reads the rest of a body that nobody wants."""
    size = 0
    while size < DRAINED_BYTES:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
