"""MCP servers that want credentials: headers from the stack's secret of data sources, by the server's URL.

The secret is a JSON object such as {"https://data.example.com/mcp": {"Authorization": "Bearer ..."}}.
"""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from mcp.client.streamable_http import streamable_http_client

from runtime.process.credentials import REJECTED, Credentials, CredentialsError, is_private

_PATIENCE: Final = httpx2.Timeout(30, read=300)
"""Seconds, as MCP's own client has them."""


class KeyedRequests(httpx2.Auth):
    """Adds the server's headers to each request, as they are at that moment. Raises CredentialsError."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._credentials = credentials
        self._status = 0
        self.has_headers = bool(self._headers())

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.update(self._headers())
        response = yield request
        if response.status_code in REJECTED and self._credentials.renew():
            request.headers.update(self._headers())
            response = yield request
        # MCP's client keeps the status to itself.
        if response.status_code in REJECTED:
            self._status = response.status_code

    def rejection(self) -> str | None:
        """What to do about a server that has rejected a request; None where it has not."""
        if not self._status:
            return None
        if self.has_headers:
            return f"it rejects its credentials in the secret {self._credentials.secret_id} (HTTP {self._status})"
        return (
            f"it asks for credentials (HTTP {self._status}); put its headers under its URL into the secret "
            f"{self._credentials.secret_id}"
        )

    def _headers(self) -> dict[str, str]:
        by_url = {url.rstrip("/"): given for url, given in self._credentials.read().items()}
        given = by_url.get(self._url.rstrip("/"))
        if given is None:
            return {}
        if not is_private(self._url):
            raise CredentialsError("its credentials are not sent, as its address is not https")
        return self._credentials.headers(given)


@asynccontextmanager
async def keyed_transport(url: str, auth: KeyedRequests) -> AsyncIterator[Any]:
    """MCP's streams to a server. Its credentials follow no redirect."""
    async with (
        httpx2.AsyncClient(auth=auth, timeout=_PATIENCE, follow_redirects=not auth.has_headers) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams
