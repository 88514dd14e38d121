"""The client of one session's server: health checks, invocations and WebSocket connections."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from policies.rules.aws_limits import AGENTCORE_REQUEST
from sandbox.sidecar.agent_sessions.version import AgentVersion

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_BUSY = "HealthyBusy"
_HEALTHY = "Healthy"
_NO_SUCH_ROUTE = frozenset({404, 405, 501})

# A connection for each request: the agent's server may close a kept-alive one at the moment it is used again.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=0)
_TIMEOUT = httpx.Timeout(None, connect=5.0)

_HANDSHAKE_SECONDS = float(AGENTCORE_REQUEST.maximum)
"""An agent may load its model before it accepts a WebSocket."""


class NoPingError(Exception):
    """The agent's server has no route for health checks, so it never becomes ready."""


@dataclass(frozen=True, slots=True)
class Ping:
    """`unchanged` is the number of seconds since the status changed, if the agent reports that."""

    status: str = _HEALTHY
    unchanged: float | None = None

    @property
    def busy(self) -> bool:
        return self.status == _BUSY


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One request; `path` is that of the protocol by default."""

    headers: Mapping[str, str]
    body: bytes = b""
    method: str = "POST"
    path: str = ""


class AgentClient:
    """`socket` is the address of the session's Unix socket, `address` what the session reported: `unix` or `tcp PORT
    HOST`."""

    def __init__(self, version: AgentVersion, address: str, socket: str) -> None:
        self._version = version
        kind, *where = address.split()
        host = f"[{where[1]}]" if kind == "tcp" and ":" in where[1] else "127.0.0.1"
        base = f"http://{host}:{where[0]}" if kind == "tcp" else f"http://127.0.0.1:{version.port}"
        uds = self._socket = None if kind == "tcp" else socket
        self._websocket_url = f"ws{base.removeprefix('http')}/ws"
        transport = httpx.AsyncHTTPTransport(uds=uds, verify=False, trust_env=False, limits=_LIMITS)
        self._client = httpx.AsyncClient(transport=transport, base_url=base, timeout=_TIMEOUT, trust_env=False)

    async def is_ready(self) -> bool:
        """Returns whether the server answers. Raises NoPingError."""
        try:
            if self._version.protocol == "MCP":
                # GET would open an endless stream; any answer to OPTIONS shows that the server runs.
                await self._client.options(self._version.path)
                return True
            answer = await self._client.get("/ping")
        except httpx.TransportError:
            return False
        if answer.status_code in _NO_SUCH_ROUTE:
            raise NoPingError(f"GET /ping is answered {answer.status_code}")
        return answer.is_success

    async def ping(self, seconds: float) -> Ping:
        """Returns the agent's status. No valid answer counts as Healthy, which does not extend its life."""
        if self._version.protocol == "MCP":
            return Ping()
        try:
            async with asyncio.timeout(seconds):
                answer = (await self._client.get("/ping")).json()
        except (httpx.HTTPError, TimeoutError, ValueError):
            return Ping()
        if not isinstance(answer, dict):
            return Ping()
        changed = answer.get("time_of_last_update")
        unchanged = max(time.time() - changed, 0.0) if isinstance(changed, int | float) else None
        return Ping(str(answer.get("status")), unchanged)

    async def send(self, call: AgentCall) -> httpx.Response:
        """Returns the reply once its headers have arrived; the caller closes it. Raises httpx.TransportError."""
        path = call.path or self._version.path
        request = self._client.build_request(call.method, path, content=call.body, headers=dict(call.headers))
        return await self._client.send(request, stream=True)

    async def websocket(
        self, headers: Mapping[str, str], subprotocols: Sequence[str], frame_bytes: int
    ) -> "ClientConnection":
        """Returns an open connection to /ws, which closes with 1009 at a larger frame of the agent. Raises OSError or
        WebSocketException."""
        from websockets.asyncio.client import connect, unix_connect  # noqa: PLC0415  few sandboxes need it

        settings: dict[str, Any] = {
            "additional_headers": dict(headers),
            "subprotocols": list(subprotocols) or None,
            "max_size": (None, frame_bytes),
            "compression": None,
            "open_timeout": _HANDSHAKE_SECONDS,
            "ping_interval": None,
            "user_agent_header": None,
        }
        if self._socket is None:
            return await connect(self._websocket_url, proxy=None, **settings)
        return await unix_connect(self._socket, self._websocket_url, **settings)

    async def close(self) -> None:
        await self._client.aclose()
