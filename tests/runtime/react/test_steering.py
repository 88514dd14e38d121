"""Messages that steer a run of the ReAct workflow: the model's next turn has each, once, although steps are tried
again."""

import time
from typing import Any

import pytest
from strands import tool

from contract.events import EventType, Status
from contract.run_ids import new_run_id
from runtime.journal import Head, NewRun
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Do, Say

pytestmark = pytest.mark.dynamodb

FAILED = r"the agent failed"


@tool
def look() -> str:
    """Look."""
    return "seen"


def steer(react: ReactStage, text: str) -> Head:
    """A message to the run's session while it is active."""
    head = react.journal.head(react.run_id)
    message = NewRun(
        new_run_id(), head.session_id, head.owner, "scripted", text, "c2", time.time() + 900, if_busy="steer"
    )
    return react.journal.accept(message)[0]


def heard(react: ReactStage) -> list[tuple[str, str]]:
    """The newest conversation that the model was called with."""
    return [
        (message["role"], str(block.get("text", next(iter(block)))))
        for message in react.model.heard[-1]
        for block in message["content"]
    ]


def after_tools(react: ReactStage, *turns: Any) -> None:  # noqa: ANN401  steps of the model
    """A run whose first turn has called a tool, and has its result."""
    react.tools = [look]
    react.script([Call("look")], *turns)
    react.parse()
    (call,) = react.invoke(1)["calls"]
    react.append(1, [react.call(1, call["tool_use_id"])])


def test_the_next_turn_has_a_message(react: ReactStage, sent: list[tuple[str, dict[str, Any]]]) -> None:
    after_tools(react, [Say(["Done."])])
    message = steer(react, "Leave out age.")

    assert react.invoke(2)["next"] == "FINISH"

    assert heard(react)[-2:] == [("user", "toolResult"), ("user", "Leave out age.")]
    assert react.types()[-4:] == ["TOOL_RESULT", "MESSAGE", "TEXT", "USAGE"]
    assert react.journal.head(message.run_id).status is Status.SUCCEEDED
    ends = [frame["event"] for to, frame in sent if to == "c2" and frame["event"]["type"] == "RUN_SUCCEEDED"]
    assert [end["data"]["steered_into"] for end in ends] == [react.run_id]
    react.finish(2, "end_turn")
    assert ("user", "Leave out age.") in stored(react)


def test_a_message_is_given_again_to_a_turn_that_is_tried_again(react: ReactStage) -> None:
    after_tools(react, [RuntimeError("the process died")], [Call("look")], [Say(["Done."])])
    steer(react, "Leave out age.")
    with pytest.raises(Exception, match=FAILED):
        react.invoke(2)

    (call,) = react.invoke(2, attempt=2)["calls"]
    assert heard(react)[-2:] == [("user", "toolResult"), ("user", "Leave out age.")]
    react.append(2, [react.call(2, call["tool_use_id"])])
    react.invoke(3)

    assert [said for _, said in heard(react)].count("Leave out age.") == 1
    assert react.types().count("MESSAGE") == 1


def test_a_message_after_the_last_turn_becomes_the_next_run(react: ReactStage) -> None:
    sends: list[Head] = []
    react.script([Say(["Done."]), Do(lambda: sends.append(steer(react, "And income?")))])
    react.parse()
    react.finish(1, react.invoke(1)["reason"])

    assert sends[0].behind == react.run_id
    assert react.journal.head(sends[0].run_id).behind == ""
    assert EventType.MESSAGE not in [event.type for event in react.events()]


def test_a_session_keeps_a_message_whose_turn_failed(react: ReactStage) -> None:
    after_tools(react, [RuntimeError("the process died")])
    steer(react, "Leave out age.")
    with pytest.raises(Exception, match=FAILED):
        react.invoke(2)

    react.error("InvokeLLM", "AgentFailed", "it failed")

    assert stored(react)[-3:-1] == [("user", "toolResult"), ("user", "Leave out age.")]


def test_a_session_keeps_a_message_whose_first_turn_failed(react: ReactStage) -> None:
    react.script([Say(["I think"]), RuntimeError("the process died")])
    react.parse()
    steer(react, "In one sentence.")
    with pytest.raises(Exception, match=FAILED):
        react.invoke(1)

    react.error("InvokeLLM", "AgentFailed", "it failed")

    assert stored(react)[0] == ("user", "How?\n\nIn one sentence.")


def stored(react: ReactStage) -> list[tuple[str, str]]:
    """The session's conversation."""
    head = react.journal.head(react.run_id)
    messages = react.end()._conversations.read(head.owner, head.session_id).messages  # noqa: SLF001
    return [
        (message["role"], str(block.get("text", next(iter(block)))))
        for message in messages
        for block in message["content"]
    ]
