import json
from datetime import datetime
from typing import Any

import pytest
from strands import tool
from strands.types.exceptions import ModelThrottledException

from contract.events import EventType
from runtime.journal import RunWriter
from runtime.react.ending.step_errors import ModelError, ModelThrottled
from tests.runtime.conftest import Sent
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Do, End, Hold, Raw, Say, Until

pytestmark = pytest.mark.dynamodb


@tool
def double(number: int) -> str:
    """Double a number.

    Args:
        number: The number.
    """
    return str(number * 2)


def refusals(react: ReactStage, turn: int = 1) -> list[str]:
    saved = react.files.turn(react.run_id, turn)
    assert saved is not None
    return [call.refused for call in saved.calls]


def test_a_call_goes_to_the_state_machine_and_runs_nothing(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Say(["First."]), Call("double", {"number": 2}), Call("double", {"number": 3})])
    react.parse()

    reply = react.invoke(1)

    assert reply == {
        "next": "TOOLS",
        "calls": [{"tool_use_id": "1-1", "name": "double"}, {"tool_use_id": "1-2", "name": "double"}],
        "reason": "",
        "seq": react.events()[-1].seq,
    }
    assert react.types() == ["RUN_ACCEPTED", "TEXT", "USAGE", "TOOL_CALL", "TOOL_CALL"]
    assert react.events()[-1].data == {"tool_use_id": "1-2", "name": "double", "input": {"number": 3}}


def test_the_first_text_of_a_run_is_logged_for_its_metric_once(
    react: ReactStage, capsys: pytest.CaptureFixture[str]
) -> None:
    react.tools = [double]
    react.script([Call("double", {"number": 2})], [Say(["One."]), Call("double", {"number": 3})], [Say(["Two."])])
    react.parse()
    for turn in (1, 2):
        (call,) = react.invoke(turn)["calls"]
        react.append(turn, [react.call(turn, call["tool_use_id"])])
    react.invoke(3)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (found,) = [line for line in lines if "first_text_ms" in line]
    (first, _) = [event for event in react.events() if event.type is EventType.TEXT]
    assert (found["event"], found["run_id"]) == ("invoke_llm.first_text", react.run_id)
    assert found["first_text_ms"] == pytest.approx(milliseconds(react.journal.head(react.run_id).created_at, first.at))


def milliseconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000


def test_an_attempt_after_a_stored_turn_calls_no_model_and_repeats_nothing(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Say(["First."]), Call("double", {"number": 2})])
    react.parse()
    first = react.invoke(1)
    before = react.types()

    assert react.invoke(1, attempt=2) == first

    assert len(react.model.heard) == 1
    assert react.types() == before


def test_an_attempt_reports_the_calls_that_the_one_before_stored_and_did_not_report(
    react: ReactStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    react.tools = [double]
    react.script([Call("double", {"number": 2}), Call("double", {"number": 3})])
    react.parse()
    append, calls = RunWriter.append, list[str]()

    def dies(self: RunWriter, event_type: EventType, data: Any) -> Any:  # noqa: ANN401  as the method
        if event_type is EventType.TOOL_CALL:
            calls.append(data["tool_use_id"])
        if len(calls) == 2:
            raise ConnectionError("the process is gone")
        return append(self, event_type, data)

    with monkeypatch.context() as patched:
        patched.setattr(RunWriter, "append", dies)
        with pytest.raises(Exception, match="could not be recorded"):
            react.invoke(1)
    react.invoke(1, attempt=2)

    reported = [event.data["tool_use_id"] for event in react.events() if event.type is EventType.TOOL_CALL]
    assert reported == ["1-0", "1-1"]
    assert len(react.model.heard) == 1


def test_text_of_a_further_attempt_carries_its_number(react: ReactStage) -> None:
    react.script([Say(["Half of an"]), End(None)], [Say(["A whole answer."])])
    react.parse()

    with pytest.raises(ModelError, match="broke off"):
        react.invoke(1)
    reply = react.invoke(1, attempt=2)

    texts = [(event.data["text"], event.data.get("attempt")) for event in react.events() if event.type == "TEXT"]
    assert texts == [("Half of an", None), ("A whole answer.", 2)]
    assert reply["reason"] == "end_turn"


def test_throttling_is_retried_and_recorded(react: ReactStage) -> None:
    react.script([ModelThrottledException("slow down")], [Say(["At last."])])
    react.parse()

    assert react.invoke(1)["reason"] == "end_turn"

    retry = next(event for event in react.events() if event.type == "USAGE")
    assert (retry.data["attempt"], retry.data["code"]) == (1, "THROTTLED")


def test_a_model_that_stays_throttled_fails_the_step_by_that_name(
    react: ReactStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.engine.retries.MAX_ATTEMPTS", 1)
    react.script([ModelThrottledException("slow down")])
    react.parse()

    with pytest.raises(ModelThrottled):
        react.invoke(1)

    assert not react.journal.head(react.run_id).status.is_terminal


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        ([End("end_turn")], "without an answer"),
        ([Say(["A"]), End("max_tokens")], "token limit"),
        ([Say(["A"]), End("content_filtered")], "content filter"),
    ],
    ids=["empty", "token limit", "filtered"],
)
def test_an_answer_that_is_none_fails_the_step(react: ReactStage, turn: list[Any], message: str) -> None:
    react.script(turn)
    react.parse()

    with pytest.raises(ModelError, match=message):
        react.invoke(1)


