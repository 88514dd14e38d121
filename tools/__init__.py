"""Analysis tools: statistics on tables, for agents, MCP clients and container tasks alike."""
