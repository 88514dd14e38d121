"""One environment of a function: a process of the image's command, which serves one invocation at a time."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from policies.rules.aws_limits import LAMBDA_INIT_SECONDS
from sandbox.sidecar.agent_sessions.readiness import last_log_line
from sandbox.sidecar.agent_sessions.session_log import SessionLog, Ship
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.environment import make_folders
from sandbox.sidecar.containers.process import ContainerProcess
from sandbox.sidecar.containers.program import StartError
from sandbox.sidecar.containers.starter import ContainerStarter
from sandbox.sidecar.image_functions.adapter_settings import AdapterSettings
from sandbox.sidecar.image_functions.direct_driver import DirectDriver
from sandbox.sidecar.image_functions.function import FunctionError, ImageFunction, Invocation, LostError, Reply
from sandbox.sidecar.image_functions.runtime_api import RuntimeApi
from sandbox.sidecar.image_functions.runtime_exchanges import Exchanges
from sandbox.sidecar.image_functions.variables import free_port, function_variables

_DRAIN_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = 0.5
"""The time in which a process that no longer answers turns out to have ended."""

_SIGNALLED: Final = 128
_CANNOT_START: Final = "Runtime.InvalidEntrypoint"


@dataclass(frozen=True, slots=True)
class Parts:
    """What all environments use; `adapter` is the file of the Lambda Web Adapter, where there is one."""

    workspace: AgentWorkspace
    starter: ContainerStarter
    runtime_api: RuntimeApi
    ship: Ship
    adapter: Path | None = None
    init_seconds: float = LAMBDA_INIT_SECONDS.maximum


@dataclass(frozen=True, slots=True)
class _Program:
    image: str
    words: tuple[str, ...]
    variables: dict[str, str]


class FunctionEnvironment:
    """Only the event loop uses it. Start it, then invoke it, one invocation after the other, and close it."""

    def __init__(self, function: ImageFunction, parts: Parts) -> None:
        self.function = function
        self.idle_since = 0.0
        self.serving: Invocation | None = None
        self._parts = parts
        self._id = uuid.uuid4().hex
        self._folder = parts.workspace.folder / "functions" / self._id
        self._stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{self._id}"
        self._log = self._new_log(self._id)
        self._logs = [self._log]
        self._exchanges = Exchanges(function.name, function.version)
        self._address = ""
        self._processes: list[ContainerProcess] = []
        self._direct: DirectDriver | None = None
        self._broken = False

    @property
    def pids(self) -> list[int]:
        """The processes that run; the first one is the app's."""
        return [process.pid for process in self._processes if not process.ended.done()]

    @property
    def usable(self) -> bool:
        """Whether it can serve another invocation."""
        return not self._broken and len(self.pids) == len(self._processes) > 0

    async def start(self) -> None:
        """Returns when the app is ready. Raises FunctionError."""
        await asyncio.to_thread(make_folders, self._folder)
        self._address = await self._parts.runtime_api.add(self._exchanges, own_port=self._parts.adapter is not None)
        variables = function_variables(self.function, self._address, self._stream, free_port())
        try:
            settings = AdapterSettings.read(variables)
        except ValueError as error:
            raise FunctionError(
                _CANNOT_START, f"a port in the function's variables is not a number: {error}"
            ) from error
        program = _Program(self.function.image, self.function.words, variables)
        try:
            await self._follow(await self._parts.starter.start(program, self._folder), self._log)
            if self._parts.adapter:
                await self._start_adapter(self._parts.adapter, program)
        except StartError as error:
            raise FunctionError(_CANNOT_START, error.reason) from error
        if not self._parts.adapter:
            self._direct = DirectDriver(settings, self._context())
        await self._await_ready()

    async def invoke(self, invocation: Invocation) -> Reply:
        """Returns the reply when it has begun. Raises FunctionError."""
        self.serving = invocation
        self._log.add(f"START RequestId: {invocation.request_id} Version: {self.function.version}")
        try:
            if self._direct:
                reply = await self._direct.invoke(invocation)
            else:
                reply = await self._exchanges.invoke(invocation)
        except FunctionError as error:
            raise await self._explained(error, invocation) from error
        return Reply(reply.content_type, self._pieces(reply.pieces, invocation))

    def report(self, invocation: Invocation, seconds: float, error: FunctionError | None) -> None:
        """Adds the lines that end an invocation in the log."""
        self.serving = None
        request = f"RequestId: {invocation.request_id}"
        if error:
            self._log.add(f"{request} Error: {error.kind}: {error.message}")
        self._log.add(f"END {request}")
        milliseconds = f"{seconds * 1000:.2f} ms"
        memory = f"Memory Size: {self.function.memory} MB"
        self._log.add(f"REPORT {request}\tDuration: {milliseconds}\tBilled Duration: {milliseconds}\t{memory}")

    def retire(self) -> None:
        """Keeps it from serving another invocation."""
        self._broken = True

    def kill(self) -> list[int]:
        """Kills the processes; returns their ids."""
        killed = self.pids
        for process in self._processes:
            process.kill()
        return killed

    async def close(self) -> None:
        """Ends the processes, and sends the rest of the log."""
        self._broken = True
        self._parts.runtime_api.remove(self._address)
        self.kill()
        for process in self._processes:
            await process.ended
            self._parts.workspace.groups.end(process.pid)
        if self._direct:
            await self._direct.close()
        for log in self._logs:
            await log.drain(_DRAIN_SECONDS)
            await log.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _start_adapter(self, adapter: Path, program: _Program) -> None:
        log = self._new_log(f"{self._id}-adapter")
        self._logs.append(log)
        await self._follow(await self._parts.starter.start_beside(adapter, program, self._folder), log)

    async def _follow(self, process: ContainerProcess, log: SessionLog) -> None:
        self._processes.append(process)
        # What the process has sent before its end still arrives.
        loop = asyncio.get_running_loop()
        process.ended.add_done_callback(lambda _: loop.call_later(_EXIT_SECONDS, self._exchanges.end))
        await log.follow(process.output)

    def _new_log(self, name: str) -> SessionLog:
        folder = self._parts.workspace.logs.parent / "functions"
        log = SessionLog(folder, self.function.log_group, name, self._parts.ship)
        log.stream = self._stream
        return log

    def _context(self) -> dict[str, object]:
        """What the adapter tells the app of the function."""
        return {
            "function_name": self.function.name,
            "memory": self.function.memory,
            "version": self.function.version,
            "log_group": self.function.log_group,
            "log_stream": self._stream,
        }

    async def _await_ready(self) -> None:
        """Waits until the app is ready, or until it or the adapter asks for an event. Raises FunctionError."""
        asked: list[asyncio.Future[Any]] = [self._exchanges.asked]
        if self._direct:
            asked.append(asyncio.create_task(self._direct.ready()))
        ends = [process.ended for process in self._processes]
        await asyncio.wait([*asked, *ends], timeout=self._parts.init_seconds, return_when=asyncio.FIRST_COMPLETED)
        for waited in asked[1:]:
            waited.cancel()
        if self._exchanges.asked.done():
            self._exchanges.asked.result()
            if self._direct:
                await self._direct.close()
                self._direct = None
        elif any(ended.done() for ended in ends):
            raise await self._exited("")
        elif not any(waited.done() for waited in asked):
            raise await self._not_ready()

    async def _not_ready(self) -> FunctionError:
        waits_for = self._direct.waits_for if self._direct else "the first request for an event, from the web adapter"
        self.kill()
        await asyncio.gather(*(process.ended for process in self._processes))
        await self._log.drain(_DRAIN_SECONDS)
        limit = f"{self._parts.init_seconds:g} s"
        message = f"the image's command was not ready within {limit}: there was no sign of {waits_for}"
        return FunctionError("Sandbox.Timedout", f"{message}{last_log_line(self._log)}")

    async def _exited(self, request_id: str) -> FunctionError:
        """The error where a process has ended: the app's, or else the adapter's."""
        index = next(index for index, process in enumerate(self._processes) if process.ended.done())
        code, log = self._processes[index].ended.result(), self._logs[index]
        await log.drain(_DRAIN_SECONDS)
        how = f"signal: {code - _SIGNALLED}" if code > _SIGNALLED else f"exit status {code}"
        request = f"RequestId: {request_id} Error: " if request_id else ""
        kind, what = ("Extension.Crash", "The web adapter") if index else ("Runtime.ExitError", "Runtime")
        return FunctionError(kind, f"{request}{what} exited with error: {how}{last_log_line(log)}")

    async def _pieces(self, pieces: AsyncIterator[bytes], invocation: Invocation) -> AsyncIterator[bytes]:
        try:
            async for piece in pieces:
                yield piece
        except FunctionError as error:
            raise await self._explained(error, invocation) from error

    async def _explained(self, error: FunctionError, invocation: Invocation) -> FunctionError:
        """The error itself, or the end of the process that has caused it."""
        ends = [process.ended for process in self._processes]
        seconds = _EXIT_SECONDS if isinstance(error, LostError) else 0.0
        ended, _ = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return await self._exited(invocation.request_id) if ended else error
