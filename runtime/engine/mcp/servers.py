"""Tools of MCP servers: connected inside the run, and disconnected at its end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError
from strands.types.tools import AgentTool

from runtime.engine.failures import ToolSetupError
from runtime.engine.mcp.names import agent_names
from runtime.engine.tools.registration import origin_of, same_name
from runtime.environment import RuntimeAddress
from runtime.process.aws_clients import boto3_session
from runtime.process.credentials import Credentials, CredentialsError
from runtime.process.logs import log
from runtime.process.threads import Threads
from runtime.tracing.baggage import baggage_headers

if TYPE_CHECKING:
    from strands.tools.mcp import MCPAgentTool, MCPClient

STARTUP_TIMEOUT: Final = 10
"""Seconds for a server to answer; Strands would wait 30."""

RUNTIME_STARTUP_TIMEOUT: Final = 60
"""The same for a server on AgentCore, whose session may have to be started first."""

_STOP_TIMEOUT: Final = 5.0


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server as errors name it, and how a client of it is made; `rejection` returns why it rejected
    a request, if that is known."""

    name: str
    create_client: "Callable[[], MCPClient]"
    rejection: Callable[[], str | None] = lambda: None

    @classmethod
    def at(cls, url: str, credentials: Credentials | None = None) -> "McpServer":
        """The server at an http(s) address, with its headers among the credentials. It may block for a call of Secrets
        Manager. Raises ToolSetupError."""
        if credentials is None:
            return cls(url, partial(_client, url=url, startup_timeout=STARTUP_TIMEOUT))
        from runtime.engine.mcp.keyed import KeyedRequests, keyed_transport  # noqa: PLC0415  as in _client

        try:
            auth = KeyedRequests(url, credentials)
        except CredentialsError as error:
            raise ToolSetupError(f"the MCP server {url} cannot be used; {error}") from error
        transport = partial(keyed_transport, url, auth)
        return cls(url, partial(_client, transport, startup_timeout=STARTUP_TIMEOUT), auth.rejection)


class McpServers:
    """The servers that a process knows: `urls`, whose tools every agent gets, and `runtimes` on AgentCore, for the
    agents that ask for them: `wanted` has their names by agent. `credentials` are those of the servers at URLs."""

    def __init__(
        self,
        urls: Sequence[str],
        runtimes: Mapping[str, RuntimeAddress] | None = None,
        wanted: Mapping[str, Sequence[str]] | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self._urls = tuple(urls)
        self._runtimes = runtimes or {}
        self._wanted = wanted or {}
        self._credentials = credentials
        self._addresses: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._urls) + len(self._runtimes)

    @asynccontextmanager
    async def open_tools(self, agent: str, run_id: str, threads: Threads) -> AsyncIterator[list[AgentTool]]:
        """The tools for an agent's run, usable inside the block. Raises ToolSetupError naming the server that is not
        usable."""
        names = self._wanted.get(agent, ())
        servers: list[McpServer] = []
        if self._urls:
            servers += await threads.run(lambda: [McpServer.at(url, self._credentials) for url in self._urls])
        if names:
            headers = baggage_headers()
            servers += await threads.run(lambda: [self._hosted(agent, name, run_id, headers) for name in names])
        async with open_tools(servers, threads) as tools:
            yield tools

    def _hosted(self, agent: str, name: str, run_id: str, headers: Mapping[str, str]) -> McpServer:
        from runtime.engine.mcp.runtimes import SignedRequests, invocation_url, region_of, signed_transport  # noqa: PLC0415  few need it

        address = self._runtimes.get(name)
        if address is None:
            known = ", ".join(sorted(self._runtimes)) or "none"
            raise ToolSetupError(
                f"agent {agent!r} asks for the MCP server {name!r}, which this deployment does not have; it has {known}"
            )
        try:
            auth = SignedRequests.create(region_of(address))
            if name not in self._addresses:  # 50 ms each time
                self._addresses[name] = invocation_url(address, boto3_session())
        except BotoCoreError as error:
            raise ToolSetupError(f"the MCP server {name} cannot be used; the agent has no AWS credentials") from error
        # One session for a run: its steps find the server started, and no other run's calls wait for theirs.
        transport = partial(signed_transport, self._addresses[name], run_id, auth, headers)
        return McpServer(name, partial(_client, transport, startup_timeout=RUNTIME_STARTUP_TIMEOUT), auth.rejection)