def test_an_unknown_tool_is_an_error_for_the_model(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Call("triple", {"number": 2})])
    react.parse()

    assert react.invoke(1)["calls"] == []

    assert refusals(react) == ["There is no tool triple; the tools are double."]


def test_arguments_that_are_no_json_are_an_error_for_the_model(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Raw("double", '{"number": 2'), Raw("double", "[2]"), Call("double", {"number": 2})])
    react.parse()

    reply = react.invoke(1)

    assert [call["tool_use_id"] for call in reply["calls"]] == ["1-2"]
    first, second, third = refusals(react)
    assert 'not a JSON object: {"number": 2\n' in first
    assert "not a JSON object: [2]" in second
    assert third == ""


def test_more_than_ten_calls_are_refused_at_once(react: ReactStage) -> None:
    react.tools = [double]
    react.script([Call("double", {"number": number}) for number in range(12)])
    react.parse()

    assert len(react.invoke(1)["calls"]) == 10

    assert [bool(refused) for refused in refusals(react)] == [False] * 10 + [True] * 2


def test_a_cancelled_run_stops_its_model_call_and_keeps_the_text(react: ReactStage) -> None:
    react.script([Say(["So far."]), Do(lambda: react.journal.request_cancel(react.run_id)), Hold()])
    react.parse()

    reply = react.invoke(1)

    assert reply == {"next": "FINISH", "calls": [], "reason": "cancelled"}
    assert react.finish(1, "cancelled")["status"] == "CANCELLED"
    assert react.types() == ["RUN_ACCEPTED", "TEXT", "CANCEL_REQUESTED", "USAGE", "RUN_CANCELLED"]


def test_a_run_that_was_cancelled_before_calls_no_model(react: ReactStage) -> None:
    react.parse()
    react.journal.request_cancel(react.run_id)

    assert react.invoke(1)["reason"] == "cancelled"

    assert react.model.heard == []


def test_the_model_is_stopped_before_the_functions_limit(react: ReactStage) -> None:
    react.seconds = 1.0
    react.script([Say(["So far."]), Hold()])
    react.parse()

    assert react.invoke(1)["reason"] == "timed_out"

    assert react.finish(1, "timed_out")["code"] == "TIMED_OUT"
    assert react.text() == "So far."


def test_a_run_that_has_ended_calls_no_model(react: ReactStage) -> None:
    react.parse()
    react.error("InvokeLLM", "Runtime.ExitError")

    assert react.invoke(1) == {"next": "FINISH", "calls": [], "reason": "ended"}

    assert react.model.heard == []


def test_a_subscriber_gets_every_event_once_and_in_order(react: ReactStage, sent: Sent) -> None:
    react.tools = [double]
    react.script([Say(["Let me see."]), Call("double", {"number": 2})], [Say(["4."])])
    react.parse()
    react.journal.subscribe(react.run_id, "c1", 0)

    reply = react.invoke(1)
    react.append(1, [react.call(1, call["tool_use_id"]) for call in reply["calls"]])
    react.finish(2, react.invoke(2)["reason"])

    seqs = [frame["event"]["seq"] for _, frame in sent if frame["type"] == "event"]
    assert seqs == list(range(1, len(react.events()) + 1))


def test_no_other_process_posts_while_the_model_streams(react: ReactStage) -> None:
    delivered: list[bool] = []
    react.script([Say(["One."]), Do(lambda: delivered.append(react.delivery.deliver(react.run_id))), Say([" Two."])])
    react.parse()
    react.journal.subscribe(react.run_id, "c1", 0)

    react.invoke(1)

    assert delivered == [False]
    assert react.journal.head(react.run_id).delivery_until == 0


def test_text_streams_to_a_subscriber_before_the_call_ends(react: ReactStage, sent: Sent) -> None:
    def has_text() -> bool:
        return any("One." in str(frame) for _, frame in sent)

    react.script([Say(["One."]), Until(has_text), Say([" Two."])])
    react.parse()
    react.journal.subscribe(react.run_id, "c1", 0)

    assert react.invoke(1)["reason"] == "end_turn"
    assert react.text() == "One. Two."
