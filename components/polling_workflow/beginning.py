"""How a run begins: the door claims it for this execution, and each agent in turn is invoked."""

from typing import Any, Final

from components.polling_workflow.expressions import LAMBDA_FAULTS, SENTENCE, THROTTLED, call, caught, jsonata, retry
from components.polling_workflow.limits import Limits

LAMBDA: Final = "arn:aws:states:::lambda:invoke"
TOKEN: Final = f"{LAMBDA}.waitForTaskToken"
DOOR_SECONDS: Final = 40
INVOKER_SECONDS: Final = 90
TOKEN_GRACE: Final = 120
"""Seconds: an agent ends itself at its limit and then says so."""


def claim(door_arn: str) -> dict[str, Any]:
    """The run is this execution's or another's: a repeated event starts nothing. Claiming twice is claiming once."""
    payload = {"event": jsonata("$states.input"), "execution": jsonata("$states.context.Execution.Id")}
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": call(door_arn, payload),
        "TimeoutSeconds": DOOR_SECONDS,
        "Assign": {
            **{name: jsonata(f"{answer}.{name}") for name in ("claimed", "run_id", "agents", "traceparent")},
            "step": 1,
            "output": "",
            "waited": 0,
            "agent_waited": 0,
            "reason": "",
            "error": "",
            "cause": "",
        },
        "Output": jsonata(answer),
        "Retry": [{"ErrorEquals": ["InvalidRequestError"], "MaxAttempts": 0}, retry(["States.ALL"], 2, 3)],
        "Catch": [
            {
                "ErrorEquals": ["InvalidRequestError"],
                "Assign": {"code": "INVALID_REQUEST", "sentence": SENTENCE},
                "Next": "Failed",
            },
            {"ErrorEquals": ["States.ALL"], "Assign": {"code": "INTERNAL", "sentence": SENTENCE}, "Next": "Failed"},
        ],
        "Next": "IsNew",
    }


def is_new() -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [{"Condition": jsonata("$claimed"), "Next": "Invoke"}],
        "Default": "Repeated",
    }


def repeated() -> dict[str, Any]:
    return {"Type": "Pass", "Output": {"run_id": jsonata("$run_id"), "status": "REPEATED"}, "End": True}


def invoke(invoker_arn: str, limits: Limits, *, callback: bool) -> dict[str, Any]:
    """Starts the agent of the present step. With a task token the state lasts as long as the agent gives signs."""
    begun = {"invoked": jsonata("$millis()"), "agent_waited": 0}
    common = {
        "Type": "Task",
        "Resource": TOKEN if callback else LAMBDA,
        "Arguments": call(invoker_arn, _order(limits, callback=callback)),
        "TimeoutSeconds": limits.agent + TOKEN_GRACE if callback else INVOKER_SECONDS,
        **({"HeartbeatSeconds": limits.heartbeat} if callback else {}),
        "Assign": begun,
        "Output": jsonata("$states.result" if callback else "$states.result.Payload"),
    }
    busy = retry(["AgentBusyError"], 15, 6)
    if callback:
        # An invoker that may have run is not repeated here: the agent would report by a token that has ended.
        return {**common, "Retry": [busy, retry([THROTTLED], 2, 3)], "Catch": _token_catchers(), "Next": "Poll"}
    # An invoker that was cut off may have reached the agent: the journal tells.
    unsure = {"ErrorEquals": ["States.Timeout", "Sandbox.Timedout"], "Assign": begun, "Next": "Wait"}
    catchers = [unsure, _catcher("States.ALL", "FAILED")]
    return {**common, "Retry": [busy, retry(LAMBDA_FAULTS, 2, 3)], "Catch": catchers, "Next": "Wait"}


def _order(limits: Limits, *, callback: bool) -> dict[str, Any]:
    return {
        "run_id": jsonata("$run_id"),
        "agent": jsonata("$agents[$step - 1]"),
        "next_agent": jsonata("$step < $count($agents) ? $agents[$step] : ''"),
        "step": jsonata("$step"),
        "steps": jsonata("$count($agents)"),
        "attempt": jsonata("$states.context.State.RetryCount + 1"),
        "traceparent": jsonata("$traceparent"),
        "output": jsonata("$output"),
        "seconds": jsonata(f"$min([{limits.agent}, {limits.workflow} - $waited])"),
        "heartbeat_seconds": limits.heartbeat,
        "token": jsonata("$states.context.Task.Token") if callback else "",
    }


def _token_catchers() -> list[dict[str, Any]]:
    return [
        _catcher("States.HeartbeatTimeout", "AGENT_LOST"),
        _catcher("States.Timeout", "TIMED_OUT"),
        _catcher("States.ALL", "FAILED"),
    ]


def _catcher(error: str, reason: str) -> dict[str, Any]:
    return {"ErrorEquals": [error], "Assign": caught(reason), "Next": "Close"}
