"""A tool of an MCP server under the agent's name for it. Imported only where there are such servers: MCP's libraries
take 0.8 s of a cold start."""

from strands.tools.mcp import MCPAgentTool


class ServerTool(MCPAgentTool):
    """Called by the server's own name. `origin` says where it comes from."""

    def __init__(self, tool: MCPAgentTool, name: str, server: str) -> None:
        super().__init__(tool.mcp_tool, tool.mcp_client, name_override=name, timeout=tool.timeout)
        self.origin = f"{tool.mcp_tool.name} of the MCP server {server}"
