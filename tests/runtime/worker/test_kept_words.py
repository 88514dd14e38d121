"""What was said stays in the session, however its run ends, and every tool call has a result."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ConnectionClosedError
from strands import ToolContext, tool
from strands.types.exceptions import ModelThrottledException

from contract.events import EventType
from runtime.engine.conversations import ConversationStore
from runtime.process.conversation_files import STOPPED_TEXT
from tests.runtime.stage import Call, Do, End, Hold, Say, ScriptedModel, Stage, Turn

ANSWER: Turn = [Say(["Yes."])]
NO_RESULT = "The run ended before the tool returned a result."


def ask(stage: Stage, question: str = "How?", seconds: float = 12.0) -> str:
    """A run of the session s1, to its end."""
    run_id = stage.accept(question, session_id="s1")
    stage.serve(run_id, seconds)
    return run_id


def results(stage: Stage, run_id: str) -> list[tuple[str, str]]:
    """The status and content of the results of a run's tools; each call has one, and each result a call."""
    events = stage.journal.events[run_id]
    called = [event.data["tool_use_id"] for event in events if event.type is EventType.TOOL_CALL]
    given = [event.data for event in events if event.type is EventType.TOOL_RESULT]
    assert sorted(called) == sorted(data["tool_use_id"] for data in given)
    return [(data["status"], data["content"]) for data in given]


def stored(stage: Stage) -> Any:  # noqa: ANN401  JSON
    (kept,) = stage.bucket.objects.values()
    return json.loads(kept)


@pytest.mark.parametrize("cut", [End(None), End("max_tokens"), ConnectionClosedError(endpoint_url="https://model")])
def test_the_next_question_follows_an_answer_that_broke_off(stage: Stage, cut: End | Exception) -> None:
    stage.model = ScriptedModel([[Say(["Half of ", "it"]), cut], ANSWER])

    run_id = ask(stage)

    end = stage.end(run_id)
    assert (end.type, end.data["code"]) == (EventType.RUN_FAILED, "MODEL_ERROR")
    assert "broke off" in end.data["error"]
    ask(stage, "Go on.")
    assert stage.said() == [("user", "How?"), ("assistant", "Half of it"), ("user", "Go on.")]


def test_an_answer_that_broke_off_after_a_tool_keeps_the_tools_result(stage: Stage) -> None:
    @tool
    def look() -> str:
        """Look."""
        return "seen"

    stage.tools = [look]
    stage.model = ScriptedModel([[Say(["I look."]), Call("look")], [Say(["It is"]), End(None)], ANSWER])

    run_id = ask(stage)

    assert results(stage, run_id) == [("success", "seen")]
    ask(stage, "Go on.")
    assert [what for _, what in stage.said()] == ["How?", "I look.", "toolUse", "toolResult", "It is", "Go on."]


