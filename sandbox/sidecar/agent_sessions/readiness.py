"""Waits until an agent's server answers, or raises the reason why it will not."""

import asyncio
import signal
import time
from typing import Any

from sandbox.sidecar.agent_sessions.agent_client import AgentClient, NoPingError
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed
from sandbox.sidecar.agent_sessions.process import AgentProcess
from sandbox.sidecar.agent_sessions.session_log import SessionLog
from sandbox.sidecar.agent_sessions.version import AgentVersion

_PING_SECONDS = 0.2
_DRAIN_SECONDS = 1.0


async def await_ready(
    process: AgentProcess, version: AgentVersion, socket: str, seconds: float, log: SessionLog
) -> AgentClient:
    """Returns a client of the server; `socket` is the address of the session's Unix socket. Raises AgentCoreError."""
    deadline = time.monotonic() + seconds
    client: AgentClient | None = None
    address: str | None = None
    while (left := deadline - time.monotonic()) > 0 and not process.ended.done():
        if process.address is not None and process.address != address:
            address = process.address
            if client:
                await client.close()
            client = AgentClient(version, address, socket)
        try:
            if client and await _is_ready(client, process, left):
                return client
        except NoPingError as error:
            if client:
                await client.close()
            raise agent_failed(
                f"Runtime health check failed: {error} by agent runtime {version.runtime_id}; serve it on port "
                f"{version.port}."
            ) from error
        await process.wait_for_change(min(left, _PING_SECONDS) if client else left)
    if client:
        await client.close()
    if process.ended.done():
        await log.drain(_DRAIN_SECONDS)
        raise _ended(process.ended.result(), version, log)
    served = "no health check is answered on" if client else "no server listens on"
    raise agent_failed(
        f"Runtime initialization time exceeded. Please make sure that initialization completes in {seconds:g}s: "
        f"{served} port {version.port}{last_log_line(log)}."
    )


def how_it_ended(code: int) -> str:
    """Describes an exit code; `code` is negative for a signal."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def last_log_line(log: SessionLog) -> str:
    """Returns the last line that the session printed, in a form that ends an error message."""
    return f"; its last log line: {log.last_line.rstrip('.')}" if log.last_line else ""


async def _is_ready(client: AgentClient, process: AgentProcess, seconds: float) -> bool:
    asking = asyncio.create_task(client.is_ready())
    either: list[asyncio.Future[Any]] = [asking, process.ended]
    await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if asking.done():
        return asking.result()
    asking.cancel()
    await asyncio.wait([asking])
    return False


def _ended(code: int, version: AgentVersion, log: SessionLog) -> AgentCoreError:
    return agent_failed(
        f"An error occurred when starting the runtime: {' '.join(version.entry_point)} of agent runtime "
        f"{version.runtime_id} {how_it_ended(code)} before it served port {version.port}{last_log_line(log)}."
    )
