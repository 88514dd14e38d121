"""Event streams as HTTP responses: an error before the first event becomes the response's status."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox.sidecar.bedrock.errors import BedrockError, ConnectionCut
from sandbox.sidecar.bedrock.eventstream import CONTENT_TYPE, encode_exception
from sandbox.sidecar.bedrock.replies import Events, StreamEvent

Frames = AsyncGenerator[bytes, None]
Encode = Callable[[StreamEvent], bytes]


class EventStreamResponse(StreamingResponse):
    """A stream of frames that ends when the client disconnects, or in the middle when a fault cuts it."""

    media_type = CONTENT_TYPE

    def __init__(self, frames: Frames) -> None:
        super().__init__(frames)
        self._frames = frames

    @classmethod
    async def of(cls, events: Events, encode: Encode = StreamEvent.encode) -> "EventStreamResponse":
        """Waits for the first frame, whose BedrockError must become the HTTP response; raises it. `encode` may return
        nothing for an event."""
        frames = _frames(events, encode)
        return cls(_chained(await anext(frames), frames))

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._frames) as frames:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            try:
                async for frame in frames:
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
            except ConnectionCut:
                # Without a last, empty body the server closes the connection in the middle of the response.
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class CutResponse(Response):
    """Starts a response and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        # Without a length the body is chunked, and the client notices that the last chunk is missing.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})


async def _frames(events: Events, encode: Encode) -> Frames:
    async with aclosing(events):
        begun = False
        try:
            async for batch in events:
                if frame := b"".join(encode(event) for event in batch):
                    yield frame
                    begun = True
        except BedrockError as error:
            if not begun:
                raise
            yield encode_exception(error.stream_kind, error.message)


async def _chained(first: bytes, rest: Frames) -> Frames:
    async with aclosing(rest):
        yield first
        async for frame in rest:
            yield frame
