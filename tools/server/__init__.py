"""The analysis tools as an MCP server, and its entry point on AgentCore."""
