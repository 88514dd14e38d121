"""How a workflow ends: as its run did, after closing a run that cannot end by itself."""

from typing import Any, Final

from components.polling_workflow.beginning import LAMBDA
from components.polling_workflow.expressions import SENTENCE, call, jsonata, retry

CLOSER_SECONDS: Final = 90


def close(closer_arn: str) -> dict[str, Any]:
    """Ends the run in the journal, and the session. When even that fails, the rule on failed executions tries again."""
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": call(
            closer_arn,
            {
                **{name: jsonata(f"${name}") for name in ("run_id", "reason", "step", "error", "cause")},
                "agent": jsonata("$agents[$step - 1]"),
            },
        ),
        "TimeoutSeconds": CLOSER_SECONDS,
        "Assign": {name: jsonata(f"{answer}.{name}") for name in ("status", "code", "sentence")},
        "Output": jsonata(answer),
        "Retry": [retry(["States.ALL"], 2, 3)],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Assign": {"code": "INTERNAL", "sentence": SENTENCE}, "Next": "Failed"}
        ],
        "Next": "Ended",
    }


def ended() -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": jsonata("$status in ['SUCCEEDED', 'CANCELLED']"), "Next": "Done"}],
        "Default": "Failed",
    }


def done() -> dict[str, Any]:
    return {"Type": "Pass", "Output": {"run_id": jsonata("$run_id"), "status": jsonata("$status")}, "End": True}


def failed() -> dict[str, Any]:
    return {"Type": "Fail", "Error": jsonata("$code"), "Cause": jsonata("$sentence")}
