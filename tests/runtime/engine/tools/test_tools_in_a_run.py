"""Runs whose agent calls a tool that returns or raises the unexpected."""

import argparse
import asyncio
import dataclasses
import datetime
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from enum import Enum
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from strands import Agent, tool
from strands.hooks import AfterToolCallEvent
from strands.tools.tools import PythonAgentTool
from strands.types.tools import AgentTool, ToolGenerator, ToolSpec, ToolUse

from contract.events import EventType
from runtime.agent_context import AgentContext
from tests.runtime.stage import Call, Say, ScriptedModel, Stage

Seen = tuple[str, str]
"""The status of a result and its content as text."""


def outcome(stage: Stage, given: Any, **arguments: Any) -> Seen:  # noqa: ANN401  whatever Strands takes as a tool
    """The result of the tool `given` in a run with that one call, which model and journal must see alike."""
    stage.tools = [given]
    name = given.tool_name
    stage.model = ScriptedModel([[Call(name, arguments)], [Say(["Done."])]])
    run_id = stage.accept()
    stage.serve(run_id)
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED", stage.end(run_id).data
    (journalled,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    (block,) = stage.model.heard[1][-1]["content"]
    result = block["toolResult"]
    assert result["toolUseId"] == journalled["tool_use_id"]
    texts = [
        json.dumps(part["json"], ensure_ascii=False) if "json" in part else part["text"] for part in result["content"]
    ]
    model_saw = (result["status"], "\n".join(texts))
    assert model_saw == (journalled["status"], journalled["content"])
    json.dumps(stage.model.heard[1]).encode()
    json.dumps(result, ensure_ascii=False).encode()
    return model_saw


def returning(value: object) -> Any:  # noqa: ANN401  a decorated tool
    @tool(name="given")
    def give() -> Any:  # noqa: ANN401  as above
        """Give it."""
        return value

    return give


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    at: datetime.date


class Order(BaseModel):
    total: Decimal
    day: datetime.date


class Mute:
    def __str__(self) -> str:
        raise SystemExit(1)

    __repr__ = __str__


class Shy:
    @property
    def __class__(self) -> Any:  # noqa: ANN401  as a proxy without a target does
        raise RuntimeError

    @__class__.setter
    def __class__(self, value: object) -> None: ...


def cycle() -> list[object]:
    items: list[object] = [1]
    items.append(items)
    return items


DAY = datetime.date(2026, 3, 1)


RETURNED: list[tuple[object, str]] = [
    ({"status": 200, "content": None}, '{"status": 200, "content": null}'),
    ({"status": "success", "content": "all is well"}, "all is well"),
    ({"status": "ok", "content": [1, 2]}, '{"status": "ok", "content": [1, 2]}'),
    ({"status": "success", "content": ["a", {"n": 1}]}, 'a\n{"n": 1}'),
    ({"status": "success", "content": "x", "rows": 3}, '{"status": "success", "content": "x", "rows": 3}'),
    ({"status": "success", "content": []}, "(no output)"),
    ({"status": "success", "content": [{"text": 5}]}, '{"text": 5}'),
    ({"status": "success", "content": [{"json": {"n": float("nan")}}]}, '{"n": null}'),
    ({"status": "success", "content": [{"image": None}]}, '{"image": null}'),
    ({"status": np.array([1, 2]), "content": "x"}, '{"status": [1, 2], "content": "x"}'),
    ("", "(no output)"),
    (None, "null"),
    (Decimal("1.50"), "1.50"),
    ({"total": Decimal("1.50")}, '{"total": "1.50"}'),
    (DAY, "2026-03-01"),
    ([{"day": DAY}], '[{"day": "2026-03-01"}]'),
    (b"plain", "plain"),
    ({"raw": b"\xff\x00"}, '{"raw": "/wA="}'),
    ({3, 1, 2}, "[1, 2, 3]"),
    (np.int64(3), "3"),
    ({"mean": np.float32(1.5), "all": np.arange(2)}, '{"mean": 1.5, "all": [0, 1]}'),
    (float("nan"), "null"),
    ({"best": float("inf")}, '{"best": null}'),
    (10**5000, "1" + "0" * 5000),
    ([10**5000], f'["1{"0" * 5000}"]'),
    ((n * n for n in range(3)), "[0, 1, 4]"),
    ("cut \ud83d", "cut \ufffd"),
    ({"\udc00": "\ud83d\ude00"}, '{"\ufffd": "\U0001f600"}'),
    (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), '[{"a": 1, "b": "x"}, {"a": 2, "b": null}]'),
    (Point(1, DAY), '{"x": 1, "at": "2026-03-01"}'),
    (Order(total=Decimal("2.10"), day=DAY), '{"total": "2.10", "day": "2026-03-01"}'),
    ({Colour.RED: uuid.UUID(int=1)}, '{"red": "00000000-0000-0000-0000-000000000001"}'),
    (cycle(), '[1, "…"]'),
    ([Mute()], '["<Mute: SystemExit>"]'),
    (Mute(), "<Mute: SystemExit>"),
    (Shy(), "<Shy: RuntimeError>"),
]


