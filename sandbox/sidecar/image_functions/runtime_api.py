"""Lambda's Runtime API and Extensions API, for the web adapter or for an image with a runtime of its own.

The interface is that of AWS: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. Each environment has a
path of its own, which nobody else knows.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Final

import h11

from sandbox.sidecar.image_functions.runtime_connection import Find, RuntimeConnection
from sandbox.sidecar.image_functions.runtime_exchanges import Exchanges

_HOST: Final = "127.0.0.1"


class RuntimeApi:
    """Serves the environments of all functions; only the event loop uses it."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()
        self._environments: dict[str, Exchanges] = {}
        self._ports: dict[str, asyncio.Server] = {}
        self._connections: set[asyncio.StreamWriter] = set()

    async def add(self, exchanges: Exchanges, own_port: bool = False) -> str:
        """Serves an environment from now on; returns its address, as AWS_LAMBDA_RUNTIME_API has it. Runtimes in Rust,
        such as the web adapter, accept no path in it: they need a port of their own."""
        if own_port:
            return await self._add_port(exchanges)
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.start_server(self._serve_all, _HOST, 0)
        token = secrets.token_urlsafe(24)
        self._environments[token] = exchanges
        port = self._server.sockets[0].getsockname()[1]
        return f"{_HOST}:{port}/{token}"

    def remove(self, address: str) -> None:
        """Ends what waits at the address; from then on requests to it are refused."""
        if exchanges := self._environments.pop(address.rpartition("/")[2], None):
            exchanges.end()
        if server := self._ports.pop(address, None):
            server.close()

    async def close(self) -> None:
        for address in list(self._environments):
            self.remove(address)
        if self._server:
            self._server.close()
        for writer in list(self._connections):
            writer.close()

    async def _add_port(self, exchanges: Exchanges) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(reader, writer, lambda path: (exchanges, path))

        server = await asyncio.start_server(serve, _HOST, 0)
        address = f"{_HOST}:{server.sockets[0].getsockname()[1]}"
        self._ports[address], self._environments[address] = server, exchanges
        return address

    def _find(self, path: str) -> tuple[Exchanges | None, str]:
        token, _, rest = path.partition("/")
        return self._environments.get(token), rest

    async def _serve_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, self._find)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, find: Find) -> None:
        self._connections.add(writer)
        try:
            with suppress(OSError, h11.ProtocolError):
                await RuntimeConnection(reader, writer, find).run()
        finally:
            self._connections.discard(writer)
            writer.close()
