"""Asks a fork server for a child."""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress

_MESSAGE_BYTES = 1024


class ForkedChild:
    """A child of a fork server, which kills it when this side is closed."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self._connection = connection

    async def wait(self) -> int:
        """Returns the exit code, negative for a signal, and closes this side, also where it is cancelled."""
        with self._connection:
            code = b""
            with suppress(OSError):
                code = await asyncio.get_running_loop().sock_recv(self._connection, _MESSAGE_BYTES)
            # No code: the server was killed, and with it, by PR_SET_PDEATHSIG, its children.
            return int(code or -signal.SIGKILL)


async def fork(server: str, environment: Mapping[str, str], streams: tuple[int, int, int]) -> ForkedChild | None:
    """Returns a child of the fork server at the address `server`, with that environment and those standard streams;
    None without a server or when it does not accept."""
    loop = asyncio.get_running_loop()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.setblocking(False)
    message = b"\0".join(os.fsencode(f"{name}={value}") for name, value in environment.items())
    try:
        await loop.sock_connect(connection, server)
        socket.send_fds(connection, [message], list(streams))
        answer = (await loop.sock_recv(connection, _MESSAGE_BYTES)).split()
    except OSError:
        answer = []
    except BaseException:
        connection.close()
        raise
    if not answer:
        connection.close()
        return None
    return ForkedChild(int(answer[1]), connection)
