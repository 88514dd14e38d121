"""A session's process, with its control socket and the pipe of its output."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sandbox import children
from sandbox.sidecar.agent_sessions.fork_request import ForkedChild, fork
from sandbox.sidecar.agent_sessions.workspace import kill_group

_MESSAGE_BYTES = 1024


class AgentProcess:
    """`ended` has the exit code, negative for a signal; `output` is the read end of its standard output and error."""

    def __init__(self, pid: int, control: socket.socket, output: int, forked: bool) -> None:
        self.pid = pid
        self.output = output
        self.forked = forked
        self.address: str | None = None
        self._changed = asyncio.Event()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._control = control
        self._listening = asyncio.create_task(self._listen())
        # Only when the task has ended: a new socket could get the number while the event loop still watches it.
        self._listening.add_done_callback(lambda _: control.close())

    def end_with(self, code: int) -> None:
        """Marks it as ended. From then on no signal is sent to its id, which another process may have."""
        if not self.ended.done():
            self.ended.set_result(code)
            self._changed.set()
        self._listening.cancel()

    async def wait_for_change(self, seconds: float) -> None:
        """Waits until it reports an address or ends, at most `seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)
        self._changed.clear()

    def signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills it with all that it has started."""
        if not self.ended.done():
            kill_group(self.pid)

    async def _listen(self) -> None:
        """Reads the address of its server, which it may report several times: the newest is used."""
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while message := await loop.sock_recv(self._control, _MESSAGE_BYTES):
                self.address = message.decode().splitlines()[-1]
                self._changed.set()


def start_plain(command: Sequence[str], tree: Path, environment: Mapping[str, str]) -> AgentProcess:
    """Starts an interpreter. Raises OSError."""
    control, theirs = _control_pair()
    output, write_end = os.pipe()
    with theirs:
        try:
            process = children.start(
                command,
                cwd=tree,
                env=environment,
                stdin=theirs.fileno(),
                stdout=write_end,
                stderr=write_end,
                process_group=0,
            )
        except OSError:
            os.close(output)
            control.close()
            raise
        finally:
            os.close(write_end)
    started = AgentProcess(process.pid, control, output, forked=False)
    loop = asyncio.get_running_loop()

    def wait() -> None:
        code = process.wait()
        with suppress(RuntimeError):  # the event loop has ended, and the sessions with it
            loop.call_soon_threadsafe(started.end_with, code)

    Thread(target=wait, name=f"wait-{process.pid}", daemon=True).start()
    return started


async def start_forked(server: str, environment: Mapping[str, str]) -> AgentProcess | None:
    """Returns a child of the fork server at the address `server`; None without a server or when it does not accept."""
    control, theirs = _control_pair()
    output, write_end = os.pipe()
    child = None
    try:
        with theirs:
            child = await fork(server, environment, (theirs.fileno(), write_end, write_end))
    finally:
        os.close(write_end)
        if child is None:
            control.close()
            os.close(output)
    if child is None:
        return None
    started = AgentProcess(child.pid, control, output, forked=True)
    waiting = asyncio.create_task(_forked_end(started, child))
    started.ended.add_done_callback(lambda _: waiting.cancel())
    return started


async def _forked_end(process: AgentProcess, child: ForkedChild) -> None:
    process.end_with(await child.wait())


def _control_pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs
