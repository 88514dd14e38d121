"""Fork servers for the versions of agent runtimes, and for the commands of images. They only save time, so one that
does not start is not an error."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from sandbox import children
from sandbox.forking.unix_socket import listen, short
from sandbox.paths import REPOSITORY
from sandbox.sidecar.agent_sessions.launch import make_folders
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """What a fork server runs: a module of this project, whose arguments follow the descriptor of its socket, in an
    environment that is made from the server's own folder."""

    module: str
    arguments: tuple[str, ...]
    environment: Callable[[Path], Mapping[str, str]]


class ForkServers:
    """A server for each name, which can be a file name; Linux only. Their home folders and sockets are created in
    `folder`."""

    def __init__(self, workspace: AgentWorkspace, python: Path, folder: Path) -> None:
        self._workspace = workspace
        self._python = python
        self._folder = folder
        self._descriptor: int | None = None
        self._servers: dict[str, asyncio.Task[bool]] = {}

    def prepare(self, name: str, command: ServerCommand) -> None:
        """Starts a server if there can be one and there is none yet. Returns at once."""
        if sys.platform == "linux" and name not in self._servers:
            self._servers[name] = asyncio.create_task(self._serve(name, command))

    def address(self, name: str) -> str | None:
        """Returns the address of a server that has made its imports, None where there is none."""
        server = self._servers.get(name)
        if server is None or not server.done() or server.cancelled() or server.exception() or not server.result():
            return None
        return self._address(name)

    async def ready(self, name: str) -> bool:
        """Waits until the server has made its imports; returns False where there is no server."""
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

    async def _serve(self, name: str, command: ServerCommand) -> bool:
        folder = self._folder / name
        make_folders(folder)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with listen(self._folder, f"{name}.sock") as listener, theirs:
            words = [str(self._python), "-S", "-m", command.module, str(listener.fileno()), *command.arguments]
            process = self._spawn(words, dict(command.environment(folder)), theirs, listener)
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
