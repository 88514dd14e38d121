"""MCP servers that want credentials: these come from the secret of data sources, by the server's URL."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.engine.failures import ToolSetupError
from runtime.engine.mcp.keyed import KeyedRequests
from runtime.engine.mcp.servers import McpServers
from runtime.process.credentials import Credentials, CredentialsError
from runtime.process.secrets import PAUSE_SECONDS
from runtime.process.threads import Threads
from tests.runtime.agentcore_door import served

SECRET = "longrun/dev/data-source-credentials"


class Door:
    """Lets in who brings the key; `redirect` sends everybody elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.key = "first"
        self.brought: list[str | None] = []
        self.redirect = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = dict(scope["headers"]).get(b"x-key")
        self.brought.append(brought.decode() if brought else None)
        if self.redirect or self.brought[-1] != self.key:
            status, headers = (307, [(b"location", self.redirect.encode())]) if self.redirect else (401, [])
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, send)


class Store:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.value: object = {}

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == SECRET
        return {"SecretString": json.dumps(self.value)}


@pytest.fixture
def door() -> Iterator[tuple[Door, str]]:
    server = MCPServer("warehouse")

    @server.tool()
    def tables() -> str:
        """Names of the tables."""
        return "orders"

    door = Door(server.streamable_http_app(stateless_http=True))
    with served(door) as url:
        yield door, f"{url}/mcp"


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def credentials(store: Store) -> Credentials:
    create: Callable[[], Any] = lambda: store  # noqa: E731  typed as any client
    return Credentials(SECRET, create, lambda: store.now)


def names(url: str, credentials: Credentials) -> list[str]:
    """The tools that an agent gets."""

    async def scenario() -> list[str]:
        threads = Threads("test", 4)
        try:
            async with McpServers((url,), credentials=credentials).open_tools("analyst", "r", threads) as tools:
                return [tool.tool_name for tool in tools]
        finally:
            threads.close()

    return asyncio.run(scenario())


# Strands' client, after a start that failed, makes a coroutine for a loop that has ended.
FAILED = "ignore:coroutine 'MCPClient.stop.<locals>._set_close_event' was never awaited"


def test_a_server_gets_the_headers_that_the_secret_has_for_its_url(
    door: tuple[Door, str], store: Store, credentials: Credentials
) -> None:
    server, url = door
    store.value = {f"{url}/": {"x-key": "first"}, "https://other.example.com/mcp": {"x-key": "other"}}

    assert names(url, credentials) == ["tables"]
    assert set(server.brought) == {"first"}


def test_a_rotated_value_is_used_when_the_server_rejects_the_old_one(
    door: tuple[Door, str], store: Store, credentials: Credentials
) -> None:
    server, url = door
    store.value = {url: {"x-key": "first"}}
    names(url, credentials)
    server.key, store.value = "second", {url: {"x-key": "second"}}
    store.now += PAUSE_SECONDS

    assert names(url, credentials) == ["tables"]
    assert server.brought[-1] == "second"


@pytest.mark.filterwarnings(FAILED)
@pytest.mark.parametrize(
    ("held", "advice"),
    [
        ({}, f"it asks for credentials (HTTP 401); put its headers under its URL into the secret {SECRET}"),
        ({"x-key": "hush"}, f"it rejects its credentials in the secret {SECRET} (HTTP 401)"),
    ],
)
def test_a_server_that_rejects_the_caller_is_named_with_what_to_do(
    door: tuple[Door, str], store: Store, credentials: Credentials, held: dict[str, str], advice: str
) -> None:
    _, url = door
    store.value = {url: held} if held else {}

    with pytest.raises(ToolSetupError) as failed:
        names(url, credentials)

    assert advice in str(failed.value)
    assert "hush" not in str(failed.value)


@pytest.mark.parametrize("value", ["hush", {"http://127.0.0.1:1/mcp": "hush"}], ids=["no object", "no headers"])
def test_credentials_that_cannot_be_used_fail_the_run_without_a_call(
    store: Store, credentials: Credentials, value: object
) -> None:
    store.value = value

    with pytest.raises(
        ToolSetupError, match=f"MCP server http://127.0.0.1:1/mcp cannot be used; secret {SECRET}"
    ) as raised:
        names("http://127.0.0.1:1/mcp", credentials)

    assert "hush" not in str(raised.value)


def test_credentials_are_not_sent_without_https(store: Store, credentials: Credentials) -> None:
    url = "http://data.example.com/mcp"
    store.value = {url: {"x-key": "hush"}}

    with pytest.raises(CredentialsError, match="not https"):
        KeyedRequests(url, credentials)


@pytest.mark.filterwarnings(FAILED)
def test_credentials_follow_no_redirect(door: tuple[Door, str], store: Store, credentials: Credentials) -> None:
    server, url = door
    elsewhere = Door(Starlette())
    store.value = {url: {"x-key": "first"}}

    with served(elsewhere) as other:
        server.redirect = f"{other}/mcp"
        with pytest.raises(ToolSetupError):
            names(url, credentials)

    assert elsewhere.brought == []
