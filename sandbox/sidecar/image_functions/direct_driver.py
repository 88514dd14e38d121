"""Does what the Lambda Web Adapter does: asks the app whether it is ready, and sends it each event as a request."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final

import httpx

from sandbox.sidecar.image_functions.adapter_settings import AdapterSettings
from sandbox.sidecar.image_functions.app_replies import buffered, prelude
from sandbox.sidecar.image_functions.app_requests import app_request
from sandbox.sidecar.image_functions.function import HTTP_REPLY, FunctionError, Invocation, LostError, Reply

_CHECK_SECONDS: Final = 0.02
_FAILED: Final = "HandlerError"

# A connection for each request: the app may close a kept-alive one at the moment it is used again.
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
_TIMEOUT: Final = httpx.Timeout(None, connect=5.0)


class DirectDriver:
    """`context` is what the adapter tells the app of the function. Close it."""

    def __init__(self, settings: AdapterSettings, context: Mapping[str, Any]) -> None:
        self._settings = settings
        self._context = context
        transport = httpx.AsyncHTTPTransport(verify=False, trust_env=False, limits=_LIMITS)
        self._client = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)

    @property
    def waits_for(self) -> str:
        """What shows that the app is ready."""
        where = f"{self._settings.host}:{self._settings.ready_port}"
        if self._settings.ready_over_tcp:
            return f"a connection to {where}"
        return f"an answer to GET {self._settings.ready_path} from {where} (the variable AWS_LWA_PORT has the port)"

    async def ready(self) -> None:
        """Returns when the app is ready."""
        while not await self._is_ready():  # noqa: ASYNC110  the app is another process
            await asyncio.sleep(_CHECK_SECONDS)

    async def invoke(self, invocation: Invocation) -> Reply:
        """Returns the reply when its headers have arrived. Raises FunctionError."""
        context = {
            "request_id": invocation.request_id,
            "deadline": invocation.deadline_ms,
            "invoked_function_arn": invocation.arn,
            "xray_trace_id": invocation.trace,
            "client_context": None,
            "identity": None,
            "env_config": self._context,
        }
        try:
            made = app_request(invocation, context, self._settings)
        except (TypeError, ValueError, AttributeError) as error:
            raise FunctionError(_FAILED, f"the event is no valid request: {error}") from error
        url = f"http://{self._settings.host}:{self._settings.port}{made.target}"
        headers = [(name.encode(), value.encode()) for name, value in made.headers.items()]
        try:
            request = httpx.Request(made.method, url, headers=headers, content=made.body)
            answer = await self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LostError(_FAILED, f"the app gave no reply: {error or type(error).__name__}") from error
        if answer.status_code in self._settings.error_codes:
            raise FunctionError(_FAILED, await _status_error(answer))
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw]
        if self._settings.streams:
            return Reply(HTTP_REPLY, _streamed(prelude(answer.status_code, given), answer))
        return Reply("application/json", _whole(answer, given))

    async def close(self) -> None:
        await self._client.aclose()

    async def _is_ready(self) -> bool:
        where, port = self._settings.host, self._settings.ready_port
        if self._settings.ready_over_tcp:
            try:
                _, writer = await asyncio.open_connection(where, port)
            except OSError:
                return False
            writer.close()
            return True
        try:
            answer = await self._client.get(f"http://{where}:{port}{self._settings.ready_path}")
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code in self._settings.healthy


async def _status_error(answer: httpx.Response) -> str:
    """The message that the adapter reports for a status in AWS_LWA_ERROR_STATUS_CODES."""
    body = b""
    with suppress(httpx.HTTPError):
        body = await answer.aread()
    await answer.aclose()
    return json.dumps({"statusCode": answer.status_code, "body": body.decode(errors="replace")})


async def _streamed(start: bytes, answer: httpx.Response) -> AsyncIterator[bytes]:
    yield start
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx.HTTPError as error:
        raise _broken(error) from error
    finally:
        await answer.aclose()


async def _whole(answer: httpx.Response, headers: list[tuple[str, str]]) -> AsyncIterator[bytes]:
    try:
        body = b"".join([piece async for piece in answer.aiter_raw()])
    except httpx.HTTPError as error:
        raise _broken(error) from error
    finally:
        await answer.aclose()
    yield buffered(answer.status_code, headers, body)


def _broken(error: httpx.HTTPError) -> FunctionError:
    return LostError(_FAILED, f"the app's reply ended in the middle: {error or type(error).__name__}")
