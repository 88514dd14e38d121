"""The process of a container, with the pipe of its output."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sandbox import children
from sandbox.sidecar.agent_sessions.fork_request import ForkedChild, fork
from sandbox.sidecar.containers.program import StartError

_SIGNALLED = 128


class ContainerProcess:
    """The first process of a container, which leads a session: with it ends all that it has started. `ended` has
    the exit code as a container has it: 128 and the signal's number after a signal."""

    def __init__(self, pid: int, output: int) -> None:
        self.pid = pid
        self.output = output
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.waiting: asyncio.Task[None] | None = None

    def end_with(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(_SIGNALLED - code if code < 0 else code)

    def terminate(self) -> None:
        """Sends SIGTERM to the process, as ECS does to the first one of a container."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kills it with all that it has started."""
        if not self.ended.done():
            children.end_session(self.pid)


def start_container(command: Sequence[str], tree: Path, environment: Mapping[str, str]) -> ContainerProcess:
    """Starts the process as a new program. Raises StartError."""
    output, write_end = os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        process = children.start(
            command, cwd=tree, env=environment, stdin=nothing, stdout=write_end, stderr=write_end, process_group=None
        )
    except (OSError, ValueError) as error:
        os.close(output)
        raise StartError("CannotStartContainerError", f"{command[0]!r} cannot be started: {error}") from error
    finally:
        os.close(write_end)
        os.close(nothing)
    started = ContainerProcess(process.pid, output)
    loop = asyncio.get_running_loop()

    def wait() -> None:
        code = process.wait()
        children.end_session(process.pid)
        with suppress(RuntimeError):  # the event loop has ended, and the tasks with it
            loop.call_soon_threadsafe(started.end_with, code)

    Thread(target=wait, name=f"wait-{process.pid}", daemon=True).start()
    return started


async def fork_container(server: str, environment: Mapping[str, str]) -> ContainerProcess | None:
    """Returns a child of the fork server at the address `server`; None where it does not accept."""
    output, write_end = os.pipe()
    nothing = os.open(os.devnull, os.O_RDONLY)
    child = None
    try:
        child = await fork(server, environment, (nothing, write_end, write_end))
    finally:
        os.close(write_end)
        os.close(nothing)
        if child is None:
            os.close(output)
    if child is None:
        return None
    started = ContainerProcess(child.pid, output)
    started.waiting = asyncio.create_task(_forked_end(started, child))
    return started


async def _forked_end(process: ContainerProcess, child: ForkedChild) -> None:
    code = await child.wait()
    children.end_session(process.pid)
    process.end_with(code)
