"""One session: a process that runs one version of an agent runtime."""

import asyncio
import logging
import shutil
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from sandbox.sidecar.agent_sessions.agent_client import AgentCall, AgentClient
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed
from sandbox.sidecar.agent_sessions.process import AgentProcess
from sandbox.sidecar.agent_sessions.readiness import await_ready, how_it_ended, last_log_line
from sandbox.sidecar.agent_sessions.session_log import SessionLog
from sandbox.sidecar.agent_sessions.starter import Starter
from sandbox.sidecar.agent_sessions.version import Target

logger = logging.getLogger(__name__)

PING_SECONDS = 2.0
_EXIT_SECONDS = 1.0
"""To wait, after a process ends, for its exit code and the rest of its output."""


class Status(StrEnum):
    """The status of a session; HEALTHY and BUSY are the agent's own."""

    STARTING = "Starting"
    HEALTHY = "Healthy"
    BUSY = "HealthyBusy"
    ENDING = "Ending"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class Limits:
    """All in seconds: `start` until the server is ready, `stop` from SIGTERM to SIGKILL, `idle` without a request, and
    `lifetime` in total."""

    start: float
    stop: float
    idle: float
    lifetime: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies a session; `folder` is its temporary folder, `socket` the address of its Unix socket."""

    target: Target
    session_id: str
    folder: Path
    socket: str


class Turn:
    """One request's use of a session."""

    def __init__(self, client: AgentClient, leave: Callable[[], None]) -> None:
        self.client = client
        self._leave: Callable[[], None] | None = leave

    def end(self) -> None:
        """Releases the session; idempotent."""
        if self._leave:
            self._leave()
            self._leave = None


