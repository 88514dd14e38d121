"""The last states: each ends the run in the journal, and the execution ends as its run did."""

import json
from typing import Any, Final

from components.react_workflow.limits import EXPIRY_EVENTS
from components.react_workflow.steps import PAYLOAD, catchers, optional, step, variable
from components.react_workflow.turn import TURN_LIMIT_REASON
from components.state_machine.expressions import jsonata
from contract.react_steps import ERROR_CODES, RUNNING, WAITING

_CODES: Final = json.dumps(ERROR_CODES)
_TOLD: Final = """\
$told := $substring($cause, 0, 1) != '{' ? $cause : $substring($cause, -1) = '}' ? $parse($cause).errorMessage : ''; \
$told := $exists($told) ? $string($told) : ''"""
"""The message of the function's error; the cause of any other."""

_CODE: Final = f"($code := $lookup({_CODES}, $error); $exists($code) ? $code : 'INTERNAL')"
_SENTENCE: Final = f"""\
({_TOLD}; $exists($lookup({_CODES}, $error)) and $told != '' ? $told : \
'the step ' & $failed_in & ' failed (' & $error & ($told = '' ? '' : ': ' & $told) & '); see its execution for \
details, and start the run again')"""


def handle_finish(function_arn: str, partition: str) -> dict[str, Any]:
    payload = {name: variable(name) for name in ("run_id", "turn", "reason")}
    return {**step(partition, function_arn, payload), **_end(), "Catch": _to_error("HandleFinish")}


def handle_timeout(function_arn: str, partition: str) -> dict[str, Any]:
    """Ends the run; or records the defaults of its questions, with which the run goes on, unless it waits for others
    that have more time."""
    end = _end()
    end["Assign"]["wait_seconds"] = jsonata(f"$exists({PAYLOAD}.seconds) ? {PAYLOAD}.seconds : 1")
    return {**step(partition, function_arn, _failure()), **end, "Catch": _to_error("HandleTimeout")}


def handle_error(function_arn: str, partition: str) -> dict[str, Any]:
    """If it fails too, the execution fails with the error that it was to handle, and the failure rule invokes the
    finalizer."""
    told = {"code": jsonata(_CODE), "sentence": jsonata(_SENTENCE)}
    lost = {"ErrorEquals": ["States.ALL"], "Assign": told, "Next": "Failed"}
    return {**step(partition, function_arn, _failure()), **_end(), "Catch": [lost]}


def too_many_questions() -> dict[str, Any]:
    return {"Type": "Pass", "Assign": {"reason": TURN_LIMIT_REASON}, "Next": "HandleFinish"}


def ended() -> dict[str, Any]:
    failed = "$status in ['FAILED', 'TIMED_OUT']"
    counted = {"events": jsonata(f"$events + {EXPIRY_EVENTS}")}
    after_expiry = {RUNNING: "Tools", WAITING: "SendPrompt"}
    return {
        "Type": "Choice",
        "Choices": [
            *(
                {
                    "Condition": jsonata(f"$status = '{status}' and $failed_in = 'SendPrompt'"),
                    "Assign": counted,
                    "Next": following,
                }
                for status, following in after_expiry.items()
            ),
            {"Condition": jsonata(failed), "Next": "Failed"},
        ],
        "Default": "Done",
    }


def done() -> dict[str, Any]:
    return {"Type": "Pass", "Output": {"run_id": variable("run_id"), "status": variable("status")}, "End": True}


def failed() -> dict[str, Any]:
    return {"Type": "Fail", "Error": variable("code"), "Cause": variable("sentence")}


def _failure() -> dict[str, Any]:
    return {
        "run_id": variable("run_id"),
        "execution": jsonata("$states.context.Execution.Id"),
        "name": jsonata("$states.context.Execution.Name"),
        "state": variable("failed_in"),
        "error": variable("error"),
        "cause": variable("cause"),
    }


def _end() -> dict[str, Any]:
    return {
        "Assign": {
            "status": jsonata(f"{PAYLOAD}.status"),
            **{name: optional(name) for name in ("code", "sentence")},
        },
        "Output": jsonata(PAYLOAD),
        "Next": "Ended",
    }


def _to_error(state: str) -> list[dict[str, Any]]:
    return [{**one, "Next": "HandleError"} for one in catchers(state)[-1:]]
