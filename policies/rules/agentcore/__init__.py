"""AgentCore runtimes, their endpoints and memories."""
