"""One line of the log for each request, with the route in place of its path: a path may have a secret in it."""

import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.process.logs import log

HEALTH: Final = "/healthz"

_LINE: Final = "longrun.line"
"""The key of a request's line in its scope."""

_UNKNOWN: Final = "(unknown)"
_OK: Final = 200


class RequestLines:
    """Logs requests once their responses have ended, apart from checks of the health that succeed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        line = scope[_LINE] = {"route": _UNKNOWN, "method": scope["method"], "status": None}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            if (line["route"], line["status"]) != (HEALTH, _OK):
                fields = {name: value() if callable(value) else value for name, value in line.items()}
                log("http.served", **fields, elapsed_ms=round((time.monotonic() - started) * 1000, 1))


def note(scope: Scope, **fields: Any) -> None:  # noqa: ANN401  fields of a log line
    """Add fields to the request's line: nothing that is secret, and nothing of its path or body but a run's id. A
    function is called at the end of the response."""
    scope[_LINE].update(fields)
