"""Passes an agent's reply on to the caller, chunk by chunk."""

import asyncio
from collections.abc import Callable, Mapping

import httpx
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

STREAM_SECONDS = 3_600.0
"""The time after which AgentCore ends a streamed reply."""


class RelayedReply(StreamingResponse):
    """Ends in the middle where the agent does. A caller that disconnects only closes the connection to the agent.

    `done` must be idempotent. It is called before the caller gets the last byte, because the caller's next request may
    follow at once, and again at any end.
    """

    def __init__(self, reply: httpx.Response, headers: Mapping[str, str], done: Callable[[], None]) -> None:
        super().__init__(reply.aiter_raw(), reply.status_code, headers)
        self._reply = reply
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()
            await self._reply.aclose()

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        left = int(self._reply.headers.get("content-length", -1))
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                async for chunk in self.body_iterator:
                    left -= len(chunk)
                    if left == 0:
                        self._done()
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (httpx.HTTPError, TimeoutError):
            # Without a last body the server closes the connection in the middle of the response.
            return
        self._done()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
