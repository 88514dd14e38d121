import json
from typing import Any

import pytest

from runtime.workflow.finalize_request import FinalizeRequest, Reason, read_request

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:machine:one"
EVENT = {"id": RUN_ID, "source": "longrun", "detail-type": "RunRequested", "detail": {"question": "Why?"}}


def _order(**changes: object) -> dict[str, Any]:
    return {"run_id": RUN_ID, "reason": "FAILED", "agent": "explorer", "step": 2, "error": "", "cause": "", **changes}


def _change(**changes: object) -> dict[str, Any]:
    detail = {"executionArn": EXECUTION, "status": "FAILED", "input": json.dumps(EVENT), **changes}
    return {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}


def test_a_state_machines_order_is_read() -> None:
    assert read_request(_order(reason="AGENT_LOST", step=2.0)) == FinalizeRequest(
        RUN_ID, Reason.AGENT_LOST, "explorer", 2
    )


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        ('{"errorMessage": "It is \\"lost\\".", "errorType": "E", "stackTrace": ["File x"]}', 'It is "lost".'),
        ('{"errorMessage": "It is lost.", "errorType": "E", "stackTrace": ["Fi', "It is lost."),
        ('{"errorType": "E", "stackTrace": ["File x"]}', ""),
        ("The agent was busy.", "The agent was busy."),
        ("password=hunter2", "password=***"),
        ("", ""),
    ],
)
def test_of_a_functions_error_only_the_message_is_kept(cause: str, sentence: str) -> None:
    order = read_request(_order(cause=cause))

    assert order is not None
    assert order.cause == sentence


@pytest.mark.parametrize(
    ("change", "reason", "error", "cause"),
    [
        ({"status": "FAILED", "error": "States.Runtime", "cause": "odd"}, Reason.FAILED, "States.Runtime", "odd"),
        ({"status": "FAILED"}, Reason.FAILED, "", ""),
        ({"status": "TIMED_OUT"}, Reason.TIMED_OUT, "", ""),
        ({"status": "ABORTED"}, Reason.FAILED, "ABORTED", ""),
        ({"status": "ABORTED", "error": "Stopped", "cause": "by hand"}, Reason.FAILED, "ABORTED", "Stopped: by hand"),
    ],
)
def test_an_executions_failure_is_an_order_to_close_its_run(
    change: dict[str, Any], reason: Reason, error: str, cause: str
) -> None:
    assert read_request(_change(**change)) == FinalizeRequest(
        RUN_ID, reason, error=error, cause=cause, execution=EXECUTION
    )


@pytest.mark.parametrize("given", [None, "", "{", "[]", "7", '{"detail": {}}', "[" * 100_000])
def test_an_execution_whose_input_names_no_run_is_no_order(given: str | None) -> None:
    assert read_request(_change(input=given)) is None


def test_an_event_that_the_door_refused_still_names_its_run() -> None:
    order = read_request(_change(input=json.dumps({**EVENT, "detail": "no object"})))

    assert order is not None
    assert order.run_id == RUN_ID
