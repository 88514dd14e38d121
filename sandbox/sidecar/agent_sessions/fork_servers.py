"""Fork servers for the versions of agent runtimes. They only save time, so one that does not start is not an error."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sandbox import children
from sandbox.forking.unix_socket import listen, short
from sandbox.paths import REPOSITORY
from sandbox.sidecar.agent_sessions.launch import Launch, make_folders, session_environment
from sandbox.sidecar.agent_sessions.process import AgentProcess, start_forked
from sandbox.sidecar.agent_sessions.version import Target
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace


class ForkServers:
    """A server for each prepared version; Linux only. Their home folders and sockets are created in `folder`."""

    def __init__(self, workspace: AgentWorkspace, python: Path, folder: Path) -> None:
        self._workspace = workspace
        self._python = python
        self._folder = folder
        self._descriptor: int | None = None
        self._servers: dict[str, asyncio.Task[bool]] = {}

    def prepare(self, target: Target, launch: Launch) -> None:
        """Starts the version's server if it can have one and has none yet. Returns at once."""
        name = launch.version.name
        if sys.platform == "linux" and launch.wrapper is None and name not in self._servers:
            self._servers[name] = asyncio.create_task(self._serve(target, launch))

    async def start(self, launch: Launch, environment: Mapping[str, str]) -> AgentProcess | None:
        """Returns a forked session, or None where no server is ready."""
        server = self._servers.get(launch.version.name)
        # A server that is still importing is not waited for: a plain start takes no longer.
        if server is None or not server.done() or server.cancelled() or server.exception() or not server.result():
            return None
        return await start_forked(self._address(launch.version.name), environment)

    async def ready(self, name: str) -> bool:
        """Waits until the version's server has made its imports; returns False where there is no server."""
        server = self._servers.get(name)
        return server is not None and await asyncio.shield(server)

    def close(self) -> None:
        for server in self._servers.values():
            server.cancel()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _address(self, name: str) -> str:
        if self._descriptor is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        return short(self._descriptor, f"{name}.sock", self._folder)

    async def _serve(self, target: Target, launch: Launch) -> bool:
        name = launch.version.name
        folder = self._folder / name
        make_folders(folder)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with listen(self._folder, f"{name}.sock") as listener, theirs:
            port, script = str(launch.version.port), launch.script
            command = [
                str(self._python),
                "-S",
                "-m",
                "sandbox.agent_process.agent_server",
                str(listener.fileno()),
                port,
                script,
            ]
            environment = session_environment(self._workspace.environment, target, launch.tree, folder)
            process = self._spawn(command, environment, theirs, listener)
        self._workspace.groups.add(process.pid)
        Thread(target=self._reap, args=(process, ours), name=f"fork-server-{name}", daemon=True).start()
        with suppress(OSError):
            return bool(await asyncio.get_running_loop().sock_recv(ours, 64))
        return False

    def _spawn(
        self, command: list[str], environment: dict[str, str], lifeline: socket.socket, listener: socket.socket
    ) -> "subprocess.Popen[bytes]":
        self._workspace.logs.mkdir(parents=True, exist_ok=True)
        with (self._workspace.logs / "fork-servers.log").open("ab") as log:
            return children.start(
                command,
                cwd=REPOSITORY,
                env=environment,
                stdin=lifeline.fileno(),
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(listener.fileno(),),
                process_group=0,
            )

    def _reap(self, process: "subprocess.Popen[bytes]", lifeline: socket.socket) -> None:
        """Waits for the server to end. `lifeline` must stay open until then, because the server ends when it closes."""
        process.wait()
        self._workspace.groups.end(process.pid)
        lifeline.close()
