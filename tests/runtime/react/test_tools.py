"""Tool calls of a turn: dispatched, run in data-query, and appended to the conversation."""

import json
import threading

import pytest
from strands import ToolContext, tool

from contract.errors import RunError
from contract.events import Event, EventType
from runtime.journal.event_log import Entry, EventLog
from runtime.journal.jobs import RESULT_BYTES, JobState
from runtime.react.turn_files import job_id
from tests.runtime.react_stage import ReactStage
from tests.runtime.stage import Call, Say

pytestmark = pytest.mark.dynamodb


@tool
def double(number: int) -> str:
    """Double a number.

    Args:
        number: The number.
    """
    return str(number * 2)


@tool
def breaks() -> str:
    """Raise."""
    raise ValueError("the table is empty")


@tool(context="context")
def ask(context: ToolContext, what: str) -> str:
    """Ask the user.

    Args:
        what: The question.
    """
    reason = {"text": what, "schema": {"enum": ["raw", "adjusted"]}, "default": "raw"}
    return f"chosen: {context.interrupt('choice', reason=reason)}"


def turn_with(react: ReactStage, *calls: Call, attempt: int = 1) -> list[str]:
    """The first turn's calls that the state machine runs, by their ids."""
    react.tools = [double, breaks, ask]
    react.script([*calls], [Say(["Done."])])
    react.parse()
    return [call["tool_use_id"] for call in react.invoke(1, attempt)["calls"]]


def results(react: ReactStage) -> list[tuple[str, str]]:
    return [
        (event.data["status"], event.data["content"]) for event in react.events() if event.type is EventType.TOOL_RESULT
    ]