@asynccontextmanager
async def open_tools(servers: Sequence[McpServer], threads: Threads) -> AsyncIterator[list[AgentTool]]:
    """The tools of all servers, usable inside the block. Raises ToolSetupError naming the server that is not usable."""
    if not servers:
        yield []
        return
    clients: list[MCPClient] = []
    try:
        # A client that is kept across runs dies with the loop or the server it was made for: they live in the run.
        opening = (threads.run(_open, server, clients) for server in servers)
        opened = await asyncio.gather(*opening, return_exceptions=True)
        yield _merged(servers, opened)
    finally:
        await asyncio.gather(*(_stop(client, threads) for client in clients))


def _client(transport: Callable[[], Any] | None = None, *, url: str | None = None, startup_timeout: int) -> "MCPClient":
    from strands.tools.mcp import MCPClient  # noqa: PLC0415  0.8 s of a cold start, only for agents with MCP servers

    return MCPClient(transport, url=url, startup_timeout=startup_timeout)


def _open(server: McpServer, clients: "list[MCPClient]") -> list[AgentTool]:
    client = server.create_client()
    client.start()
    clients.append(client)
    tools: list[MCPAgentTool] = []
    token: str | None = None
    while True:
        page = client.list_tools_sync(token)
        tools.extend(page)
        token = page.pagination_token
        if token is None:
            return _named(server, tools)


def _named(server: McpServer, tools: "Sequence[MCPAgentTool]") -> list[AgentTool]:
    from runtime.engine.mcp.server_tool import ServerTool  # noqa: PLC0415  as in _client

    names = agent_names([tool.mcp_tool.name for tool in tools])
    twice = [name for name, count in Counter(tool.mcp_tool.name for tool in tools).items() if count > 1]
    if twice:
        raise ToolSetupError(f"the MCP server {server.name} lists two tools {twice[0]}; rename or remove one there")
    return [ServerTool(tool, names[tool.mcp_tool.name], server.name) for tool in tools]


def _merged(servers: Sequence[McpServer], opened: Sequence[list[AgentTool] | BaseException]) -> list[AgentTool]:
    tools: dict[str, tuple[AgentTool, McpServer]] = {}
    for server, found in zip(servers, opened, strict=True):
        if isinstance(found, ToolSetupError):
            raise found
        if isinstance(found, BaseException):
            reason = server.rejection() or "check that it runs and is reachable"
            raise ToolSetupError(f"the MCP server {server.name} cannot be used; {reason}") from found
        for tool in found:
            other, owner = tools.setdefault(same_name(tool.tool_name), (tool, server))
            if other is not tool:
                raise _clash(server, tool, owner, other)
    return [tool for tool, _ in tools.values()]


def _clash(server: McpServer, tool: AgentTool, owner: McpServer, other: AgentTool) -> ToolSetupError:
    if tool.tool_name == other.tool_name:
        message = f"the MCP servers {owner.name} and {server.name} both offer a tool {tool.tool_name}; remove one"
        return ToolSetupError(message)
    both = f"{origin_of(other)} and {origin_of(tool)}"
    return ToolSetupError(f"two tools have the same name: {both}; remove one (- and _ count as the same)")


async def _stop(client: "MCPClient", threads: Threads) -> None:
    try:
        # stop() joins the client's thread, which hangs with a server that does not answer.
        async with asyncio.timeout(_STOP_TIMEOUT):
            await threads.run(client.stop, None, None, None)
    except Exception:
        log("worker.mcp_stop_failed", level="WARNING", exc_info=True)
