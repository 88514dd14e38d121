"""Calls of tools' functions: whatever one raises is a value here, until it is safe to raise."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from strands.interrupt import InterruptException
from strands.types.tools import ToolResult

from runtime.engine.json_safe import is_instance
from runtime.engine.tools.results import returned, to_exception
from runtime.process.logs import log


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What a call returned, or the error that it raised."""

    value: Any = None
    error: BaseException | None = None

    def unwrap(self) -> Any:  # noqa: ANN401  what the tool returned
        """The value. Raises the error as an exception that the agent's loop survives, and Strands' interrupts as they
        are."""
        if self.error is None:
            return self.value
        if isinstance(self.error, InterruptException):
            raise self.error
        if not isinstance(self.error, Exception):
            log("worker.tool_raised", level="WARNING", exc_info=self.error)
        raise to_exception(self.error)


async def call(function: Callable[..., Any], *args: object, **kwargs: object) -> ToolResult:
    """The result of a tool's function, called in a thread, or as a coroutine in a task of its own: a tool that cancels
    the task it runs in cancels itself only. Raises as CallOutcome.unwrap does."""
    if inspect.iscoroutinefunction(function):
        value = _Awaitable(function(*args, **kwargs))
    else:
        value = (await asyncio.to_thread(_attempt, _result_of, function, *args, **kwargs)).unwrap()
    if isinstance(value, _Awaitable):
        awaited = (await _in_task(_awaited(value.awaitable))).unwrap()
        # In a thread as well: an iterator does its work when it is read.
        value = (await asyncio.to_thread(_attempt, returned, awaited, "")).unwrap()
    result: ToolResult = value
    return result


async def stream(function: Callable[..., Any], *args: object, **kwargs: object) -> AsyncGenerator[Any]:
    """What a tool's generator yields, then the result: what it yielded last. Raises as CallOutcome.unwrap does."""
    values = function(*args, **kwargs)
    last: object = ""
    try:
        while not isinstance((step := await step_of(values)).error, StopAsyncIteration):
            last = step.unwrap()
            yield last
    finally:
        with suppress(Exception):
            await values.aclose()
    yield (await asyncio.to_thread(_attempt, returned, last, "")).unwrap()


def survivable(error: BaseException) -> Exception:
    """The error as an exception that does not end the event loop. Raises it where it cancels the running task."""
    if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
        raise error
    return to_exception(error)


async def step_of(values: AsyncGenerator[Any]) -> CallOutcome:
    """The next value; StopAsyncIteration is the error after the last. Raises CancelledError only where the task is
    being cancelled from outside."""
    try:
        return CallOutcome(await anext(values))
    except BaseException as error:
        survivable(error)
        return CallOutcome(error=error)


@dataclass(frozen=True, slots=True)
class _Awaitable:
    awaitable: Awaitable[Any]


def _result_of(function: Callable[..., Any], *args: object, **kwargs: object) -> ToolResult | _Awaitable:
    value = function(*args, **kwargs)
    return _Awaitable(value) if is_instance(value, Awaitable) else returned(value, "")


def _attempt(function: Callable[..., Any], *args: object, **kwargs: object) -> CallOutcome:
    try:
        return CallOutcome(function(*args, **kwargs))
    except BaseException as error:
        return CallOutcome(error=error)


async def _awaited(awaitable: Awaitable[Any]) -> CallOutcome:
    try:
        return CallOutcome(await awaitable)
    except BaseException as error:
        return CallOutcome(error=error)


async def _in_task(attempt: Coroutine[Any, Any, CallOutcome]) -> CallOutcome:
    task = asyncio.create_task(attempt)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()
    return CallOutcome(error=asyncio.CancelledError()) if task.cancelled() else task.result()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a tool as one that returns a valid result or raises as CallOutcome.unwrap does."""
    if inspect.isasyncgenfunction(function):

        async def streamed(*args: object, **kwargs: object) -> AsyncGenerator[Any]:
            async for value in stream(function, *args, **kwargs):
                yield value

        return streamed

    async def called(*args: object, **kwargs: object) -> ToolResult:
        return await call(function, *args, **kwargs)

    return called