# By number, since pytest would print the values themselves.
@pytest.mark.parametrize(("value", "text"), RETURNED, ids=[str(number) for number in range(len(RETURNED))])
def test_whatever_a_tool_returns_is_its_result(stage: Stage, value: object, text: str) -> None:
    status, content = outcome(stage, returning(value))

    assert status == "success"
    assert content == text


def test_an_error_that_a_tool_returns_stays_one(stage: Stage) -> None:
    assert outcome(stage, returning({"status": "error", "content": "disk full"})) == ("error", "disk full")


def test_an_endless_iterator_is_cut(stage: Stage) -> None:
    status, content = outcome(stage, returning(itertools.count()))

    assert status == "success"
    assert content.startswith("[0, 1, 2, 3")


def test_a_generator_that_fails_while_it_is_read_is_a_tool_error(stage: Stage) -> None:
    @tool
    def rows() -> Iterator[int]:
        """Give rows."""
        yield 1
        raise OSError("the file is gone")

    assert outcome(stage, rows) == ("error", "Error: OSError - the file is gone")


def test_a_function_that_returns_a_coroutine_is_awaited(stage: Stage) -> None:
    async def later() -> dict[str, Decimal]:
        return {"n": Decimal(3)}

    @tool
    def start() -> Any:  # noqa: ANN401  as a wrapper without types does
        """Start it."""
        return later()

    assert outcome(stage, start) == ("success", '{"n": "3"}')


def test_the_last_value_of_an_asynchronous_generator_is_the_result(stage: Stage) -> None:
    @tool
    async def progress() -> AsyncIterator[object]:
        """Report progress."""
        yield {"done": 0.5}
        yield {"status": 200, "content": None}

    assert outcome(stage, progress) == ("success", '{"status": 200, "content": null}')


def test_an_asynchronous_generator_without_values_has_no_output(stage: Stage) -> None:
    @tool
    async def nothing() -> AsyncIterator[object]:
        """Report nothing."""
        for item in range(0):
            yield item

    assert outcome(stage, nothing) == ("success", "(no output)")


class OwnExitError(BaseException):
    """What a framework uses to leave its loop."""


class Unprintable(Exception):  # noqa: N818  the name of a user's class
    def __str__(self) -> str:
        raise KeyboardInterrupt


RAISED: list[tuple[Callable[[], NoReturn] | BaseException, str]] = [
    (SystemExit(2), "Error: the tool raised SystemExit - 2"),
    (KeyboardInterrupt(), "Error: the tool raised KeyboardInterrupt"),
    (asyncio.CancelledError(), "Error: the tool raised CancelledError"),
    (OwnExitError("bye"), "Error: the tool raised OwnExitError - bye"),
    (StopIteration(7), "Error: the tool raised StopIteration - 7"),
    (StopAsyncIteration(), "Error: the tool raised StopAsyncIteration"),
    (GeneratorExit(), "Error: the tool raised GeneratorExit"),
    (Unprintable(), "Error: the tool raised Unprintable"),
    (ValueError("half \ud83d"), "Error: the tool raised ValueError - half \ufffd"),
    (
        BaseExceptionGroup("two", [SystemExit(1), ValueError("x")]),
        "Error: the tool raised BaseExceptionGroup - two (2 sub-exceptions)",
    ),
    (RecursionError("deep"), "Error: RecursionError - deep"),
    (ValueError("wrong"), "Error: wrong"),
]
NAMES = [type(error).__name__ for error, _ in RAISED]


@pytest.mark.parametrize(("error", "text"), RAISED, ids=NAMES)
def test_whatever_a_function_raises_is_a_tool_error(stage: Stage, error: BaseException, text: str) -> None:
    @tool
    def fail() -> None:
        """Fail."""
        raise error

    assert outcome(stage, fail) == ("error", text)


