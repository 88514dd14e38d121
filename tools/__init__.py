"""What agents call: analysis, SQL and report files, in an agent's own process and as an MCP server."""