def test_a_model_that_is_throttled_after_a_tool_keeps_the_tools_result(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.retries.MAX_ATTEMPTS", 1)
    model = ScriptedModel([[Say(["I look."]), Call("look")], ANSWER])
    is_busy = threading.Event()

    @tool
    def look() -> str:
        """Look, after which the model is throttled."""
        is_busy.set()
        return "seen"

    class Throttled(ScriptedModel):
        """Takes no call while it is busy."""

        def stream(self, *others: Any, **named: Any) -> Any:  # noqa: ANN401  as Strands has it
            if is_busy.is_set():
                raise ModelThrottledException("slow down")
            return model.stream(*others, **named)

    stage.tools, stage.model = [look], Throttled([])

    assert stage.end(ask(stage)).data["code"] == "THROTTLED"

    stage.model = model
    ask(stage, "Go on.")
    assert [what for _, what in stage.said()] == ["How?", "I look.", "toolUse", "toolResult", STOPPED_TEXT, "Go on."]


def test_a_stream_that_breaks_off_before_a_word_keeps_the_question(stage: Stage) -> None:
    stage.model = ScriptedModel([[End(None)]])

    assert stage.types(ask(stage))[-1] == "RUN_FAILED"

    stage.model = ScriptedModel([ANSWER])
    ask(stage, "Well?")
    assert stage.said() == [("user", "How?"), ("assistant", STOPPED_TEXT), ("user", "Well?")]
    assert all(message["content"] for message in stored(stage))


def test_a_run_that_times_out_keeps_its_words(stage: Stage) -> None:
    stage.model = ScriptedModel([[Say(["Half of ", "it"]), Hold()], ANSWER])
    stage.margin = 1.0

    assert stage.types(ask(stage, seconds=1.3))[-1] == "RUN_TIMED_OUT"

    ask(stage, "Go on.")
    assert stage.said() == [("user", "How?"), ("assistant", "Half of it"), ("user", "Go on.")]


class Blocking:
    """A tool that ignores the end of its agent, beside one that returns at once."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self.release = threading.Event()

    def tools(self) -> list[Any]:
        @tool
        def block() -> str:
            """Block."""
            self.inside.set()
            self.release.wait(30)
            return "late"

        @tool
        def look() -> str:
            """Look."""
            return "seen"

        return [block, look]

    def end(self, stage: Stage, seconds: float, happens: Callable[[str], object]) -> str:
        """A run of the session s1 that ends while the tool blocks; then the tool returns."""
        run_id = stage.accept("How?", session_id="s1")

        async def invocation() -> None:
            serving = asyncio.create_task(stage.worker().serve(run_id, seconds))
            await asyncio.to_thread(self.inside.wait, 10)
            happens(run_id)
            await serving
            self.release.set()
            await stage.others_ended()

        asyncio.run(invocation())
        return run_id


@pytest.fixture
def blocking(stage: Stage) -> Blocking:
    tools = Blocking()
    stage.tools = tools.tools()
    stage.model = ScriptedModel([[Say(["I wait."]), Call("look"), Call("block")], ANSWER])
    return tools


def test_a_cancel_whose_tool_outlasts_the_grace_keeps_what_was_said_and_found(
    stage: Stage, blocking: Blocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.cancellation._CANCEL_GRACE", 0.2)

    run_id = blocking.end(stage, 12.0, stage.journal.request_cancel)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert results(stage, run_id) == [("success", "seen"), ("error", NO_RESULT)]
    stage.tools = []
    ask(stage, "Go on.")
    assert [what for _, what in stage.said()] == [
        *("How?", "I wait.", "toolUse", "toolUse"),
        *("toolResult", "toolResult", STOPPED_TEXT, "Go on."),
    ]
    found = [block["toolResult"]["content"][0]["text"] for block in stored(stage)[2]["content"]]
    assert found == ["seen", NO_RESULT]


def test_a_function_that_ends_while_a_tool_blocks_keeps_what_was_said(stage: Stage, blocking: Blocking) -> None:
    stage.margin = 1.0

    run_id = blocking.end(stage, 1.6, lambda _: None)

    assert stage.types(run_id)[-1] == "RUN_TIMED_OUT"
    assert results(stage, run_id)[-1] == ("error", NO_RESULT)
    ask(stage, "Go on.")
    assert stage.said()[:2] == [("user", "How?"), ("assistant", "I wait.")]


def test_a_run_that_was_cancelled_before_its_agent_began_leaves_the_answer_before_it_alone(stage: Stage) -> None:
    stage.model = ScriptedModel([ANSWER])
    ask(stage, "First?")
    run_id = stage.accept("Second?", session_id="s1")
    stage.journal.request_cancel(run_id)
    stage.serve(run_id)

    ask(stage, "Third?")

    assert [what for _, what in stage.said()] == ["First?", "Yes.", "Second?", STOPPED_TEXT, "Third?"]


def test_a_run_that_is_cancelled_while_its_agent_is_created_keeps_its_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.cancellation._CANCEL_GRACE", 0.2)
    stage.model = ScriptedModel([ANSWER])
    ask(stage, "First?")
    inside, release = threading.Event(), threading.Event()
    create = stage._agent  # noqa: SLF001  the stage's own factory, held up

    def slow(context: Any) -> Any:  # noqa: ANN401  as the factory has it
        inside.set()
        release.wait(30)
        return create(context)

    monkeypatch.setattr(stage, "_agent", slow)
    run_id = stage.accept("Second?", session_id="s1")

    async def invocation() -> None:
        serving = asyncio.create_task(stage.worker().serve(run_id, 12.0))
        await asyncio.to_thread(inside.wait, 10)
        stage.journal.request_cancel(run_id)
        await serving
        release.set()
        await stage.others_ended()

    asyncio.run(invocation())
    monkeypatch.undo()
    ask(stage, "Third?")

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert [what for _, what in stage.said()] == ["First?", "Yes.", "Second?", STOPPED_TEXT, "Third?"]


def test_a_journal_that_fails_in_the_middle_of_a_run_does_not_lose_the_conversation(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.event_writer._RETRY_DELAYS", (0.0, 0.0))
    append: Callable[..., Any] = stage.journal.log.append
    is_down = threading.Event()

    def append_or_fail(*args: Any) -> Any:  # noqa: ANN401  the log's own
        if is_down.is_set():
            raise ConnectionClosedError(endpoint_url="https://journal")
        return append(*args)

    monkeypatch.setattr(stage.journal.log, "append", append_or_fail)
    stage.model = ScriptedModel([[Say(["Half "]), Do(is_down.set), Say(["of it"]), Hold()]])

    with pytest.raises(ConnectionClosedError):
        ask(stage)

    assert [message["content"][0]["text"] for message in stored(stage)] == ["How?", "Half of it"]


def test_a_tool_that_cancels_its_own_run_from_outside_still_has_a_result(stage: Stage) -> None:
    @tool(context="tool_context")
    def end(tool_context: ToolContext) -> str:
        """End the agent at once."""
        tool_context.agent.cancel(message="I stop here.")
        return "ok"

    stage.tools = [end]
    stage.model = ScriptedModel([[Call("end")], ANSWER])

    run_id = ask(stage)

    assert results(stage, run_id) == [("success", "ok")]
    assert stage.text(run_id) == "I stop here."
    ask(stage, "Go on.")
    assert stage.said()[-2:] == [("assistant", "I stop here."), ("user", "Go on.")]


def test_a_stored_history_with_empty_messages_is_repaired_before_it_is_sent(stage: Stage) -> None:
    store = ConversationStore("payloads", cast(Any, stage.bucket))
    store.save("owner", "s1", [{"role": "user", "content": [{"text": "First?"}]}], None)
    (key,) = stage.bucket.objects
    broken = [
        {"role": "user", "content": [{"text": "First?"}]},
        {"role": "assistant", "content": []},
        {"role": "user", "content": [{"text": "Second?"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}]},
    ]
    stage.bucket.objects[key] = json.dumps(broken).encode()
    stage.model = ScriptedModel([ANSWER])

    ask(stage, "Third?")

    assert [what for _, what in stage.said()] == [
        *("First?", STOPPED_TEXT, "Second?"),
        *("toolUse", "toolResult", STOPPED_TEXT, "Third?"),
    ]
    assert all(message["content"] for message in stored(stage))
