"""However a run of the workflow ends, it has one final event, and a cause that a person can act on."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from strands import ToolContext, tool

from contract.events import EventType
from contract.react_steps import ERROR_CODES
from runtime.journal import NewRun
from runtime.react.ending import step_errors
from runtime.react.finalizer import handler as finalizer_handler
from runtime.react.turn_files import job_id
from tests.runtime.conftest import Sent
from tests.runtime.react_stage import ReactStage, Reply
from tests.runtime.stage import Call, End, Say

pytestmark = pytest.mark.dynamodb


@tool(context="context")
def ask(context: ToolContext, default: str = "", seconds: int = 0) -> str:
    """Ask the user.

    Args:
        default: The answer at the expiry.
        seconds: Until the expiry, if it is not the default.
    """
    reason: dict[str, object] = {"text": "Which?"}
    reason |= {"default": default} if default else {}
    reason |= {"expires_in_seconds": seconds} if seconds else {}
    return str(context.interrupt("choice", reason=reason))


def status_event(react: ReactStage, status: str, given: object = None, **more: str) -> dict[str, Any]:
    document = {"query": {"text": "How?"}} if given is None else given
    detail = {"executionArn": react.execution, "name": react.name, "status": status, "input": json.dumps(document)}
    return {"source": "aws.states", "detail": detail | more}


def finalize(react: ReactStage, event: dict[str, Any]) -> Any:  # noqa: ANN401  its reply
    finalizer_handler.service = react.finalizer()
    try:
        return finalizer_handler(event, None)
    finally:
        finalizer_handler.service = None


def asking(react: ReactStage, *calls: Call) -> list[int]:
    """A run that waits for the answers to its first turn's calls; the seconds that their questions stay open."""
    react.tools = [ask]
    react.script(calls, [Say(["Done."])])
    react.parse()
    uses = [call["tool_use_id"] for call in react.invoke(1)["calls"]]
    replies = [react.call(1, use) for use in uses]
    react.prompt(1, uses)
    return [reply["seconds"] for reply in replies]


@pytest.mark.parametrize(
    ("error", "cause", "code", "sentence"),
    [
        (
            "ModelError",
            '{"errorMessage": "the model refused", "errorType": "ModelError", "stackTrace": ["a"]}',
            "MODEL_ERROR",
            "the model refused",
        ),
        ("ModelThrottled", '{"errorMessage": "slow down"}', "THROTTLED", "slow down"),
        (
            "Runtime.ExitError",
            '{"errorMessage": "RequestId: 1 Error: Runtime exited"}',
            "INTERNAL",
            "the step InvokeLLM failed (Runtime.ExitError): its process ended before it returned",
        ),
        ("Sandbox.Timedout", "{}", "INTERNAL", "it reached its time limit"),
        (
            "Lambda.ResourceNotFoundException",
            "Function not found: arn:aws:lambda:eu-central-1:123456789012:function:agents-data-query",
            "INTERNAL",
            "function:agents-data-query): the function does not exist: deploy the stack again",
        ),
        (
            "Lambda.ResourceConflictException",
            "The function is currently in the following state: Failed",
            "INTERNAL",
            "state: Failed): the function cannot be invoked in its state: longrun status has the reason",
        ),
        ("KeyError", '{"errorMessage": "\'turn\'", "stackTrace": ["secret line"]}', "INTERNAL", "KeyError: 'turn'"),
        ("States.DataLimitExceeded", "", "INTERNAL", "States.DataLimitExceeded"),
    ],
)
def test_a_failed_step_ends_the_run_with_its_cause(
    react: ReactStage, error: str, cause: str, code: str, sentence: str
) -> None:
    react.parse()

    reply = react.error("InvokeLLM", error, cause)

    assert (reply["status"], reply["code"]) == ("FAILED", code)
    assert sentence in reply["sentence"]
    assert "secret line" not in str(react.events())
    assert react.types() == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_the_partial_answer_and_its_tokens_are_kept(react: ReactStage) -> None:
    given = {"sessionId": f"s-{react.name}", "query": {"text": "How?"}}
    react.script([Say(["Half of an"]), End(None)])
    react.parse(given)
    with pytest.raises(Exception, match="broke off") as broken:
        react.invoke(1)

    react.error("InvokeLLM", "ModelError", json.dumps({"errorMessage": str(broken.value)}))

    assert react.text() == "Half of an"
    assert react.journal.head(react.run_id).usage["model_calls"] == 1
    (stored,) = [json.loads(body) for key, body in react.bucket.objects.items() if key.startswith("sessions/")]
    assert [block["text"] for message in stored for block in message["content"]] == ["How?", "Half of an"]


