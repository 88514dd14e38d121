"""Starts the processes of containers: from a fork server where their command is a module of the image, otherwise as
new programs."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from sandbox.interpreters import OWN_VERSION, interpreter_of
from sandbox.sidecar.agent_sessions.fork_servers import ForkServers, ServerCommand
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace
from sandbox.sidecar.containers.environment import container_environment
from sandbox.sidecar.containers.images import Images
from sandbox.sidecar.containers.process import ContainerProcess, fork_container, start_container
from sandbox.sidecar.containers.program import ContainerHost, Program
from sandbox.task_code import module_files
from sandbox.task_process.task_server import ARGUMENTS

_PATIENCE: Final = 5.0
"""Seconds that a container waits for its fork server, before it starts without."""


class ContainerStarter:
    """Only the event loop uses it. `servers` names the folder of its fork servers."""

    def __init__(self, workspace: AgentWorkspace, images: Images, host: ContainerHost, servers: str) -> None:
        self._workspace = workspace
        self._images = images
        self._host = host
        self._python = interpreter_of(OWN_VERSION) or Path(sys.executable)
        self._servers = ForkServers(workspace, self._python, workspace.folder / servers)

    async def start(self, program: Program, folder: Path) -> ContainerProcess:
        """Starts the process of a container, whose HOME and TMPDIR are in `folder`. Raises StartError."""
        tree = await self._tree(program)
        command = await asyncio.to_thread(self._images.command, program.words, tree)
        environment = self._environment(program.variables, tree, folder)
        process = await self._forked(command, program, tree, environment)
        if process is None:
            process = start_container(command, tree, environment)
        self._workspace.groups.add(process.pid)
        return process

    async def start_beside(self, file: Path, program: Program, folder: Path) -> ContainerProcess:
        """Starts a program of this machine as if it were in the container. Raises StartError."""
        tree = await self._tree(program)
        process = start_container([str(file)], tree, self._environment(program.variables, tree, folder))
        self._workspace.groups.add(process.pid)
        return process

    def close(self) -> None:
        self._servers.close()

    async def _tree(self, program: Program) -> Path:
        return await asyncio.to_thread(self._images.tree, program.image, program.words)

    async def _forked(
        self, command: Sequence[str], program: Program, tree: Path, environment: Mapping[str, str]
    ) -> ContainerProcess | None:
        """Waits for the server of the command, which needs as much time as the first container would by itself."""
        module = self._module(command, program.words, tree)
        if not module:
            return None
        early = {name: value for name, value in program.variables.items() if name.startswith(self._host.shared)}
        name = sha256(json.dumps([str(tree), module, sorted(early.items())]).encode()).hexdigest()[:16]
        self._servers.prepare(
            name,
            ServerCommand(
                "sandbox.task_process.task_server",
                (module,),
                lambda folder: self._environment(early, tree, folder),
            ),
        )
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._servers.ready(name), _PATIENCE)
        address = self._servers.address(name)
        if address is None:
            return None
        return await fork_container(address, {**environment, ARGUMENTS: json.dumps(program.words[3:])})

    def _environment(self, own: Mapping[str, str], tree: Path, folder: Path) -> dict[str, str]:
        return container_environment(self._workspace.environment, {**self._host.variables, **own}, tree, folder)

    def _module(self, command: Sequence[str], words: Sequence[str], tree: Path) -> str:
        """The module of `python -m MODULE`, where the image has it and its Python is this project's; empty for any
        other command."""
        match words:
            case [_, "-m", module, *_] if command[0] == str(self._python):
                return module if any((tree / file).is_file() for file in module_files(words)) else ""
        return ""