class Session:
    """`left` is called once it accepts no more requests, `gone` once its process and files are removed."""

    def __init__(
        self,
        identity: Identity,
        log: SessionLog,
        limits: Limits,
        left: Callable[["Session"], None],
        gone: Callable[["Session"], None],
    ) -> None:
        self.identity = identity
        self.log = log
        self.status = Status.STARTING
        self.started_at = datetime.now(UTC)
        self._limits = limits
        self._left = left
        self._gone = gone
        self._lock = asyncio.Lock()
        self._in_turn = identity.target.version.protocol == "HTTP"
        self._users = 0
        self._used = time.monotonic()
        self._process: AgentProcess | None = None
        self._start_up: asyncio.Task[AgentClient] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def target(self) -> Target:
        return self.identity.target

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def forked(self) -> bool:
        return self._process is not None and self._process.forked

    @property
    def is_live(self) -> bool:
        return self.status in (Status.HEALTHY, Status.BUSY)

    def begin(self, starter: Starter) -> None:
        """Starts the process; requests wait for it, and get its error."""
        self._start_up = asyncio.create_task(self._start(starter))
        # Retrieves the error, so that asyncio does not report it when no request waits; the session's log has it.
        self._start_up.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def enter(self) -> "Turn":
        """Returns a request's turn, which the caller must end. An HTTP session serves one request at a time: requests
        that arrive while it starts wait, one that arrives while it is in use is rejected. Raises AgentCoreError."""
        if self._start_up is None:
            raise RuntimeError("the session has not begun")
        if self._in_turn and self.is_live and self._lock.locked():
            message = f"Session {self.identity.session_id} is processing another request; retry."
            raise AgentCoreError("RetryableConflictException", message)
        # shield: a cancelled request must not cancel the start, for which others wait.
        client = await asyncio.shield(self._start_up)
        if self._in_turn:
            await self._lock.acquire()
        self._users += 1
        turn = Turn(client, self._leave)
        # The session may have ended while this request waited.
        if not self.is_live:
            turn.end()
            raise self._lost()
        return turn

    async def join(self) -> AgentClient:
        """Returns the client for a connection that does not count as a request: only `touch` extends the session's
        life. Raises AgentCoreError."""
        if self._start_up is None:
            raise RuntimeError("the session has not begun")
        client = await asyncio.shield(self._start_up)
        if not self.is_live:
            raise self._lost()
        self.touch()
        return client

    def touch(self) -> None:
        """Starts the idle limit again."""
        self._used = time.monotonic()

    async def send(self, turn: "Turn", call: AgentCall) -> httpx.Response:
        """Returns the agent's reply, of any status. Raises AgentCoreError when its process or its connection ends."""
        try:
            return await turn.client.send(call)
        except httpx.TransportError as error:
            if self._process:
                await asyncio.wait([self._process.ended], timeout=_EXIT_SECONDS)
            if not self.is_live:
                raise self._lost() from error
            raise agent_failed(
                f"The agent's server closed the connection without a reply ({type(error).__name__})."
            ) from error

    async def stop(self, reason: str) -> None:
        """Sends SIGTERM, then SIGKILL when the process does not end; returns when it has ended."""
        if self.status in (Status.ENDING, Status.ENDED):
            return
        self._leave_with(Status.ENDING)
        self.log.add(f"sandbox: the session is stopped: {reason}")
        if self._process is None:
            return  # `_start` checks the status after it has started the process
        self._process.signal(signal.SIGTERM)
        await asyncio.wait([self._process.ended], timeout=self._limits.stop)
        self._process.kill()

    def kill(self) -> None:
        """Kills the process at once, with all that it has started."""
        if self._process:
            self._process.kill()

    async def abandon(self) -> None:
        """Kills it; returns when its process and files are removed."""
        self._leave_with(Status.ENDING)
        self.kill()
        if self._start_up:
            await asyncio.wait([self._start_up])
        while self._tasks:
            await asyncio.wait(self._tasks)

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs it as a task. The session holds a reference, because the event loop holds only a weak one."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, starter: Starter) -> AgentClient:
        try:
            async with starter.turn():
                self._raise_if_stopped()
                process = self._process = await starter.start(self.target, self.identity.folder)
                await self.log.follow(process.output)
                process.ended.add_done_callback(lambda code: self.soon(self._finish(starter, process, code.result())))
                socket, version = self.identity.socket, self.target.version
                client = await await_ready(process, version, socket, self._limits.start, self.log)
                self._raise_if_stopped()
        except Exception as error:
            self._leave_with(Status.ENDING)
            self.log.add(f"sandbox: {error}")
            self.kill()
            if self._process is None:
                self.soon(self._remove())
            if isinstance(error, AgentCoreError):
                raise
            logger.exception("session %s could not be started", self.identity.session_id)
            raise AgentCoreError("InternalServerException", f"The session could not be started: {error}.") from error
        self.status = Status.HEALTHY
        self._used = time.monotonic()
        self.soon(self._watch(client, process))
        return client

    async def _watch(self, client: AgentClient, process: AgentProcess) -> None:
        """Ends it when it exceeds its idle limit or its lifetime."""
        begin = time.monotonic()
        # A scaled idle limit may be shorter than the usual pause.
        pause = min(PING_SECONDS, self._limits.idle / 4)
        while not (await asyncio.wait([process.ended], timeout=pause))[0] and self.is_live:
            ping = await client.ping(PING_SECONDS)
            now = time.monotonic()
            if self.is_live:
                self.status = Status.BUSY if ping.busy else Status.HEALTHY
            if ping.busy or self._users:
                self._used = now
            elif ping.unchanged is not None:
                self._used = max(self._used, now - ping.unchanged)
            if now - begin > self._limits.lifetime:
                self.soon(self.stop(f"it has reached its maximum lifetime of {self._limits.lifetime:g} s"))
            elif now - self._used > self._limits.idle:
                self.soon(self.stop(f"it was idle for {self._limits.idle:g} s"))
        await asyncio.wait([process.ended])
        await client.close()

    async def _finish(self, starter: Starter, process: AgentProcess, code: int) -> None:
        if self.is_live:
            self.log.add(f"sandbox: the session's process {how_it_ended(code)}")
        self._leave_with(Status.ENDED)
        starter.ended(process)
        if self._start_up:
            await asyncio.wait([self._start_up])
        await self.log.drain(_EXIT_SECONDS)
        await self._remove()

    async def _remove(self) -> None:
        self.status = Status.ENDED
        await self.log.close()
        await asyncio.to_thread(shutil.rmtree, self.identity.folder, ignore_errors=True)
        self._gone(self)

    def _raise_if_stopped(self) -> None:
        if self.status is not Status.STARTING:
            raise agent_failed(f"Session {self.identity.session_id} was stopped while it started.")

    def _leave(self) -> None:
        self._users -= 1
        self._used = time.monotonic()
        if self._in_turn:
            self._lock.release()

    def _leave_with(self, status: Status) -> None:
        self.status = status
        self._left(self)

    def _lost(self) -> AgentCoreError:
        ended = self._process is not None and self._process.ended.done()
        how = how_it_ended(self._process.ended.result()) if self._process and ended else "is being stopped"
        return agent_failed(f"Session {self.identity.session_id} {how}{last_log_line(self.log)}.")
