"""API Gateway: WebSocket and HTTP APIs (version 2), and REST APIs (version 1)."""
