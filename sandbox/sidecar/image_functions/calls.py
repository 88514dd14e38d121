"""One invocation of a function, from the emulator's request to the last line of the answer."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from sandbox.sidecar.image_functions.environment import FunctionEnvironment
from sandbox.sidecar.image_functions.function import (
    BUFFERED_BYTES,
    HTTP_REPLY,
    STREAMED_BYTES,
    FunctionError,
    ImageFunction,
    Invocation,
)
from sandbox.sidecar.image_functions.pool import FunctionPool

_LINES: Final = 64


class FunctionCall:
    """Lines of JSON: `start` with the content type of the reply, `data` with its pieces in base64, and one of `end` and
    `error`. A reader who leaves does not end the invocation."""

    def __init__(self, function: ImageFunction, asked: Mapping[str, Any]) -> None:
        self._function = function
        self._request_id = str(asked["request_id"])
        self._trace = str(asked.get("trace") or _new_trace())
        self._event = json.dumps(asked["event"]).encode()
        self._lines: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue(_LINES)
        self._left = False

    async def lines(self) -> AsyncIterator[str]:
        """Yields the lines, each with its end."""
        try:
            while (line := await self._lines.get()) is not None:
                yield json.dumps(line) + "\n"
        finally:
            self._left = True
            while not self._lines.empty():
                self._lines.get_nowait()

    async def run(self, pool: FunctionPool) -> None:
        """Runs the invocation to its end."""
        try:
            await self._serve(pool, await pool.take(self._function))
        except FunctionError as error:
            await self._tell({"error": error.to_json()})
        except Exception as error:
            await self._tell({"error": {"errorType": "Sandbox.Error", "errorMessage": f"the sandbox failed: {error}"}})
            raise
        finally:
            await self._tell(None)

    async def _serve(self, pool: FunctionPool, environment: FunctionEnvironment) -> None:
        began, failed = time.monotonic(), None
        deadline_ms = int((time.time() + self._function.timeout) * 1000)
        invocation = Invocation(self._request_id, self._event, self._function.arn, self._trace, deadline_ms)
        try:
            async with asyncio.timeout(self._function.timeout):
                await self._relay(environment, invocation)
        except FunctionError as error:
            failed = error
        except TimeoutError:
            environment.retire()
            late = f"RequestId: {self._request_id} Error: Task timed out after {self._function.timeout:.2f} seconds"
            failed = FunctionError("Sandbox.Timedout", late)
        finally:
            environment.report(invocation, time.monotonic() - began, failed)
            pool.give(environment)
        await self._tell({"error": failed.to_json()} if failed else {"end": {}})

    async def _relay(self, environment: FunctionEnvironment, invocation: Invocation) -> None:
        reply = await environment.invoke(invocation)
        await self._tell({"start": {"content_type": reply.content_type}})
        most, size = STREAMED_BYTES if reply.content_type == HTTP_REPLY else BUFFERED_BYTES, 0
        async for piece in reply.pieces:
            size += len(piece)
            if size > most:
                environment.retire()  # the rest of its reply is read by nobody
                message = f"Response payload size exceeded maximum allowed payload size ({most} bytes)."
                raise FunctionError("Function.ResponseSizeTooLarge", message)
            await self._tell({"data": base64.b64encode(piece).decode()})

    async def _tell(self, line: Mapping[str, Any] | None) -> None:
        """Waits for a slow reader; drops the line where the reader has left."""
        if not self._left:
            await self._lines.put(line)


def _new_trace() -> str:
    """The header of a trace that nobody records, which Lambda makes for each invocation without one."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
