"""The final event of a run, by what has ended its workflow; each message says what to do."""

import json

import pytest

from contract.events import EventType
from runtime.react.ending.endings import failed, finished, stopped, timed_out
from runtime.react.environment import Budget

BUDGET = Budget(2, 0, 0, 0, 0)
STACK = json.dumps({"errorMessage": "no such column", "errorType": "X", "stackTrace": ["File secret.py"]})


@pytest.mark.parametrize(
    ("reason", "type_", "code"),
    [
        ("end_turn", EventType.RUN_SUCCEEDED, None),
        ("cancelled", EventType.RUN_CANCELLED, None),
        ("timed_out", EventType.RUN_TIMED_OUT, "TIMED_OUT"),
        ("turn_limit", EventType.RUN_FAILED, "LIMIT_REACHED"),
        ("token_budget", EventType.RUN_FAILED, "LIMIT_REACHED"),
    ],
)
def test_the_reason_of_handle_finish_decides_the_end(reason: str, type_: EventType, code: str | None) -> None:
    end = finished(reason, BUDGET, {})

    assert (end.type, (end.error or {}).get("code")) == (type_, code)
    assert end.stop_reason == reason


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        ("Runtime.ExitError", STACK, "its process ended before it returned; start the run again"),
        ("Sandbox.Timedout", "", "it reached its time limit"),
        ("Lambda.ResourceNotFoundException", "", "the function does not exist: deploy the stack again"),
        ("ValueError", STACK, "ValueError: no such column"),
        ("", "", "no reason was given"),
    ],
)
def test_a_failed_step_is_named_with_what_became_of_it_and_without_a_stack(error: str, cause: str, words: str) -> None:
    end = failed("InvokeLLM", error, cause)

    assert (end.type, (end.error or {})["code"]) == (EventType.RUN_FAILED, "INTERNAL")
    assert "InvokeLLM" in (end.error or {})["error"]
    assert words in (end.error or {})["error"]
    assert "secret.py" not in str(end)


def test_a_cancelled_state_is_a_cancelled_run() -> None:
    assert failed("SendPrompt", "RunCancelled", "").type is EventType.RUN_CANCELLED


def test_a_run_that_timed_out_names_the_step_where_it_is_known() -> None:
    assert "the step EDA of the run did not finish" in str(timed_out("EDA").error)
    assert "the run did not finish" in str(timed_out().error)


@pytest.mark.parametrize(
    ("status", "error", "type_", "code", "words"),
    [
        ("TIMED_OUT", "", EventType.RUN_TIMED_OUT, "TIMED_OUT", "did not finish"),
        ("ABORTED", "by jo", EventType.RUN_FAILED, "AGENT_LOST", "was stopped (by jo)"),
        ("FAILED", "MODEL_ERROR", EventType.RUN_FAILED, "MODEL_ERROR", "told"),
        ("FAILED", "States.Runtime", EventType.RUN_FAILED, "INTERNAL", "failed (States.Runtime: told)"),
    ],
)
def test_an_execution_that_ended_without_its_run_says_how(
    status: str, error: str, type_: EventType, code: str, words: str
) -> None:
    end = stopped(status, error, "" if status == "ABORTED" else "told")

    assert (end.type, (end.error or {})["code"]) == (type_, code)
    assert words in (end.error or {})["error"]