def test_calls_without_a_result_are_named_as_unfinished(react: ReactStage) -> None:
    react.tools = [ask]
    react.script([Say(["I ask."]), Call("ask")])
    react.parse()
    react.invoke(1)

    react.error("Tools", "States.DataLimitExceeded")

    assert react.events()[-1].data["unfinished"] == ["ask"]


def test_each_error_of_a_step_has_its_code() -> None:
    assert {error.__name__ for error in step_errors.StepError.__subclasses__()} == set(ERROR_CODES)


def test_every_way_to_end_a_run_writes_one_end(react: ReactStage) -> None:
    react.parse()
    ways: list[Callable[[], Reply]] = [
        lambda: react.error("InvokeLLM", "ModelError"),
        lambda: react.timeout("InvokeLLM"),
        lambda: react.finish(1, "cancelled"),
        lambda: react.finalizer().finalize(*ending(react)),
    ]

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda way: way(), ways * 2))

    ends = [event for event in react.events() if event.type.ends_run]
    assert len(ends) == 1
    assert {reply["status"] for reply in replies} == {react.journal.head(react.run_id).status.value}


@pytest.mark.parametrize("state", ["finish", "error", "timeout", "finalizer"])
def test_the_next_message_of_the_session_starts_when_the_run_has_ended(
    react: ReactStage, new_run: Callable[[], NewRun], state: str
) -> None:
    session = f"s-{react.name}"
    react.parse({"sessionId": session, "query": {"text": "How?"}})
    owner = react.journal.head(react.run_id).owner
    queued = replace(new_run(), session_id=session, owner=owner, if_busy="queue")
    assert react.journal.accept(queued)[0].behind == react.run_id
    ways: dict[str, Callable[[], Reply]] = {
        "finish": lambda: react.finish(1, "cancelled"),
        "error": lambda: react.error("InvokeLLM", "ModelError"),
        "timeout": lambda: react.timeout("InvokeLLM"),
        "finalizer": lambda: react.finalizer().finalize(*ending(react)),
    }

    ways[state]()

    assert react.dispatcher.dispatched == [queued.run_id]
    assert react.journal.head(queued.run_id).behind == ""
    ways[state]()
    assert react.dispatcher.dispatched == [queued.run_id]


def ending(react: ReactStage) -> tuple[Any, Any]:
    from runtime.react.acceptance import Execution  # noqa: PLC0415  short
    from runtime.react.ending.endings import stopped  # noqa: PLC0415

    return Execution(react.execution, react.name, {"query": {"text": "How?"}}), stopped("ABORTED", "", "")


def test_subscribers_get_the_end(react: ReactStage, sent: Sent) -> None:
    react.parse()
    react.journal.subscribe(react.run_id, "c1", 0)

    react.error("InvokeLLM", "ModelError", '{"errorMessage": "the model refused"}')

    assert [frame["type"] for _, frame in sent][-1] == "event"
    assert [frame["event"]["type"] for _, frame in sent if "event" in frame] == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_an_expired_question_without_a_default_ends_the_run(
    react: ReactStage, advance: Callable[[float], None]
) -> None:
    asking(react, Call("ask"))
    advance(3_700)

    reply = react.timeout("SendPrompt")

    assert (reply["next"], reply["status"], reply["code"]) == ("END", "TIMED_OUT", "TIMED_OUT")
    assert "was not answered by" in reply["sentence"]
    assert react.types()[-1] == "RUN_TIMED_OUT"


def test_expired_questions_with_defaults_let_the_run_go_on(react: ReactStage, advance: Callable[[float], None]) -> None:
    asking(react, Call("ask", {"default": "raw"}), Call("ask", {"default": "adjusted"}))
    advance(3_700)

    reply = react.timeout("SendPrompt")

    assert (reply["next"], reply["status"]) == ("RESUME", "RUNNING")
    answers = [event.data for event in react.events() if event.type is EventType.ANSWER]
    assert {(answer["answer"], answer["by"]) for answer in answers} == {("raw", "default"), ("adjusted", "default")}
    assert react.call(1, "1-0")["status"] == "success"


def test_one_question_without_a_default_ends_the_run_for_all(
    react: ReactStage, advance: Callable[[float], None]
) -> None:
    asking(react, Call("ask", {"default": "raw"}), Call("ask"))
    advance(3_700)

    assert react.timeout("SendPrompt")["status"] == "TIMED_OUT"


