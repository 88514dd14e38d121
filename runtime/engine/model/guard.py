"""Watches every call of a model: an answer that just ends is no answer, and no tool runs with what was cut off."""

import json
import re
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from strands import Agent
from strands.hooks import BeforeToolCallEvent
from strands.middleware import InvokeModelContext, InvokeModelStage, TypedEvent
from strands.models import Model
from strands.types.streaming import StreamEvent

from runtime.engine.failures import CutStreamError, UnusableAnswerError, UnusableRequestError
from runtime.engine.model.interruption import until_cancelled
from runtime.engine.model.service_failures import service_failure
from runtime.process.logs import log

_QUOTED_CHARS: Final = 200
"""Of a tool's arguments that are no JSON, for the model to see what it sent."""

_TOOL_NAME: Final = re.compile(r"[\w.-]{1,64}")

_UNSENDABLE: Final = (OverflowError, RecursionError, TypeError, UnicodeError)
"""What a model's library raises for a message that it has no form for."""


class ModelGuard:
    """Guards the model calls of one agent, whatever its model is."""

    def __init__(self) -> None:
        self._unreadable: dict[str, str] = {}

    def attach(self, agent: Agent) -> None:
        # Added last, this handler is the innermost: it sees the model that is really called.
        agent.add_middleware(InvokeModelStage, self._call)
        agent.add_hook(self._before_tool, BeforeToolCallEvent)

    async def _call(
        self, context: InvokeModelContext, call: Callable[[InvokeModelContext], AsyncGenerator[TypedEvent, None]]
    ) -> AsyncGenerator[TypedEvent, None]:
        guarded = cast("Model", GuardedModel(context.model, self._unreadable))
        async for event in call(context.replace(model=guarded)):
            yield event

    def _before_tool(self, event: BeforeToolCallEvent) -> None:
        """Let the model read that its arguments were none: Strands calls the tool without arguments then."""
        use: Any = event.tool_use
        sent = self._unreadable.pop(str(use["toolUseId"]), None)
        if sent is not None:
            event.cancel_tool = (
                f"The tool was not run: its arguments are not a JSON object: {sent[:_QUOTED_CHARS]}\n"
                "Call it again with one complete JSON object."
            )


class GuardedModel:
    """The model of one call: all of it but its stream, which raises an error where the answer is not complete."""

    def __init__(self, model: Model, unreadable: dict[str, str]) -> None:
        self._model = model
        self._unreadable = unreadable

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the model has
        return getattr(self._model, name)

    async def stream(self, *args: Any, **settings: Any) -> AsyncGenerator[StreamEvent, None]:  # noqa: ANN401  as Model
        """Yields the model's chunks. Raises CutStreamError for an answer without its end, UnusableAnswerError for a
        call of a tool without its name, UnusableRequestError, or what the model raised before its answer began."""
        answer = _Answer()
        signal: threading.Event | None = settings.get("cancel_signal")
        try:
            chunks = self._model.stream(*args, **settings)
            async for chunk in chunks if signal is None else until_cancelled(chunks, signal):
                answer.feed(chunk)
                yield chunk
        except Exception as error:
            if answer.is_complete:
                log("worker.model_stream_failed_after_its_answer", level="WARNING", exc_info=True)
                return
            broken = answer.broken_by(error)
            if broken is None:
                raise
            raise broken from error
        if not answer.is_complete and not (signal is not None and signal.is_set()):
            raise answer.cut()
        self._unreadable.update(answer.unreadable())


@dataclass(slots=True)
class _ToolCall:
    id: object = None
    name: object = None
    input: str = ""
    is_object: bool = True

    @property
    def shown(self) -> str:
        return self.name if isinstance(self.name, str) and _TOOL_NAME.fullmatch(self.name) else "without a name"


class _Answer:
    """What has come of one answer."""

    def __init__(self) -> None:
        self.is_complete = False
        self._has_chunk = False
        self._has_text = False
        self._calls: list[_ToolCall] = []
        self._is_inside_call = False

    def feed(self, chunk: Mapping[str, Any]) -> None:
        self._has_chunk = True
        if "contentBlockStart" in chunk:
            use = (chunk["contentBlockStart"].get("start") or {}).get("toolUse")
            if use is not None:
                self._begin_call(use)
        elif "contentBlockDelta" in chunk:
            self._feed_delta(chunk["contentBlockDelta"]["delta"])
        elif "contentBlockStop" in chunk:
            self._end_block()
        elif "messageStop" in chunk:
            self._end(str(chunk["messageStop"].get("stopReason")))

    def cut(self, before: CutStreamError | None = None) -> CutStreamError:
        """The error of an answer that ended here; `before` is what the model's own library noticed of it."""
        tool = self._calls[-1].shown if self._is_inside_call else None
        if before is None:
            return CutStreamError(tool, is_empty=not self._has_begun)
        return CutStreamError(tool or before.tool, is_empty=before.is_empty and not self._has_begun)

    def broken_by(self, error: Exception) -> Exception | None:
        """The error to raise in the place of the model's, None to raise that one."""
        if isinstance(error, CutStreamError):
            return self.cut(error)
        if self._has_begun and service_failure(error) is not None:
            return self.cut()
        if not self._has_chunk and isinstance(error, _UNSENDABLE):
            return UnusableRequestError(type(error).__name__)
        return None

    def unreadable(self) -> dict[str, str]:
        """The arguments that are not a JSON object, by the id of their call."""
        return {str(call.id): call.input for call in self._calls if not call.is_object}

    @property
    def _has_begun(self) -> bool:
        return self._has_text or bool(self._calls)

    def _begin_call(self, use: Mapping[str, Any]) -> None:
        self._calls.append(_ToolCall(use.get("toolUseId"), use.get("name")))
        self._is_inside_call = True

    def _feed_delta(self, delta: Mapping[str, Any]) -> None:
        if delta.get("text"):
            self._has_text = True
        use = delta.get("toolUse")
        if use is not None:
            if not self._is_inside_call:
                self._begin_call({})
            call = self._calls[-1]
            # Some models send the id and the name with the arguments.
            call.id, call.name = call.id or use.get("toolUseId"), call.name or use.get("name")
            call.input += str(use.get("input") or "")

    def _end_block(self) -> None:
        if self._is_inside_call:
            self._is_inside_call = False
            self._calls[-1].is_object = _is_object(self._calls[-1])

    def _end(self, stop_reason: str) -> None:
        # Strands drops the calls of an answer that reached its token limit, and ends the run with that reason.
        if stop_reason != "max_tokens" and not all(call.name and call.id for call in self._calls):
            raise UnusableAnswerError("the model called a tool without a name; ask again, or configure another model")
        self.is_complete = True


def _is_object(call: _ToolCall) -> bool:
    """Whether the arguments are a JSON object; nothing and null are those of a tool without parameters. Raises
    UnusableAnswerError for a nest that Strands cannot read either."""
    if not call.input.strip():
        return True
    try:
        return isinstance(json.loads(call.input), dict | None)
    except ValueError:
        return False
    except RecursionError as error:
        message = f"the model called the tool {call.shown} with arguments that are nested too deeply; ask again"
        raise UnusableAnswerError(message) from error
