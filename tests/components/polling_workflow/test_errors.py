"""For each state and each name of an error: what the state machine does next. Names are those of the States Language,
of Lambda's runtimes, of Lambda's API as botocore knows it, and of the functions themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.definition import Targets, definition

LANGUAGE = (
    *("BranchFailed", "ExceedToleratedFailureThreshold", "HeartbeatTimeout", "Http.Socket", "IntrinsicFailure"),
    *("ItemReaderFailed", "NoChoiceMatched", "ParameterPathFailure", "Permissions", "QueryEvaluationError"),
    *("ResultPathMatchFailure", "ResultWriterFailed", "TaskFailed", "Timeout"),
)
TERMINAL = ("States.DataLimitExceeded", "States.Runtime")
"""Errors that no Catch and no Retry sees, not even by States.ALL."""

RUNTIMES = (
    *("Runtime.ExitError", "Runtime.OutOfMemory", "Runtime.Unknown", "Runtime.ImportModuleError"),
    *("Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError", "Runtime.MarshalError", "Runtime.UnmarshalError"),
    *("Runtime.InvalidEntrypoint", "Runtime.InvalidWorkingDir", "Runtime.TruncatedResponse", "Runtime.HandlerError"),
    *("Sandbox.Timedout", "Sandbox.Failure", "Extension.Crash", "Extension.ExitError", "Extension.InitError"),
    *("Function.ResponseSizeTooLarge", "Function.Unknown", "Lambda.Unknown", "Unhandled", "Handled"),
)
SERVICE = (
    *("Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.ClientExecutionTimeoutException"),
    *("Lambda.SandboxException", "DynamoDB.DynamoDbException", "DynamoDB.SdkClientException"),
)
EXCEPTIONS = ("MemoryError", "KeyError", "OSError", "ClientError", "RunError", "SystemExit", "a name of tomorrow")
OWN = ("AgentBusyError", "AgentRefusedError", "NotInvokedError")
FAULTS_OF_LAMBDA = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
}


def api_errors() -> list[str]:
    """Every error that Lambda's Invoke may return, as Step Functions names it."""
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    return [f"Lambda.{shape.name}" for shape in client.meta.service_model.operation_model("Invoke").error_shapes]


NAMES = sorted({*(f"States.{name}" for name in LANGUAGE), *RUNTIMES, *SERVICE, *EXCEPTIONS, *api_errors()})
ALL = [*NAMES, *OWN, "InvalidRequestError"]


def task(name: str, *, callback: bool = False) -> dict[str, Any]:
    machine = definition(
        Targets("arn:start", "arn:invoker", "arn:finalizer", "runs", "aws"), DEFAULTS, callback=callback
    )
    state: dict[str, Any] = machine["States"][name]
    return state


def first_match(handlers: Sequence[dict[str, Any]], error: str) -> dict[str, Any] | None:
    """The Catch or Retry that AWS applies: the first whose names match."""
    return next((one for one in handlers if error not in TERMINAL and any(match(one["ErrorEquals"], error))), None)


def match(names: Sequence[str], error: str) -> Iterator[bool]:
    for name in names:
        yield name in {error, "States.ALL"} or (name == "States.TaskFailed" and error != "States.Timeout")


def attempts(state: dict[str, Any], error: str) -> int:
    """How often the task is tried again."""
    retrier = first_match(state["Retry"], error)
    return 0 if retrier is None else int(retrier["MaxAttempts"])


def caught(state: dict[str, Any], error: str) -> tuple[str, dict[str, Any]]:
    """The next state, and the variables that the Catch assigns."""
    catcher = first_match(state["Catch"], error)
    assert catcher is not None, f"{error} is not caught"
    return catcher["Next"], catcher["Assign"]


@pytest.mark.parametrize("error", NAMES)
def test_after_any_error_but_the_invokers_own_the_journal_shows_whether_the_agent_is_at_work(error: str) -> None:
    state = task("Invoke")

    following, assigned = caught(state, error)

    assert following == "Wait"
    assert assigned == {
        "invoked": "{% $millis() %}",
        "agent_waited": 0,
        "error": "{% $states.errorOutput.Error %}",
        "cause": assigned["cause"],
    }
    assert "$states.errorOutput.Cause" in assigned["cause"]
    assert attempts(state, error) == (3 if error in FAULTS_OF_LAMBDA else 0)