def test_a_call_is_routed_by_the_kind_that_its_tool_states(react: ReactStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(double, "kind", "eda", raising=False)  # as tools of the catalogue have it
    (use,) = turn_with(react, Call("double", {"number": 2}))

    dispatched = react.dispatch(1, use)

    assert (dispatched["route"], dispatched["job"]) == ("EDA", job_id(1, use))
    job = react.journal.jobs.get(react.run_id, dispatched["job"])
    assert job is not None
    assert (job.tool, job.input, job.state) == ("double", {"number": 2}, JobState.PREPARED)


def test_a_call_that_does_not_fit_its_schema_is_done_with_the_reason(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("double", {"number": "two"}))

    dispatched = react.dispatch(1, use)
    react.append(1, [dispatched])

    assert (dispatched["route"], dispatched["status"]) == ("DONE", "error")
    ((status, content),) = results(react)
    assert status == "error"
    assert "number: 'two' is not of type 'integer'" in content


def test_a_repeated_dispatch_changes_nothing(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("double", {"number": 2}))
    first = react.dispatch(1, use)

    assert react.dispatch(1, use) == first

    react.query(1, first)
    again = react.dispatch(1, use)
    assert (again["route"], again["status"]) == ("DONE", "success")


def test_a_call_that_the_turn_has_not_is_an_error(react: ReactStage) -> None:
    turn_with(react, Call("double", {"number": 2}))

    with pytest.raises(RunError, match="has no tool call other"):
        react.dispatch(1, "other")


def test_a_tool_that_raises_is_an_error_for_the_model(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("breaks"))

    item = react.call(1, use)
    react.append(1, [item])

    assert item["status"] == "error"
    assert results(react) == [("error", "Error: the table is empty")]
    assert react.invoke(2)["reason"] == "end_turn"


def test_a_repeated_query_runs_its_tool_once(react: ReactStage) -> None:
    ran: list[int] = []

    @tool
    def count() -> str:
        """Count."""
        ran.append(1)
        return str(len(ran))

    react.tools = [count]
    react.script([Call("count")])
    react.parse()
    dispatched = react.dispatch(1, react.invoke(1)["calls"][0]["tool_use_id"])

    assert react.query(1, dispatched) == react.query(1, dispatched)

    assert ran == [1]


def test_a_tool_that_takes_too_long_is_an_error_for_the_model(react: ReactStage) -> None:
    gate = threading.Event()

    @tool
    def hang() -> str:
        """Hang."""
        gate.wait(10)
        return ""

    react.tools = [hang]
    react.script([Call("hang")])
    react.parse()
    dispatched = react.dispatch(1, react.invoke(1)["calls"][0]["tool_use_id"])
    react.seconds = 0.4

    reply = react.query(1, dispatched)
    gate.set()
    react.append(1, [reply])

    assert reply["status"] == "error"
    assert "did not return within" in results(react)[0][1]


@tool
def fill(size: int) -> str:
    """Return a long text.

    Args:
        size: Its characters.
    """
    return "é" * size


@pytest.mark.parametrize("size", [10, RESULT_BYTES // 2, 200_000])
def test_a_result_of_any_size_reaches_the_model(react: ReactStage, size: int) -> None:
    react.tools = [fill]
    react.script([Call("fill", {"size": size})])
    react.parse()
    (call,) = react.invoke(1)["calls"]

    react.append(1, [react.call(1, call["tool_use_id"])])

    assert results(react) == [("success", "é" * size)]
    job = react.journal.jobs.get(react.run_id, job_id(1, call["tool_use_id"]))
    assert job is not None
    assert bool(job.result) == (size == 10)
    assert (react.files.read(job.result_key) is None) == (size == 10)


def test_results_keep_the_order_of_the_calls(react: ReactStage) -> None:
    uses = turn_with(react, *(Call("double", {"number": number}) for number in (1, 2, 3)))

    items = [react.call(1, use) for use in reversed(uses)]
    assert react.append(1, items) == {"next": "CONTINUE", "reason": "", "seq": react.events()[-1].seq}

    assert [content for _, content in results(react)] == ["2", "4", "6"]
    (message,) = react.files.results(react.run_id, 1) or []
    assert [block["toolResult"]["toolUseId"] for block in message["content"]] == uses


def test_an_attempt_to_append_completes_the_one_before(react: ReactStage, monkeypatch: pytest.MonkeyPatch) -> None:
    uses = turn_with(react, Call("double", {"number": 1}), Call("double", {"number": 2}))
    items = [react.call(1, use) for use in uses]
    append, written, known = EventLog.append, list[str](), react.seq

    def dies(self: EventLog, run_id: str, seq: int, entry: Entry) -> Event:
        if written:
            raise ConnectionError("the process is gone")
        written.append(entry.data["tool_use_id"])
        return append(self, run_id, seq, entry)

    with monkeypatch.context() as patched:
        patched.setattr(EventLog, "append", dies)
        with pytest.raises(ConnectionError):
            react.append(1, items)
    for react.seq in (known, known, 0):
        react.append(1, items)

    assert results(react) == [("success", "2"), ("success", "4")]


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        ("States.Timeout", "", "it did not end in its time"),
        ("States.HeartbeatTimeout", "", "it sent no heartbeat any more"),
        ("Runtime.ExitError", json.dumps({"errorMessage": "exit status 137"}), "(exit status 137)"),
        ("ToolExited", "The container ended with exit code 3.", "exit code 3"),
        ("RunCancelled", "the run was cancelled", "the run was cancelled"),
    ],
)
def test_a_task_that_failed_is_told_in_words(react: ReactStage, error: str, cause: str, words: str) -> None:
    (use,) = turn_with(react, Call("double", {"number": 1}))
    job = react.dispatch(1, use)["job"]

    react.journal.jobs.start(react.run_id, job, "token")

    failed = {"tool_use_id": use, "job": job, "status": "error", "error": error, "cause": cause}
    assert react.append(1, [failed])["next"] == "CONTINUE"
    assert react.journal.jobs.running(react.run_id) == []

    ((status, content),) = results(react)
    assert status == "error"
    assert content.startswith("Error: The tool double failed: ")
    assert words in content


def test_a_cancelled_run_ends_after_its_tools(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("double", {"number": 1}))
    item = react.call(1, use)
    react.journal.request_cancel(react.run_id)

    assert react.append(1, [item]) == {"next": "FINISH", "reason": "cancelled"}

    assert react.finish(1, "cancelled")["status"] == "CANCELLED"
    assert react.types()[-1] == "RUN_CANCELLED"


def test_a_question_stops_the_call_until_its_answer(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("ask", {"what": "Which?"}))
    dispatched = react.dispatch(1, use)

    assert react.query(1, dispatched)["status"] == "question"
    assert react.prompt(1, [use], "token-1") == 1
    head = react.journal.head(react.run_id)
    assert (head.status, head.open_questions) == ("WAITING", 1)
    question = react.events()[-1].data
    assert (question["text"], question["schema"], question["default"]) == (
        "Which?",
        {"enum": ["raw", "adjusted"]},
        "raw",
    )
    settled = react.journal.questions.answer(react.run_id, None, "adjusted")
    assert (settled.goes_on, settled.question.token) == (True, "token-1")

    item = react.call(1, use)
    react.append(1, [item])

    assert results(react) == [("success", "chosen: adjusted")]
    assert react.finish(2, react.invoke(2)["reason"])["status"] == "SUCCEEDED"


def test_a_prompt_of_a_run_that_was_cancelled_meanwhile_ends_its_state(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("ask", {"what": "Which?"}))
    react.call(1, use)
    react.journal.request_cancel(react.run_id)

    assert react.prompt(1, [use], "token-1") == 0

    assert react.tokens.sent == [("failure", "token-1", "RunCancelled: the run was cancelled")]


def test_a_call_that_is_visited_before_its_answer_asks_again(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("ask", {"what": "Which?"}))

    assert react.call(1, use)["status"] == "question"
    assert react.call(1, use)["status"] == "question"


def test_answers_ahead_of_time_end_the_waiting_state_at_once(react: ReactStage) -> None:
    react.tools = [ask]
    react.script([Call("ask", {"what": "Which?"})])
    react.parse({"query": {"text": "How?"}, "answers": ["adjusted"]})
    (call,) = react.invoke(1)["calls"]
    react.call(1, call["tool_use_id"])

    assert react.prompt(1, [call["tool_use_id"]]) == 0

    assert [kind for kind, _, _ in react.tokens.sent] == ["success"]
    assert react.types()[-2:] == ["QUESTION", "ANSWER"]
    assert react.events()[-1].data["by"] == "ahead"


def test_a_prompt_that_is_repeated_asks_once_and_gets_the_newest_token(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("ask", {"what": "Which?"}))
    react.call(1, use)
    react.prompt(1, [use], "token-1")

    assert react.prompt(1, [use], "token-2") == 1

    assert react.types().count("QUESTION") == 1
    (question,) = react.journal.questions.open(react.run_id)
    assert question.token == "token-2"


def test_a_prompt_that_is_repeated_after_the_answer_ends_its_state(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("ask", {"what": "Which?"}))
    react.call(1, use)
    react.prompt(1, [use], "token-1")
    react.journal.questions.answer(react.run_id, None, "raw")

    assert react.prompt(1, [use], "token-2") == 0

    assert react.tokens.sent == [("success", "token-2", "{'status': 'answered'}")]


def test_a_prompt_that_fails_ends_its_state_with_the_error(react: ReactStage) -> None:
    (use,) = turn_with(react, Call("double", {"number": 1}))

    react.prompt(1, [use], "token-1")

    ((kind, token, error),) = react.tokens.sent
    assert (kind, token) == ("failure", "token-1")
    assert error == "LookupError: no call of turn 1 asks the user anything"


def test_several_calls_ask_in_one_stop(react: ReactStage) -> None:
    uses = turn_with(react, Call("ask", {"what": "A?"}), Call("ask", {"what": "B?"}))
    for use in uses:
        react.call(1, use)

    assert react.prompt(1, uses) == 2

    first, second = react.journal.questions.open(react.run_id)
    assert not react.journal.questions.answer(react.run_id, first.question_id, "raw").goes_on
    assert react.journal.questions.answer(react.run_id, second.question_id, "adjusted").goes_on
    assert {react.call(1, use)["status"] for use in uses} == {"success"}
