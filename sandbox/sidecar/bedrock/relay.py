"""Relays conversations to an OpenAI-compatible server, for a sandbox with a real model."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx

from contract.loopback import LOOPBACK
from sandbox.sidecar.bedrock.chat_request import chat_request
from sandbox.sidecar.bedrock.chat_stream import ChatStream, broke_off
from sandbox.sidecar.bedrock.conversation import Conversation
from sandbox.sidecar.bedrock.errors import BedrockError
from sandbox.sidecar.bedrock.model_server import ModelServer
from sandbox.sidecar.bedrock.pacing import Pace
from sandbox.sidecar.bedrock.replies import Events, StreamEvent, metadata

_TIMEOUT = httpx.Timeout(connect=5.0, read=300.0, write=30.0, pool=None)
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=50)

_KINDS = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    413: "ValidationException",
    422: "ValidationException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}


class Relay:
    """One server and one model on it; without a name, the first model that the server lists."""

    def __init__(self, server: ModelServer, model_name: str, client: httpx.AsyncClient) -> None:
        self._server = server
        self._shown_url = server.shown
        self._model_name = model_name
        self._client = client

    @classmethod
    def create(cls, url: str, model_name: str = "", api_key: str = "") -> "Relay":
        """Returns a relay to the server's base URL, with or without /v1; raises SettingsError unless it is http(s)."""
        server = ModelServer.parse(url)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # A proxy from the environment cannot reach this machine's loopback addresses.
        trusts_proxy = server.host not in LOOPBACK
        client = httpx.AsyncClient(headers=headers, timeout=_TIMEOUT, limits=_LIMITS, trust_env=trusts_proxy)
        return cls(server, model_name, client)

    @property
    def description(self) -> str:
        return f"{self._model_name or 'first model'} at {self._shown_url}"

    async def close(self) -> None:
        await self._client.aclose()

    async def answer(self, conversation: Conversation, pace: Pace) -> Events:
        """Yields the server's answer as it arrives, whatever the pace is."""
        del pace
        begin = time.monotonic()
        stream = ChatStream()
        body = chat_request(conversation, await self._model())
        chunks = self._chunks(body)
        async with aclosing(chunks):
            has_begun = False
            try:
                async for chunk in chunks:
                    events = _events(stream, chunk)
                    # Before the first chunk an error becomes the response's status.
                    yield events if has_begun else [stream.begin(), *events]
                    has_begun = True
            except BedrockError as error:
                if has_begun and not stream.is_finished and isinstance(error.__cause__, httpx.TransportError):
                    raise broke_off("the connection failed") from error
                if not stream.is_finished:
                    raise
        yield list(stream.end())
        sent = stream.usage.get("prompt_tokens", conversation.input_tokens)
        received = stream.usage.get("completion_tokens", stream.output_tokens)
        yield [metadata(sent, received, round(1000 * (time.monotonic() - begin)))]

    async def _chunks(self, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        try:
            async with self._client.stream("POST", self._server.url("chat/completions"), json=body) as response:
                if response.is_error:
                    raise self._service_error(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                    if data == "[DONE]":
                        return
                    if data:
                        yield _chunk(data)
        except httpx.TimeoutException as error:
            raise BedrockError("ModelTimeoutException", f"The model server {self._shown_url} took too long.") from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    async def _model(self) -> str:
        if not self._model_name:
            try:
                response = await self._client.get(self._server.url("models"))
                listed = response.raise_for_status().json()["data"]
                self._model_name = str(listed[0]["id"])
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
            except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
                message = f"The model server {self._shown_url} lists no model: name one with --model-name."
                raise BedrockError("ResourceNotFoundException", message) from error
        return self._model_name

    def _service_error(self, status: int, body: bytes) -> BedrockError:
        is_server_error = httpx.codes.is_server_error(status)
        kind = _KINDS.get(status, "InternalServerException" if is_server_error else "ModelErrorException")
        text = body.decode(errors="replace").strip()
        try:
            text = str(json.loads(text)["error"]["message"])
        except (ValueError, LookupError, TypeError):
            text = text[:500]
        key = self._client.headers.get("Authorization", "").removeprefix("Bearer ")
        said = text
        for secret in filter(None, (key, *self._server.secrets)):
            said = said.replace(secret, "***")
        return BedrockError(kind, f"The model server answered {status}: {said or 'no reason given'}")

    def _unreachable(self, error: Exception) -> BedrockError:
        reason = str(error) or type(error).__name__
        return BedrockError(
            "ServiceUnavailableException",
            f"The model server {self._shown_url} does not answer ({reason}): is it running, and is the URL right?",
        )


def _events(stream: ChatStream, chunk: dict[str, Any]) -> list[StreamEvent]:
    try:
        return list(stream.feed(chunk))
    except (AttributeError, KeyError, TypeError) as error:
        message = f"The model server sent a chunk that is no chat completion: {json.dumps(chunk)[:200]}"
        raise BedrockError("ModelStreamErrorException", message) from error


def _chunk(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except ValueError as error:
        message = f"The model server sent something that is not JSON: {data[:200]}"
        raise BedrockError("ModelStreamErrorException", message) from error
    if not isinstance(chunk, dict) or chunk.get("error"):
        raise BedrockError("ModelStreamErrorException", f"The model server broke off: {data[:500]}")
    return chunk
