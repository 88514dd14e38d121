"""A request's body that the gate reads before the application does."""

import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

DRAINED_BYTES: Final = 64 * 1024 * 1024
"""So much of a refused request is read before the answer: most clients read nothing while they send."""

LONGEST_SIGNED: Final = 128 * 1024 * 1024
"""Bytes of a body whose hash is signed but not in a header. AgentCore's and Lambda's largest requests have 100 and 70
MB; S3's, which are larger, name the hash."""

KEPT_BYTES: Final = 512 * 1024 * 1024
"""A multiple of the longest body, as several clients may upload code at the same time."""


class Memory:
    """The bytes that all requests together may keep before they have shown the secret: a key id, which is no secret, is
    enough to have a body kept."""

    def __init__(self, size: int = KEPT_BYTES) -> None:
        self.free = size


class Body:
    """Keeps what was read, and gives it to the application again. Use it in a `with` block, which frees the memory."""

    def __init__(self, receive: Receive, memory: Memory) -> None:
        self._receive = receive
        self._memory = memory
        self._read: deque[Message] = deque()
        self._size = 0
        self._complete = False

    def __enter__(self) -> "Body":
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.free += self._size

    async def receive(self) -> Message:
        """Returns the next message, as the application expects it."""
        if not self._read:
            return await self._receive()
        message = self._read.popleft()
        self._keep(-_size(message))
        return message

    async def sha256(self) -> str | None:
        """Returns the hash of the whole body, None for one that is too large."""
        digest = hashlib.sha256()
        while not self._complete:
            await self._next()
            if self._size > LONGEST_SIGNED or self._memory.free < 0:
                return None
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
        self._keep(_size(message))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    def _keep(self, size: int) -> None:
        self._size += size
        self._memory.free -= size


def _size(message: Message) -> int:
    return len(message.get("body", b""))


async def drain(receive: Receive) -> None:
    """Reads the rest of a body that nobody wants."""
    size = 0
    while size < DRAINED_BYTES:
        message = await receive()
        size += _size(message)
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
