"""The last states: the finalizer ends a run that cannot end by itself, and the workflow ends as its run did."""

from typing import Any, Final

from components.state_machine.expressions import LAMBDA, MESSAGE, call, integration, jsonata, retry

FINALIZER_SECONDS: Final = 90


def finalize(finalizer_arn: str, partition: str) -> dict[str, Any]:
    """Ends the run in the journal, and stops the session. If it fails, the failure rule invokes the finalizer again."""
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": integration(partition, LAMBDA),
        "Arguments": call(
            finalizer_arn,
            {
                **{name: jsonata(f"${name}") for name in ("run_id", "reason", "step", "error", "cause")},
                "agent": jsonata("$agents[$step - 1]"),
            },
        ),
        "TimeoutSeconds": FINALIZER_SECONDS,
        "Assign": {name: jsonata(f"{answer}.{name}") for name in ("status", "code", "sentence")},
        "Output": jsonata(answer),
        "Retry": [retry(["States.ALL"], 2, 3)],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Assign": {"code": "INTERNAL", "sentence": MESSAGE}, "Next": "Failed"}
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