@pytest.mark.parametrize("error", [name for name in NAMES if name not in {"States.Timeout", "States.HeartbeatTimeout"}])
def test_after_an_error_of_a_task_with_a_token_the_journal_decides_too(error: str) -> None:
    state = task("Invoke", callback=True)

    assert caught(state, error) == caught(task("Invoke"), error)
    assert attempts(state, error) == (3 if error == "Lambda.TooManyRequestsException" else 0)


@pytest.mark.parametrize("callback", [False, True], ids=["poll", "callback"])
@pytest.mark.parametrize("error", OWN)
def test_only_an_error_of_the_invoker_itself_ends_the_run_at_once(error: str, callback: bool) -> None:
    following, assigned = caught(task("Invoke", callback=callback), error)

    assert (following, assigned["reason"], assigned["error"]) == ("Close", "FAILED", "{% $states.errorOutput.Error %}")


def test_an_agent_whose_heartbeats_reach_the_journal_only_is_not_lost() -> None:
    following, assigned = caught(task("Invoke", callback=True), "States.HeartbeatTimeout")

    assert following == "Poll"
    assert assigned["invoked"] == f"{{% $millis() - {DEFAULTS.heartbeat * 1000} %}}", "silent for as long as allowed"
    assert (assigned["error"], assigned["cause"]) == ("", "")


def test_an_agent_that_outlasts_its_task_has_ended_or_has_used_up_its_time() -> None:
    following, assigned = caught(task("Invoke", callback=True), "States.Timeout")

    assert following == "Poll"
    assert (assigned["invoked"], assigned["agent_waited"]) == ("{% $millis() %}", DEFAULTS.agent)


@pytest.mark.parametrize("callback", [False, True], ids=["poll", "callback"])
def test_an_agent_that_was_invoked_leaves_no_error_of_the_step_before(callback: bool) -> None:
    assigned = task("Invoke", callback=callback)["Assign"]

    assert (assigned["error"], assigned["cause"]) == ("", "")


@pytest.mark.parametrize("error", ALL)
def test_a_start_handler_that_fails_is_called_again_and_then_fails_the_execution(error: str) -> None:
    state = task("Claim")
    is_rejection = error == "InvalidRequestError"

    following, assigned = caught(state, error)

    assert (following, assigned["code"]) == ("Failed", "INVALID_REQUEST" if is_rejection else "INTERNAL")
    assert attempts(state, error) == (0 if is_rejection else 3)


@pytest.mark.parametrize("error", ALL)
def test_a_journal_that_cannot_be_read_ends_the_run_after_five_more_attempts(error: str) -> None:
    state = task("Poll")

    following, assigned = caught(state, error)

    assert (following, assigned["reason"]) == ("Close", "FAILED")
    assert attempts(state, error) == 5


@pytest.mark.parametrize("error", ALL)
def test_a_finalizer_that_fails_is_called_again_and_then_fails_the_execution(error: str) -> None:
    state = task("Close")

    following, assigned = caught(state, error)

    assert (following, assigned["code"]) == ("Failed", "INTERNAL")
    assert attempts(state, error) == 3


@pytest.mark.parametrize("callback", [False, True], ids=["poll", "callback"])
@pytest.mark.parametrize("error", TERMINAL)
@pytest.mark.parametrize("name", ["Claim", "Invoke", "Poll", "Close"])
def test_an_error_that_nothing_catches_fails_the_execution_for_the_failure_rule(
    name: str, error: str, callback: bool
) -> None:
    state = task(name, callback=callback)

    assert first_match(state["Catch"], error) is None
    assert first_match(state["Retry"], error) is None


def test_no_other_state_can_report_an_error_that_it_would_have_to_catch() -> None:
    machine = definition(Targets("arn:start", "arn:invoker", "arn:finalizer", "runs", "aws"), DEFAULTS, callback=False)
    others = {name: state["Type"] for name, state in machine["States"].items() if state["Type"] != "Task"}

    assert set(others.values()) == {"Choice", "Wait", "Pass", "Fail"}
    assert all(machine["States"][name].get("Default") for name, kind in others.items() if kind == "Choice")
