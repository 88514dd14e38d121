"""The first states: the start handler claims the run for this execution, and each agent in turn is invoked."""

from typing import Any, Final

from components.polling_workflow.expressions import LAMBDA_FAULTS, MESSAGE, THROTTLED, call, caught, jsonata, retry
from components.polling_workflow.limits import Limits
from contract.step_request import state_payload

LAMBDA: Final = "arn:aws:states:::lambda:invoke"
TOKEN: Final = f"{LAMBDA}.waitForTaskToken"
START_SECONDS: Final = 40
INVOKER_SECONDS: Final = 90
TOKEN_GRACE: Final = 120
"""Seconds: an agent stops itself at its limit and reports that."""


def claim(start_arn: str) -> dict[str, Any]:
    """The run belongs to this execution or to another: a repeated event starts nothing. Claims are idempotent."""
    payload = {"event": jsonata("$states.input"), "execution": jsonata("$states.context.Execution.Id")}
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": LAMBDA,
        "Arguments": call(start_arn, payload),
        "TimeoutSeconds": START_SECONDS,
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
                "Assign": {"code": "INVALID_REQUEST", "sentence": MESSAGE},
                "Next": "Failed",
            },
            {"ErrorEquals": ["States.ALL"], "Assign": {"code": "INTERNAL", "sentence": MESSAGE}, "Next": "Failed"},
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
    """Starts the agent of the current step. With a task token, the state lasts as long as heartbeats arrive."""
    started = {"invoked": jsonata("$millis()"), "agent_waited": 0}
    common = {
        "Type": "Task",
        "Resource": TOKEN if callback else LAMBDA,
        "Arguments": call(invoker_arn, _step_request(limits, callback=callback)),
        "TimeoutSeconds": limits.agent + TOKEN_GRACE if callback else INVOKER_SECONDS,
        **({"HeartbeatSeconds": limits.heartbeat} if callback else {}),
        "Assign": started,
        "Output": jsonata("$states.result" if callback else "$states.result.Payload"),
    }
    busy = retry(["AgentBusyError"], 15, 6)
    if callback:
        # An invoker that may have run is not retried here: the agent would report with a token that has ended.
        return {**common, "Retry": [busy, retry([THROTTLED], 2, 3)], "Catch": _token_catchers(), "Next": "Poll"}
    # An invoker that was cut off may have reached the agent: the journal shows it.
    unsure = {"ErrorEquals": ["States.Timeout", "Sandbox.Timedout"], "Assign": started, "Next": "Wait"}
    catchers = [unsure, _catcher("States.ALL", "FAILED")]
    return {**common, "Retry": [busy, retry(LAMBDA_FAULTS, 2, 3)], "Catch": catchers, "Next": "Wait"}


def _step_request(limits: Limits, *, callback: bool) -> dict[str, Any]:
    return state_payload(
        run_id=jsonata("$run_id"),
        agent=jsonata("$agents[$step - 1]"),
        next_agent=jsonata("$step < $count($agents) ? $agents[$step] : ''"),
        step=jsonata("$step"),
        steps=jsonata("$count($agents)"),
        attempt=jsonata("$states.context.State.RetryCount + 1"),
        traceparent=jsonata("$traceparent"),
        output=jsonata("$output"),
        seconds=jsonata(f"$min([{limits.agent}, {limits.workflow} - $waited])"),
        heartbeat_seconds=limits.heartbeat,
        token=jsonata("$states.context.Task.Token") if callback else "",
    )


def _token_catchers() -> list[dict[str, Any]]:
    return [
        _catcher("States.HeartbeatTimeout", "AGENT_LOST"),
        _catcher("States.Timeout", "TIMED_OUT"),
        _catcher("States.ALL", "FAILED"),
    ]


def _catcher(error: str, reason: str) -> dict[str, Any]:
    return {"ErrorEquals": [error], "Assign": caught(reason), "Next": "Close"}
