"""Starts the processes of sessions: from a fork server where one is ready, else an interpreter of their own."""

import asyncio
import os
import sys
from pathlib import Path

from sandbox.sidecar.agent_sessions.artifacts import Artifacts
from sandbox.sidecar.agent_sessions.errors import agent_failed
from sandbox.sidecar.agent_sessions.fork_servers import ForkServers
from sandbox.sidecar.agent_sessions.launch import Launch, launch_of, make_places, session_environment
from sandbox.sidecar.agent_sessions.process import AgentProcess, start_plain
from sandbox.sidecar.agent_sessions.version import Target
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace

PYTHON = Path(sys.executable).resolve()
"""The interpreter below every environment: with `-S` it knows the standard library only."""


class Starter:
    """`starting` is held from a start until its server is ready: more at once than there are cores make all late."""

    def __init__(self, home: AgentWorkspace, artifacts: Artifacts) -> None:
        self._home = home
        self._artifacts = artifacts
        self._servers = ForkServers(home, PYTHON, home.folder / "servers")
        self.starting = asyncio.Semaphore(os.cpu_count() or 1)

    async def prepare(self, target: Target) -> bool:
        """Starts what saves the first session's time, and waits for it; False where there is nothing to start."""
        self._servers.prepare(target, await self._launch(target))
        return await self._servers.ready(target.version.name)

    async def start(self, target: Target, folder: Path) -> AgentProcess:
        """A process with its places in `folder`. Raises AgentCoreError."""
        launch = await self._launch(target)
        self._servers.prepare(target, launch)
        environment = session_environment(self._home.environment, target, launch.tree, folder)
        make_places(folder)
        process = await self._servers.start(launch, environment)
        if process is None:
            try:
                process = start_plain(launch.command(PYTHON), launch.tree, environment)
            except OSError as error:
                raise agent_failed(f"An error occurred when starting the runtime: {error}.") from error
        self._home.groups.add(process.pid)
        return process

    def ended(self, process: AgentProcess) -> None:
        """What the process has started, and left, goes too."""
        self._home.groups.end(process.pid)

    def close(self) -> None:
        self._servers.close()

    async def _launch(self, target: Target) -> Launch:
        return launch_of(target.version, await self._artifacts.tree(target.version))
