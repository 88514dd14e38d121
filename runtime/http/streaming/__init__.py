"""The streaming endpoint: an ASGI application that starts runs, streams their events, and executes them."""
