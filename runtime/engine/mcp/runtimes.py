"""MCP servers on AgentCore: their address, and the signature of every request to them."""

from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx2
from mcp.client.streamable_http import streamable_http_client

from runtime.environment import RuntimeAddress
from runtime.process.signing import Signer

if TYPE_CHECKING:
    import boto3

SESSION_HEADER: Final = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"

_SERVICE: Final = "bedrock-agentcore"
_PATIENCE: Final = httpx2.Timeout(30, read=900)
"""Seconds; AgentCore itself ends a request after a quarter of an hour."""

_REJECTED: Final = 400
_REASONS: Final[Mapping[int, str]] = {
    403: "AgentCore denies access; allow bedrock-agentcore:InvokeAgentRuntime on it in the caller's role",
    404: "AgentCore knows no such runtime or endpoint; deploy again",
    424: "its process does not start or fails; see the log group of its runtime",
    429: "AgentCore has reached a limit; ask again in a minute",
}
"""The meaning of AgentCore's HTTP statuses, and what to do."""


def region_of(address: RuntimeAddress) -> str:
    """The region in which a runtime is; the host may be in another."""
    return address.arn.split(":")[3]


def invocation_url(address: RuntimeAddress, session: "boto3.Session") -> str:
    """The address that takes MCP's requests. Its host is that of the AWS SDK, environment variables considered."""
    # The client knows it: partitions have domains of their own, and AWS_ENDPOINT_URL_BEDROCK_AGENTCORE overrides all.
    endpoint = session.client("bedrock-agentcore", region_name=region_of(address)).meta.endpoint_url
    return f"{endpoint}/runtimes/{quote(address.arn, safe='')}/invocations?qualifier={quote(address.endpoint, safe='')}"


class SignedRequests(httpx2.Auth):
    """Signs each request as it goes out; a signature holds for five minutes and for one body."""

    requires_request_body = True

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._status = 0

    @classmethod
    def create(cls, region: str) -> "SignedRequests":
        """Raises botocore's NoCredentialsError."""
        return cls(Signer.create(_SERVICE, region))

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        signed = self._signer.headers(request.method, str(request.url), request.content, {})
        request.headers.update(signed)
        response = yield request
        # MCP's client keeps the status to itself.
        if request.method == "POST" and response.status_code >= _REJECTED:
            self._status = response.status_code

    def rejection(self) -> str | None:
        """Why AgentCore rejected a request and what to do; None where it did not, or the reason is unknown."""
        return _REASONS.get(self._status)


@asynccontextmanager
async def signed_transport(
    url: str, session_id: str, auth: SignedRequests, headers: Mapping[str, str]
) -> AsyncIterator[Any]:
    """MCP's streams to a runtime's address, all requests signed and in one session of AgentCore, with these further
    headers."""
    named = {**headers, SESSION_HEADER: session_id}
    async with (
        httpx2.AsyncClient(headers=named, auth=auth, timeout=_PATIENCE) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams
