"""What agents call: analysis, SQL, documents and report files, in an agent's own process and as an MCP server."""
