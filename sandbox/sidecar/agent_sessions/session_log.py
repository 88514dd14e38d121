"""Writes a session's output to a file, and in batches to the emulator's CloudWatch Logs."""

import asyncio
import logging
import os
import re
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls

BATCH_SECONDS = 1.0
# PutLogEvents accepts 10,000 events and 1 MB, in which each event counts 26 bytes more than its text.
_BATCH_EVENTS = 10_000
_BATCH_BYTES = 512 * 1024
_LINE_BYTES = 64 * 1024
_PENDING_BYTES = 4 * 1024 * 1024

Ship = Callable[[str, str, list["Event"]], Awaitable[None]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """A log line; `timestamp` is in milliseconds."""

    timestamp: int
    message: str


class LogShipper:
    """Sends log lines to one emulator."""

    def __init__(self, calls: EmulatorCalls) -> None:
        self._calls = calls
        self._streams: set[tuple[str, str]] = set()

    async def ship(self, group: str, stream: str, events: list[Event]) -> None:
        """Sends the lines. When the emulator rejects them they are lost, with a warning in the sandbox's log: no agent
        waits for its logs."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  the call imports it anyway

        try:
            await self._make(group, stream)
            lines = [asdict(event) for event in events]
            await self._calls.call("logs", "put_log_events", logGroupName=group, logStreamName=stream, logEvents=lines)
        except (BotoCoreError, ClientError) as error:
            logger.warning("%d lines of %s are lost to CloudWatch Logs: %s", len(events), stream, error)

    async def _make(self, group: str, stream: str) -> None:
        if (group, stream) in self._streams:
            return
        names: dict[str, str] = {}
        for operation, name, value in (
            ("create_log_group", "logGroupName", group),
            ("create_log_stream", "logStreamName", stream),
        ):
            names[name] = value
            await self._unless_there(operation, names)
        self._streams.add((group, stream))

    async def _unless_there(self, operation: str, names: dict[str, str]) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415  the call imports it anyway

        try:
            await self._calls.call("logs", operation, **names)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise


class SessionLog:
    """One session's lines. The buffer is bounded: when a session prints faster than the emulator accepts, the oldest
    lines are dropped, and a line in the log reports how many."""

    def __init__(self, folder: Path, group: str, session_id: str, ship: Ship) -> None:
        environment = uuid.uuid4()
        safe = re.sub(r"[^\w.-]", "-", session_id)
        self.group = group
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[runtime-logs-{safe}]{environment}"
        self.last_line = ""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{safe[:80]}-{environment.hex[:8]}.log").open("wb", buffering=0)
        self._ship = ship
        self._rest = b""
        self._pending: deque[Event] = deque()
        self._bytes = 0
        self._dropped = 0
        self._hurry = asyncio.Event()
        self._pipe: asyncio.ReadTransport | None = None
        self._reading: asyncio.Task[None] | None = None
        self._shipping: asyncio.Task[None] | None = None

    async def follow(self, output: int) -> None:
        """Reads everything from the read end of a pipe from now on."""
        reader = asyncio.StreamReader(limit=_LINE_BYTES)
        pipe = os.fdopen(output, "rb", buffering=0)  # the transport closes it
        connect = asyncio.get_running_loop().connect_read_pipe
        self._pipe, _ = await connect(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._reading = asyncio.create_task(self._read(reader))

    def add(self, line: str) -> None:
        """Adds a line of the sandbox itself, which does not count as the session's last line."""
        own_last_line = self.last_line
        self._feed((b"\n" if self._rest else b"") + f"{line}\n".encode())
        self.last_line = own_last_line

    async def drain(self, seconds: float) -> None:
        """Reads the rest after the process has ended, for at most `seconds`: another process may hold the pipe open."""
        if self._reading:
            await asyncio.wait([self._reading], timeout=seconds)
            self._reading.cancel()
        if self._pipe:
            self._pipe.close()
            self._pipe = None
            self._feed(b"\n" if self._rest else b"")

    async def close(self) -> None:
        """Sends the remaining lines and closes the file."""
        self._hurry.set()
        if self._shipping:
            await self._shipping
        self._file.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(_LINE_BYTES):
            self._feed(chunk)

    def _feed(self, chunk: bytes) -> None:
        self._file.write(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= _LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._take(line)
        if self._pending and (self._shipping is None or self._shipping.done()):
            self._shipping = asyncio.create_task(self._ship_later())

    def _take(self, line: bytes) -> None:
        text = line[:_LINE_BYTES].decode(errors="replace").rstrip()
        if not text:
            return  # CloudWatch Logs rejects empty lines
        self.last_line = text.strip()
        self._pending.append(Event(int(time.time() * 1000), text))
        self._bytes += len(text)
        while self._bytes > _PENDING_BYTES:
            self._bytes -= len(self._pending.popleft().message)
            self._dropped += 1

    async def _ship_later(self) -> None:
        while self._pending:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), BATCH_SECONDS)
            while self._pending:
                await self._ship(self.group, self.stream, self._batch())

    def _batch(self) -> list[Event]:
        batch: list[Event] = []
        if self._dropped:
            text = f"sandbox: {self._dropped} lines before this one were printed faster than they could be stored"
            batch.append(Event(self._pending[0].timestamp, text))
            self._dropped = 0
        room = _BATCH_BYTES
        while self._pending and room > 0 and len(batch) < _BATCH_EVENTS:
            event = self._pending.popleft()
            self._bytes -= len(event.message)
            room -= len(event.message)
            batch.append(event)
        return batch
