"""Tools of MCP servers, by configuration: connected inside the run, and let go at its end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from strands.types.tools import AgentTool

from runtime.failures import ToolSetupError
from runtime.logs import log
from runtime.threads import Threads

if TYPE_CHECKING:
    from strands.tools.mcp import MCPClient

STARTUP_TIMEOUT: Final = 10
"""Seconds for a server to answer; Strands would wait 30."""

_STOP_TIMEOUT: Final = 5.0


@asynccontextmanager
async def open_tools(urls: Sequence[str], threads: Threads) -> AsyncIterator[list[AgentTool]]:
    """The tools of all servers, usable inside the block. Raises ToolSetupError naming the server that is not usable."""
    if not urls:
        yield []
        return
    clients: list[MCPClient] = []
    try:
        # A client that is kept across runs dies with the loop or the server it was made for: they live in the run.
        opened = await asyncio.gather(*(threads.run(_open, url, clients) for url in urls), return_exceptions=True)
        yield _merged(urls, opened)
    finally:
        await asyncio.gather(*(_stop(client, threads) for client in clients))


def _open(url: str, clients: "list[MCPClient]") -> list[AgentTool]:
    from strands.tools.mcp import MCPClient  # noqa: PLC0415  0.8 s of a cold start, paid by who has MCP servers

    client = MCPClient(url=url, startup_timeout=STARTUP_TIMEOUT)
    client.start()
    clients.append(client)
    tools: list[AgentTool] = []
    token: str | None = None
    while True:
        page = client.list_tools_sync(token)
        tools.extend(page)
        token = page.pagination_token
        if token is None:
            return tools


def _merged(urls: Sequence[str], opened: Sequence[list[AgentTool] | BaseException]) -> list[AgentTool]:
    owners: dict[str, str] = {}
    tools: list[AgentTool] = []
    for url, found in zip(urls, opened, strict=True):
        if isinstance(found, BaseException):
            raise ToolSetupError(f"the MCP server {url} cannot be used; check that it runs and is reachable") from found
        for tool in found:
            other = owners.setdefault(tool.tool_name, url)
            if other != url:
                raise ToolSetupError(
                    f"the MCP servers {other} and {url} both offer a tool {tool.tool_name}; remove one"
                )
            tools.append(tool)
    return tools


async def _stop(client: "MCPClient", threads: Threads) -> None:
    try:
        # stop() joins the client's thread, which hangs with a server that does not answer.
        async with asyncio.timeout(_STOP_TIMEOUT):
            await threads.run(client.stop, None, None, None)
    except Exception:
        log("worker.mcp_stop_failed", level="WARNING", exc_info=True)