@pytest.mark.parametrize(("error", "text"), RAISED, ids=NAMES)
def test_whatever_a_coroutine_raises_is_a_tool_error(stage: Stage, error: BaseException, text: str) -> None:
    @tool
    async def fail() -> None:
        """Fail."""
        await asyncio.sleep(0)
        raise error

    # Python itself turns a StopIteration that leaves a coroutine into a RuntimeError.
    expected = "Error: RuntimeError - coroutine raised StopIteration" if isinstance(error, StopIteration) else text
    assert outcome(stage, fail) == ("error", expected)


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), GeneratorExit(), OwnExitError()])
def test_whatever_an_asynchronous_generator_raises_is_a_tool_error(stage: Stage, error: BaseException) -> None:
    @tool
    async def fail() -> AsyncIterator[int]:
        """Fail."""
        yield 1
        raise error

    status, content = outcome(stage, fail)

    assert status == "error"
    assert type(error).__name__ in content


def test_a_command_line_that_argparse_rejects_is_a_tool_error(stage: Stage) -> None:
    @tool
    def parse(line: str) -> str:
        """Parse a command line."""
        parser = argparse.ArgumentParser(prog="x")
        parser.add_argument("--size", type=int)
        return str(parser.parse_args(line.split()))

    assert outcome(stage, parse, line="--size big") == ("error", "Error: the tool raised SystemExit - 2")


def test_a_coroutine_that_cancels_its_own_task_is_a_tool_error(stage: Stage) -> None:
    @tool
    async def cancel() -> None:
        """Cancel this task."""
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    assert outcome(stage, cancel) == ("error", "Error: the tool raised CancelledError")


SPEC: ToolSpec = {"name": "module", "description": "A tool of a module.", "inputSchema": {"json": {"type": "object"}}}


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (lambda *_, **__: {"rows": Decimal(2)}, ("success", '{"rows": "2"}')),
        (lambda *_, **__: exec("raise StopIteration"), ("error", "Error: the tool raised StopIteration")),  # noqa: S102
        (lambda *_, **__: exec("raise SystemExit"), ("error", "Error: the tool raised SystemExit")),  # noqa: S102
    ],
)
def test_a_tool_that_is_a_module_is_guarded_as_well(stage: Stage, function: Callable[..., Any], seen: Seen) -> None:
    assert outcome(stage, PythonAgentTool("module", SPEC, function)) == seen


class OwnTool(AgentTool):
    """A tool whose class is the user's own."""

    def __init__(self, play: Callable[[], AsyncIterator[Any]]) -> None:
        super().__init__()
        self._play = play

    @property
    def tool_name(self) -> str:
        return "own"

    @property
    def tool_spec(self) -> ToolSpec:
        return {**SPEC, "name": "own"}

    @property
    def tool_type(self) -> str:
        return "own"

    def stream(self, tool_use: ToolUse, invocation_state: dict[str, Any], **kwargs: Any) -> ToolGenerator:  # noqa: ANN401, ARG002
        return self._play()  # type: ignore[return-value]


def test_a_tool_of_an_own_class_may_end_with_any_value_or_error(stage: Stage) -> None:
    async def number() -> AsyncIterator[Any]:
        yield 7

    async def leave() -> AsyncIterator[Any]:
        yield 1
        raise SystemExit(4)

    def never() -> NoReturn:
        raise OwnExitError

    assert outcome(stage, OwnTool(number)) == ("success", "7")
    assert outcome(stage, OwnTool(leave)) == ("error", "Error: the tool raised SystemExit - 4")
    assert outcome(stage, OwnTool(never)) == ("error", "Error: the tool raised OwnExitError")


def test_a_tool_of_an_agent_that_is_a_tool_does_not_end_the_run(stage: Stage) -> None:
    @tool
    async def leave() -> None:
        """Leave."""
        raise SystemExit(5)

    inner = Agent(
        model=ScriptedModel([[Call("leave")], [Say(["It left."])]]),
        tools=[leave],
        callback_handler=None,
        name="inner",
    )

    assert outcome(stage, inner.as_tool(), input="Go") == ("success", "It left.\n")