def test_a_question_has_its_own_time_and_the_run_waits_for_others_that_have_more(
    react: ReactStage, advance: Callable[[float], None]
) -> None:
    assert asking(react, Call("ask", {"default": "raw", "seconds": 60}), Call("ask")) == [60, 3_600]
    advance(61)

    reply = react.timeout("SendPrompt")

    assert (reply["next"], reply["status"]) == ("WAIT", "WAITING")
    assert 3_500 < reply["seconds"] < 3_600
    assert react.call(1, "1-1")["seconds"] == reply["seconds"]
    assert react.prompt(1, ["1-0", "1-1"], "again") == 1
    (left,) = react.journal.questions.open(react.run_id)
    assert left.token == "again"
    react.journal.questions.answer(react.run_id, left.question_id, "adjusted")
    assert react.timeout("SendPrompt")["next"] == "RESUME"
    assert [react.call(1, use)["status"] for use in ("1-0", "1-1")] == ["success", "success"]


def test_a_state_that_ends_before_its_question_waits_again(react: ReactStage) -> None:
    asking(react, Call("ask"))

    reply = react.timeout("SendPrompt")

    assert (reply["next"], react.types()[-1]) == ("WAIT", "QUESTION")


def test_an_answer_that_came_before_the_timeout_lets_the_run_go_on(react: ReactStage) -> None:
    asking(react, Call("ask"))
    react.journal.questions.answer(react.run_id, None, "raw")

    assert react.timeout("SendPrompt")["next"] == "RESUME"


def test_the_timeout_of_another_step_ends_the_run(react: ReactStage) -> None:
    react.parse()

    reply = react.timeout("InvokeLLM")

    assert (reply["next"], reply["code"]) == ("END", "TIMED_OUT")
    assert "the step InvokeLLM of the run did not finish" in reply["sentence"]


def test_cancelling_a_run_that_waits_ends_it_as_cancelled(react: ReactStage) -> None:
    asking(react, Call("ask"))
    react.journal.request_cancel(react.run_id)

    reply = react.error("SendPrompt", "RunCancelled", "the run was cancelled")

    assert reply["status"] == "CANCELLED"


def test_jobs_at_work_are_told_that_the_run_has_ended(react: ReactStage) -> None:
    react.tools = [ask]
    react.script([Call("ask")])
    react.parse()
    react.invoke(1)
    react.dispatch(1, "1-0")
    react.journal.jobs.start(react.run_id, job_id(1, "1-0"), "job-token", "task")

    react.error("Tools", "States.Timeout")

    ((kind, token, error),) = react.tokens.sent
    assert (kind, token) == ("failure", "job-token")
    assert error.startswith("RunEnded: ")
    assert react.journal.jobs.running(react.run_id) == []


@pytest.mark.parametrize(
    ("status", "more", "final", "sentence"),
    [
        ("ABORTED", {"error": "", "cause": "by hand"}, "RUN_FAILED", "was stopped (by hand)"),
        ("TIMED_OUT", {}, "RUN_TIMED_OUT", "did not finish in the time"),
        ("FAILED", {"error": "MODEL_ERROR", "cause": "the model refused"}, "RUN_FAILED", "the model refused"),
        ("FAILED", {"error": "States.Runtime", "cause": "bad"}, "RUN_FAILED", "failed (States.Runtime: bad)"),
    ],
    ids=["stopped", "timed out", "known", "unknown"],
)
def test_the_finalizer_ends_what_no_state_could_end(
    react: ReactStage, status: str, more: dict[str, str], final: str, sentence: str
) -> None:
    react.parse()

    reply = finalize(react, status_event(react, status, **more))

    assert sentence in reply["sentence"]
    assert react.types() == ["RUN_ACCEPTED", final]
    assert finalize(react, status_event(react, status, **more)) == reply
    assert len(react.types()) == 2


def test_the_finalizer_ends_a_cancelled_run_as_cancelled(react: ReactStage) -> None:
    react.parse()
    react.journal.request_cancel(react.run_id)

    assert (
        finalize(react, status_event(react, "FAILED", error="INTERNAL", cause="a step failed"))["status"] == "CANCELLED"
    )


def test_the_finalizer_records_a_run_that_its_first_state_did_not_accept(react: ReactStage) -> None:
    assert react.error("ParseInitialQuery", "Runtime.ExitError")["status"] == "FAILED"

    reply = finalize(react, status_event(react, "FAILED", error="INTERNAL", cause="the step ParseInitialQuery failed"))

    assert (reply["status"], reply["code"]) == ("FAILED", "INTERNAL")
    assert react.types() == ["RUN_ACCEPTED", "RUN_FAILED"]


def test_the_finalizer_leaves_the_run_of_another_execution_alone(react: ReactStage) -> None:
    react.parse()
    event = status_event(react, "FAILED", {"runId": react.run_id, "query": {"text": "How?"}})
    event["detail"] |= {"executionArn": f"{react.execution}-2", "name": "second"}

    assert finalize(react, event)["status"] == ""

    assert react.types() == ["RUN_ACCEPTED"]
