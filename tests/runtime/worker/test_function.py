import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from strands import tool
from strands.types.exceptions import ModelThrottledException

from contract.errors import QUERY_TIMEOUT_MESSAGE
from contract.events import EventType, Status
from runtime.dead_letter.function import DeadLetterHandler
from runtime.delivery.connections import Connections
from tests.runtime.conftest import Sent
from tests.runtime.stage import Call, Do, Hold, Say, ScriptedModel, Stage


def seqs(sent: Sent, connection_id: str) -> list[int]:
    """The numbers of the events that a connection got, in the order it got them."""
    return [frame["event"]["seq"] for to, frame in sent if to == connection_id and frame["type"] == "event"]


def code(stage: Stage, run_id: str) -> object:
    return stage.end(run_id).data["code"]


def test_the_run_ends_with_the_stream_and_the_worker_with_the_run(stage: Stage) -> None:
    stage.model = ScriptedModel([[Say([f"word{number} " for number in range(200)])]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.model.finished == 1
    assert stage.text(run_id).split() == [f"word{number}" for number in range(200)]
    assert stage.types(run_id)[0] == "RUN_ACCEPTED"
    assert stage.types(run_id)[-2:] == ["USAGE", "RUN_SUCCEEDED"]
    assert stage.journal.head(run_id).status is Status.SUCCEEDED
    assert stage.journal.head(run_id).usage == {"input_tokens": 10, "output_tokens": 4, "model_calls": 1}


def test_every_event_is_posted_in_order_and_none_before_it_is_journalled(stage: Stage) -> None:
    run_id = stage.accept()
    posted: list[tuple[int, int]] = []

    class Watching(Connections):
        def __init__(self) -> None: ...

        def post(self, connection_id: str, frame: bytes) -> bool:
            seq = int(frame.split(b'"seq":')[1].split(b",")[0])
            posted.append((seq, len(stage.journal.events[run_id])))
            return connection_id == "c1"

    stage.connect(Watching())
    stage.serve(run_id)

    assert [seq for seq, _ in posted] == list(range(1, len(stage.journal.events[run_id]) + 1))
    assert all(seq <= journalled for seq, journalled in posted)


def test_tools_are_called_and_their_results_told(stage: Stage) -> None:
    @tool
    def double(number: int) -> str:
        """Double a number."""
        return str(number * 2)

    stage.tools = [double]
    stage.model = ScriptedModel([[Say(["Let me see."]), Call("double", {"number": 21})], [Say(["It is 42."])]])
    run_id = stage.accept()

    stage.serve(run_id)

    events = stage.journal.events[run_id]
    call = next(event.data for event in events if event.type is EventType.TOOL_CALL)
    result = next(event.data for event in events if event.type is EventType.TOOL_RESULT)
    assert call == {"tool_use_id": call["tool_use_id"], "name": "double", "input": {"number": 21}}
    assert result == {"tool_use_id": call["tool_use_id"], "status": "success", "content": "42"}
    kinds = [kind for kind in stage.types(run_id) if kind != "TEXT"]
    assert kinds == ["RUN_ACCEPTED", "TOOL_CALL", "TOOL_RESULT", "USAGE", "RUN_SUCCEEDED"]
    assert stage.text(run_id) == "Let me see.\n\nIt is 42."
    assert stage.journal.head(run_id).usage["model_calls"] == 2


def test_a_socket_that_is_gone_ends_nothing(stage: Stage, sent: Sent, gone: set[str]) -> None:
    gone.add("c1")
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert not sent
    assert not stage.journal.head(run_id).subscribers


def test_a_socket_that_takes_nothing_holds_up_neither_the_run_nor_the_function(
    stage: Stage, sent: Sent, stuck: set[str]
) -> None:
    stuck.add("c1")
    stage.margin = 0.5
    run_id = stage.accept()
    stage.journal.subscribe(run_id, "c2", 0)

    stage.serve(run_id, seconds=1.8)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert seqs(sent, "c2") == [1, 2, 3, 4, 5]


def test_a_subscriber_that_comes_in_the_middle_gets_all_in_order_once(stage: Stage, sent: Sent) -> None:
    follows = threading.Event()
    run_id = stage.accept()
    stage.model = ScriptedModel(
        [
            [
                Say(["before "] * 20),
                Do(lambda: stage.journal.subscribe(run_id, "late", 0)),
                Do(lambda: stage.when(lambda: seqs(sent, "late"), follows)),
                Hold(follows),
                Say(["after "] * 20),
            ]
        ]
    )

    stage.serve(run_id)

    everything = list(range(1, len(stage.journal.events[run_id]) + 1))
    assert seqs(sent, "late") == everything
    assert seqs(sent, "c1") == everything


def test_a_subscriber_of_the_last_moment_is_served_too(stage: Stage, sent: Sent) -> None:
    run_id = stage.accept()
    stage.model = ScriptedModel([[Say(["x"]), Do(lambda: stage.journal.subscribe(run_id, "late", 1))]])

    stage.serve(run_id)

    assert seqs(sent, "late") == list(range(2, len(stage.journal.events[run_id]) + 1))


def test_cancelling_keeps_the_partial_text_and_the_conversation(stage: Stage) -> None:
    run_id = stage.accept("Tell me all.", session_id="s1")
    stage.model = ScriptedModel(
        [[Say(["A partial ", "answer"]), Do(lambda: stage.journal.request_cancel(run_id)), Hold()], [Say(["Right."])]]
    )

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"
    assert stage.text(run_id) == "A partial answer"
    assert stage.end(run_id).data["stop_reason"] == "cancelled"
    assert stage.types(run_id).count("CANCEL_REQUESTED") == 1
    stage.serve(stage.accept("And then?", session_id="s1"))
    said = [(message["role"], message["content"][0]["text"]) for message in stage.model.heard[-1]]
    assert said == [("user", "Tell me all."), ("assistant", "A partial answer"), ("user", "And then?")]


def test_a_cancellation_is_seen_with_the_next_event_without_waiting_for_a_heartbeat(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://journal")

    monkeypatch.setattr(stage.journal, "heartbeat", silent)
    run_id = stage.accept()
    stage.model = ScriptedModel([[Do(lambda: stage.journal.request_cancel(run_id)), Say(["one"]), Hold()]])

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_CANCELLED"


def test_a_run_cancelled_before_its_worker_came_asks_no_model(stage: Stage) -> None:
    run_id = stage.accept()
    stage.journal.request_cancel(run_id)

    stage.serve(run_id)

    assert stage.types(run_id) == ["RUN_ACCEPTED", "CANCEL_REQUESTED", "RUN_CANCELLED"]
    assert not stage.model.heard


def test_an_agent_is_stopped_before_the_functions_limit(stage: Stage, sent: Sent) -> None:
    stage.model = ScriptedModel([[Say(["So ", "far"]), Hold()]])
    stage.margin = 1.0
    run_id = stage.accept()

    stage.serve(run_id, seconds=1.3)

    assert stage.types(run_id)[-1] == "RUN_TIMED_OUT"
    assert stage.text(run_id) == "So far"
    end = stage.end(run_id)
    assert (end.data["code"], end.data["error"]) == ("TIMED_OUT", QUERY_TIMEOUT_MESSAGE)
    assert stage.journal.head(run_id).error == {"code": "TIMED_OUT", "error": QUERY_TIMEOUT_MESSAGE}
    error, last = [frame for _, frame in sent][-2:]
    assert (error["type"], error["code"], error["error"]) == ("error", "TIMED_OUT", QUERY_TIMEOUT_MESSAGE)
    assert error["run_id"] == run_id
    assert last["event"]["type"] == "RUN_TIMED_OUT"
    assert seqs(sent, "c1") == list(range(1, end.seq + 1))


def test_a_tool_that_blocks_does_not_keep_the_run_from_ending_in_time(stage: Stage) -> None:
    release, entered = threading.Event(), threading.Event()

    @tool
    def block() -> str:
        """Never come back by itself."""
        entered.set()
        release.wait(20)
        return "late"

    stage.tools = [block]
    stage.model = ScriptedModel([[Say(["Wait."]), Call("block")], [Say(["never said"])]])
    stage.margin = 1.0
    run_id = stage.accept()

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        began = loop.time()
        runner.run(stage.worker().serve(run_id, 1.5))
        took = loop.time() - began
        ended = list(stage.types(run_id))
        release.set()
        runner.run(stage.others_ended())

    assert entered.is_set()
    assert took < 1.5
    assert ended[-1] == "RUN_TIMED_OUT"
    assert stage.types(run_id) == ended, "what the agent left behind says later is not the run's"
    assert stage.text(run_id) == "Wait."


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "ConverseStream"), "MODEL_ERROR"),
        (ModelThrottledException("slow down"), "THROTTLED"),
        (RuntimeError("a bug"), "INTERNAL"),
    ],
)
def test_a_failing_model_fails_the_run_with_a_code_and_a_sentence(
    stage: Stage, sent: Sent, capsys: pytest.CaptureFixture[str], failure: Exception, expected: str
) -> None:
    stage.model = ScriptedModel([[Say(["Half "]), failure]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_FAILED"
    assert code(stage, run_id) == expected
    assert stage.text(run_id) == "Half "
    assert len(stage.model.heard) == 1, "a second call would say the text twice"
    log = capsys.readouterr().out
    assert "Traceback" in log
    assert run_id in log
    assert "Traceback" not in str(sent)
    (kept,) = stage.bucket.objects.values()
    assert [message["content"] for message in json.loads(kept)] == [[{"text": "How?"}], [{"text": "Half "}]]


def test_throttling_is_tried_three_times_and_each_is_journalled(stage: Stage) -> None:
    stage.model = ScriptedModel([[ModelThrottledException("slow down")]])
    run_id = stage.accept()

    stage.serve(run_id)

    retries = [event.data for event in stage.journal.events[run_id] if "attempt" in event.data]
    assert [(retry["attempt"], retry["code"], retry["reason"]) for retry in retries] == [
        (1, "THROTTLED", "ThrottlingException"),
        (2, "THROTTLED", "ThrottlingException"),
    ]
    assert code(stage, run_id) == "THROTTLED"
    assert len(stage.model.heard) == 3


def test_a_failure_that_passes_does_not_fail_the_run(stage: Stage) -> None:
    stage.model = ScriptedModel([[EndpointConnectionError(endpoint_url="https://model")], [Say(["Back."])]])
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"
    assert stage.text(run_id) == "Back."


def test_the_same_event_delivered_twice_runs_once(stage: Stage) -> None:
    run_id = stage.accept()

    stage.serve(run_id)
    stage.serve(run_id)

    assert len(stage.model.heard) == 1
    assert stage.types(run_id).count("RUN_SUCCEEDED") == 1


def test_an_event_about_no_run_is_told_in_the_log_only(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.serve("01a1fd82-09db-7681-9ccd-0aa660016e89")

    assert "UNKNOWN_RUN" in capsys.readouterr().out


def test_a_session_keeps_the_conversation(stage: Stage) -> None:
    stage.model = ScriptedModel([[Say(["It is 1,794."])], [Say(["Yes."])]])

    stage.serve(stage.accept("What is it?", session_id="s1"))
    stage.serve(stage.accept("Sure?", session_id="s1"))
    stage.serve(stage.accept("Who am I?", session_id="s2"))

    texts = [[message["content"][0]["text"] for message in heard] for heard in stage.model.heard]
    assert texts == [["What is it?"], ["What is it?", "It is 1,794.", "Sure?"], ["Who am I?"]]


def test_a_session_of_its_own_is_not_looked_up(stage: Stage) -> None:
    run_id = stage.accept()

    stage.serve(run_id)

    assert stage.bucket.reads == 0
    (key,) = stage.bucket.objects
    assert key.endswith(f"/{run_id}.json")


def test_a_broken_orchestrator_is_rebuilt_once(stage: Stage) -> None:
    run_id = stage.accept()

    asyncio.run(stage.worker(lambda: stage.orchestrator(works=stage.builds > 0)).serve(run_id, 900))

    assert stage.builds == 2
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_a_run_fails_when_the_new_orchestrator_is_broken_too(stage: Stage) -> None:
    run_id = stage.accept()

    asyncio.run(stage.worker(lambda: stage.orchestrator(works=False)).serve(run_id, 900))

    assert stage.builds == 2
    assert stage.types(run_id) == ["RUN_ACCEPTED", "RUN_FAILED"]
    assert code(stage, run_id) == "INTERNAL"


def test_a_worker_that_lost_its_run_writes_and_posts_no_more(stage: Stage, sent: Sent) -> None:
    run_id = stage.accept()

    def take_over() -> None:
        stage.journal.change(run_id, epoch=2)
        stage.journal.add(run_id, EventType.HANDED_OVER, {"epoch": 2})

    stage.model = ScriptedModel([[Say(["mine "]), Do(take_over), Say(["not mine"]), Hold()]])

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "HANDED_OVER"
    assert "not mine" not in str(sent)
    assert stage.journal.head(run_id).status is Status.RUNNING


def test_a_run_that_somebody_else_closed_is_left_closed_and_its_end_is_told(stage: Stage, sent: Sent) -> None:
    run_id = stage.accept()

    def close() -> None:
        stage.journal.close(run_id, EventType.RUN_FAILED, {"code": "AGENT_LOST"})

    stage.model = ScriptedModel([[Say(["begun "]), Do(close), Say(["too late"]), Hold()]])

    stage.serve(run_id)

    assert stage.types(run_id)[-1] == "RUN_FAILED"
    assert stage.types(run_id).count("RUN_FAILED") == 1
    assert sent[-1][1]["event"]["type"] == "RUN_FAILED"
    assert seqs(sent, "c1") == list(range(1, len(stage.journal.events[run_id]) + 1))


def test_a_worker_whose_run_was_ended_with_notice_sends_nothing_after_the_end(stage: Stage, sent: Sent) -> None:
    run_id = stage.accept()
    record = {"messageId": "m1", "body": json.dumps({"run_id": run_id})}
    handler = DeadLetterHandler(stage.journal, stage.bench.connections, sleep=lambda _: None)

    def end() -> None:
        assert handler.end_lost([record]) == []

    gate = threading.Event()
    watch = Do(lambda: stage.when(lambda: seqs(sent, "c1") == [1, 2], gate))
    stage.model = ScriptedModel([[Say(["begun "]), watch, Hold(gate), Do(end), Say(["too late"]), Hold()]])

    stage.serve(run_id)

    assert stage.types(run_id) == ["RUN_ACCEPTED", "TEXT", "RUN_FAILED"]
    assert seqs(sent, "c1") == [1, 2, 1, 2, 3], "nothing records what a worker has posted before its first heartbeat"


def test_a_journal_that_answers_late_gets_each_event_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = stage.accept()
    append: Callable[..., Any] = stage.journal.log.append
    failures = [EndpointConnectionError(endpoint_url="https://journal")]

    def late(*args: object) -> object:
        event = append(*args)
        if failures:
            raise failures.pop()
        return event

    monkeypatch.setattr(stage.journal.log, "append", late)
    stage.serve(run_id)

    assert stage.text(run_id) == "Hello world"
    assert stage.types(run_id)[-1] == "RUN_SUCCEEDED"


def test_an_end_that_cannot_be_written_is_raised_for_the_failure_destination(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = stage.accept()

    def dead(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://journal")

    monkeypatch.setattr(stage.journal.log, "append", dead)
    with pytest.raises(EndpointConnectionError):
        stage.serve(run_id)

    assert stage.model.heard