def test_a_tool_of_an_agent_that_a_tool_creates_does_not_end_the_run(stage: Stage) -> None:
    @tool
    def numbers() -> object:
        """Give numbers."""
        return next(iter(()))

    def create(context: AgentContext) -> Agent:
        inner = ScriptedModel([[Call("numbers")], [Say(["There are none."])]])

        @tool
        async def delegate() -> str:
            """Ask another agent."""
            other = context.agent(system_prompt="", model=inner, messages=[], tools=[numbers])
            return str(await other.invoke_async("Numbers?"))

        return context.agent(system_prompt="", tools=[delegate])

    stage._agent = create  # type: ignore[method-assign]  # noqa: SLF001  another agent than the stage's
    stage.model = ScriptedModel([[Call("delegate")], [Say(["Done."])]])
    run_id = stage.accept()
    stage.serve(run_id)

    (result,) = [event.data for event in stage.journal.events[run_id] if event.type is EventType.TOOL_RESULT]
    assert result["content"] == "There are none.\n"
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_what_a_hook_makes_of_a_result_is_valid_as_well(stage: Stage) -> None:
    def replace(event: AfterToolCallEvent) -> None:
        event.result = {"status": 500, "content": {1, 2}}  # type: ignore[typeddict-item]

    original = stage._agent  # noqa: SLF001  the stage's own factory, with one hook more

    def create(context: Any) -> Agent:  # noqa: ANN401  as the factory
        agent = original(context)
        agent.add_hook(replace)
        return agent

    stage._agent = create  # type: ignore[method-assign]  # noqa: SLF001  as above

    assert outcome(stage, returning("fine")) == ("success", '{"status": 500, "content": [1, 2]}')


def test_what_the_model_gives_a_tool_is_valid_text_for_all(stage: Stage) -> None:
    given: list[object] = []

    @tool
    def take(text: str, numbers: list[float | None]) -> str:
        """Take it."""
        given.extend([text, *numbers])
        return text

    assert outcome(stage, take, text="half \ud83d", numbers=[float("nan"), 1.5]) == ("success", "half \ufffd")
    assert given == ["half \ufffd", None, 1.5]
    (use,) = [block["toolUse"] for block in stage.model.heard[1][-2]["content"]]
    assert use["input"] == {"text": "half \ufffd", "numbers": [None, 1.5]}


def test_an_input_that_is_no_object_is_a_tool_error_and_an_object_in_the_history(stage: Stage) -> None:
    @tool
    def take(text: str) -> str:
        """Take it."""
        return text

    stage.tools = [take]
    stage.model = ScriptedModel([[Call("take", ["a", "b"])], [Say(["Done."])]])  # type: ignore[arg-type]
    run_id = stage.accept()
    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.model.heard[1][-2]["content"][0]["toolUse"]["input"] == {"input": ["a", "b"]}
    assert stage.model.heard[1][-1]["content"][0]["toolResult"]["status"] == "error"


def test_a_call_is_in_the_journal_before_its_tool_begins(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    append: Callable[..., Any] = stage.journal.log.append
    seen: list[str] = []

    def slow(*args: Any) -> Any:  # noqa: ANN401  as the original
        time.sleep(0.05)
        return append(*args)

    monkeypatch.setattr(stage.journal.log, "append", slow)

    @tool
    def look() -> str:
        """Look into the journal."""
        seen.extend(stage.types(run_id))
        return "seen"

    stage.tools = [look]
    stage.model = ScriptedModel([[Say(["Let me", " look."]), Call("look"), Call("look")], [Say(["Done."])]])
    run_id = stage.accept()
    stage.serve(run_id)

    assert seen.count("TOOL_CALL") == 4
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_a_run_that_is_cancelled_while_its_tool_works_is_cancelled(stage: Stage) -> None:
    @tool
    async def wait() -> str:
        """Wait for the cancellation."""
        stage.journal.request_cancel(run_id)
        while not made[-1].cancel_signal.is_set():  # noqa: ASYNC110  set by the worker's heartbeat
            await asyncio.sleep(0.01)
        raise asyncio.CancelledError

    original, made = stage._agent, list[Agent]()  # noqa: SLF001  the stage's own factory

    def create(context: Any) -> Agent:  # noqa: ANN401  as the factory
        made.append(original(context))
        return made[-1]

    stage._agent = create  # type: ignore[method-assign]  # noqa: SLF001  as above
    stage.tools = [wait]
    stage.model = ScriptedModel([[Call("wait")], [Say(["Never."])]])
    run_id = stage.accept()
    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
