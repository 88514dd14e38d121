"""An OpenAI client whose streams end with an error where the server's answer just ends.

Strands takes a stream without a finish reason for a complete answer, and joins the tool calls of servers that number
them wrongly."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

from openai import APIError, AsyncOpenAI, AuthenticationError

from runtime.engine.failures import CutStreamError, UnusableAnswerError
from runtime.engine.model.api_key import ApiKey
from runtime.process.logs import log

_USAGE_SECONDS: Final = 10.0
"""For what follows the finish reason, the number of tokens: some servers keep the connection open after it."""

_SHORTEST_KEY: Final = 8
"""Characters: a shorter one is the placeholder of a server without keys, or a word that errors contain anyway."""

_ENDED: Final = frozenset(
    {
        *("content_filter", "function_call", "length", "stop", "tool_calls"),
        *("end_turn", "eos", "eos_token", "stop_sequence"),
    }
)
"""Finish reasons of an answer that the model itself has ended: OpenAI's, and those of other servers. Any other, such as
`abort` or `error`, is of an answer that was not ended."""


class CheckedOpenAI:
    """A client as Strands' OpenAIModel calls it; all but its chat completions is the client's own."""

    def __init__(self, client: AsyncOpenAI, key: ApiKey | None = None) -> None:
        self._client = client
        self.chat = SimpleNamespace(completions=_Completions(client, key))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the client has
        return getattr(self._client, name)


class _Completions:
    def __init__(self, client: AsyncOpenAI, key: ApiKey | None) -> None:
        self._client = client
        self._key = key

    async def create(self, **request: Any) -> Any:  # noqa: ANN401  as the client has it
        if self._key is not None:
            self._client.api_key = await asyncio.to_thread(self._key.current)
        try:
            response = await self._request(request)
        except AuthenticationError as error:
            if not await self._has_newer_key(error):
                raise
            response = await self._request(request)
        return self._checked(response) if request.get("stream") else response

    async def _request(self, request: Mapping[str, Any]) -> Any:  # noqa: ANN401  as the client has it
        try:
            return await self._client.chat.completions.create(**request)
        except APIError as error:
            _redact(error, self._client.api_key)
            raise

    async def _has_newer_key(self, error: AuthenticationError) -> bool:
        """Whether the secret holds another key than the one that the server rejected; it is then the client's."""
        sent = error.request.headers.get("authorization", "").removeprefix("Bearer ")
        newer = await asyncio.to_thread(self._key.after_rejection, sent) if self._key is not None else None
        if newer is None:
            return False
        log("worker.model_key_renewed")
        self._client.api_key = newer
        return True

    async def _checked(self, response: Any) -> AsyncGenerator[Any, None]:  # noqa: ANN401  the library builds it unchecked
        answer = _Chunks()
        try:
            async for chunk in response:
                answer.feed(chunk)
                yield chunk
                if answer.is_finished:
                    break
            answer.check_end()
            async for chunk in _rest(response):
                yield chunk
        except (CutStreamError, UnusableAnswerError):
            raise
        except (ValueError, AttributeError, TypeError, LookupError) as error:
            # The library decodes lines and builds objects without a check.
            raise answer.unreadable() from error
        except Exception as error:
            if isinstance(error, APIError):
                _redact(error, self._client.api_key)
            if answer.has_calls:
                # Strands sends a tool's call on when it is complete, so that nobody else knows of it.
                raise answer.cut() from error
            raise
        finally:
            await response.close()


async def _rest(response: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    """What follows a finished answer, as far as it comes: the answer does not depend on it."""
    chunks: list[Any] = []
    try:
        async with asyncio.timeout(_USAGE_SECONDS):
            async for chunk in response:
                chunks.append(chunk)  # noqa: PERF401  what has come is kept when the time is over
    except Exception:
        log("worker.model_usage_unknown", level="WARNING", exc_info=True)
    for chunk in chunks:
        yield chunk


class _Chunks:
    """What has come of one answer."""

    def __init__(self) -> None:
        self.is_finished = False
        self._has_text = False
        self._tool = ""
        self._ids: defaultdict[object, str] = defaultdict(lambda: f"call_{uuid4().hex[:24]}")
        self._numbers: dict[tuple[object, str], int] = {}

    @property
    def has_calls(self) -> bool:
        return bool(self._numbers)

    def feed(self, chunk: Any) -> None:  # noqa: ANN401  as above
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            if getattr(choice, "delta", None) is None:
                # Azure reports its content filter in choices without a delta.
                choice.delta = SimpleNamespace(content=None, tool_calls=None)
            self._has_text = self._has_text or bool(choice.delta.content)
            for call in choice.delta.tool_calls or []:
                self._feed_call(call)
            reason = getattr(choice, "finish_reason", None)
            if reason and reason not in _ENDED:
                raise self.cut()
            self.is_finished = bool(reason)

    def check_end(self) -> None:
        """Raises CutStreamError where no finish reason has come."""
        if not self.is_finished:
            raise self.cut()

    def cut(self) -> CutStreamError:
        return CutStreamError(self._tool or None, is_empty=not self._has_text and not self.has_calls)

    def unreadable(self) -> Exception:
        if self._has_text or self.has_calls:
            return self.cut()
        return UnusableAnswerError("the model service's answer cannot be read; check that the URL is that of its API")

    def _feed_call(self, call: Any) -> None:  # noqa: ANN401  as above
        """Give the call the number and the id that Strands joins its parts by: servers leave out either, and some give
        every call the number 0."""
        function = call.function = getattr(call, "function", None) or SimpleNamespace(name=None, arguments="")
        index, name = getattr(call, "index", None), getattr(function, "name", None)
        arguments = getattr(function, "arguments", None)
        is_new = bool(name) and not getattr(call, "id", None) and index is None
        if getattr(call, "id", None):
            self._ids[index] = call.id
        elif is_new:
            self._ids.pop(index, None)
        call.id = self._ids[index]
        call.index = self._numbers.setdefault((index, call.id), len(self._numbers))
        self._tool = name or self._tool
        if arguments is not None and not isinstance(arguments, str):
            function.arguments = json.dumps(arguments)


def _redact(error: APIError, key: str) -> None:
    """Take the key out of what a server answered: the log has the error's text."""
    if len(key) >= _SHORTEST_KEY and key in str(error):
        error.message = error.message.replace(key, "***")
        error.args = (str(error).replace(key, "***"),)
