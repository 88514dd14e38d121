"""Starts the processes of sessions: from a fork server where one is ready, otherwise as a new interpreter."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.agent_code import python_problem
from sandbox.interpreters import OWN_VERSION, interpreter_of
from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed
from sandbox.sidecar.agent_sessions.fork_servers import ForkServers, ServerCommand
from sandbox.sidecar.agent_sessions.launch import Launch, launch_of, make_folders, session_environment
from sandbox.sidecar.agent_sessions.process import AgentProcess, start_forked, start_plain
from sandbox.sidecar.agent_sessions.version import Target
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace

_OWN_LANGUAGE = f"PYTHON_{OWN_VERSION.replace('.', '_')}"


class Starter:
    """Starts at most as many sessions at once as there are cores: more would delay all of them."""

    def __init__(self, workspace: AgentWorkspace, artifacts: Artifacts, queue_seconds: float) -> None:
        self._workspace = workspace
        self._artifacts = artifacts
        own = interpreter_of(OWN_VERSION) or Path(sys.executable)
        self._servers = ForkServers(workspace, own, workspace.folder / "servers")
        self._queue_seconds = queue_seconds
        self._starting = asyncio.Semaphore(os.cpu_count() or 1)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Held from a start until the server is ready. Raises AgentCoreError when it is not given in time: the caller
        waits too, and has less patience (the invoker 40 s) than a queue of slow starts would need."""
        try:
            async with asyncio.timeout(self._queue_seconds):
                await self._starting.acquire()
        except TimeoutError:
            raise AgentCoreError(
                "ThrottlingException",
                f"Other sessions have been starting for {self._queue_seconds:g} s, as many at once as this machine has "
                "cores (sidecar setting session_queue_seconds); try again later.",
            ) from None
        try:
            yield
        finally:
            self._starting.release()

    async def prepare(self, target: Target) -> bool:
        """Starts the version's fork server and waits for it; returns False where it can have none."""
        launch = await self._launch(target)
        self._prepare(target, launch)
        return await self._servers.ready(target.version.name)

    async def start(self, target: Target, folder: Path) -> AgentProcess:
        """Starts a process whose HOME and TMPDIR are in `folder`. Raises AgentCoreError."""
        launch = await self._launch(target)
        self._prepare(target, launch)
        environment = session_environment(self._workspace.environment, target, launch.tree, folder)
        make_folders(folder)
        # A server that is still importing is not waited for: a plain start takes no longer.
        address = self._servers.address(target.version.name)
        process = await start_forked(address, environment) if address else None
        if process is None:
            try:
                process = start_plain(launch.command(await _interpreter(target)), launch.tree, environment)
            except OSError as error:
                raise agent_failed(f"An error occurred when starting the runtime: {error}.") from error
        self._workspace.groups.add(process.pid)
        return process

    def ended(self, process: AgentProcess) -> None:
        """Ends what the process has started and left running."""
        self._workspace.groups.end(process.pid)

    def close(self) -> None:
        self._servers.close()

    def _prepare(self, target: Target, launch: Launch) -> None:
        # The fork server uses modules of this project, which other versions of Python may not run.
        if target.version.language != _OWN_LANGUAGE or launch.wrapper is not None:
            return
        command = ServerCommand(
            "sandbox.agent_process.agent_server",
            (str(launch.version.port), launch.script),
            lambda folder: session_environment(self._workspace.environment, target, launch.tree, folder),
        )
        self._servers.prepare(target.version.name, command)

    async def _launch(self, target: Target) -> Launch:
        return launch_of(target.version, await self._artifacts.tree(target.version))


async def _interpreter(target: Target) -> Path:
    """Returns the base interpreter of the runtime's version: with `-S` it has only the standard library. Raises
    AgentCoreError where this machine has none."""
    language = target.version.language
    if problem := await asyncio.to_thread(python_problem, language):
        raise agent_failed(f"An error occurred when starting the runtime: {problem}.")
    found = await asyncio.to_thread(interpreter_of, language.removeprefix("PYTHON_").replace("_", "."))
    return found or Path(sys.executable)
