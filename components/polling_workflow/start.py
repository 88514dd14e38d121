"""The first states: the start handler claims the run for this execution, and each agent in turn is invoked."""

from typing import Any, Final

from components.polling_workflow.limits import Limits
from components.state_machine.expressions import (
    LAMBDA,
    LAMBDA_FAULTS,
    MESSAGE,
    RECORDED,
    THROTTLED,
    call,
    caught,
    integration,
    jsonata,
    retry,
)
from contract.step_request import state_payload

WITH_TOKEN: Final = f"{LAMBDA}.waitForTaskToken"
START_SECONDS: Final = 40
INVOKER_SECONDS: Final = 90
TOKEN_GRACE: Final = 120
"""Seconds: an agent stops itself at its limit and reports that."""

BUSY: Final = "AgentBusyError"
NOT_AT_WORK: Final = [BUSY, "AgentRefusedError", "NotInvokedError"]
"""The invoker's own errors: no agent is at work. After any other error one may be, whatever its name: a function whose
process dies, or whose response is lost, may have invoked the agent before."""


def claim(start_arn: str, partition: str) -> dict[str, Any]:
    """The run belongs to this execution or to another: a repeated event starts nothing. Claims are idempotent."""
    payload = {"event": jsonata("$states.input"), "execution": jsonata("$states.context.Execution.Id")}
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": integration(partition, LAMBDA),
        "Arguments": call(start_arn, payload),
        "TimeoutSeconds": START_SECONDS,
        "Assign": {
            **{name: jsonata(f"{answer}.{name}") for name in ("claimed", "run_id", "agents", "traceparent")},
            "step": 1,
            "output": "",
            "waited": 0,
            "agent_waited": 0,
            "resumed": 0,
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


def invoke(invoker_arn: str, partition: str, limits: Limits, *, callback: bool) -> dict[str, Any]:
    """Starts the agent of the current step. With a task token, the state lasts as long as heartbeats arrive.

    Only the invoker's own errors end the run. After any other error the journal decides: it shows whether an agent is
    at work, has finished its step, or is lost."""
    started = _started()
    common = {
        "Type": "Task",
        "Resource": integration(partition, WITH_TOKEN if callback else LAMBDA),
        "Arguments": call(invoker_arn, _step_request(limits, callback=callback)),
        "TimeoutSeconds": limits.agent + TOKEN_GRACE if callback else INVOKER_SECONDS,
        **({"HeartbeatSeconds": limits.heartbeat} if callback else {}),
        "Assign": started,
        "Output": jsonata("$states.result" if callback else "$states.result.Payload"),
    }
    busy = retry([BUSY], 15, 6)
    certain = {"ErrorEquals": NOT_AT_WORK, "Assign": caught("FAILED"), "Next": "Close"}
    unsure = _unsure("States.ALL", "Wait", {**started, **RECORDED})
    if callback:
        # An invoker that may have run is not retried here: the agent would report with a token that has ended.
        catchers = [certain, *_token_catchers(limits), unsure]
        return {**common, "Retry": [busy, retry([THROTTLED], 2, 3)], "Catch": catchers, "Next": "Poll"}
    return {**common, "Retry": [busy, retry(LAMBDA_FAULTS, 2, 3)], "Catch": [certain, unsure], "Next": "Wait"}


def _started(invoked: str = "$millis()", agent_waited: int = 0) -> dict[str, Any]:
    """The variables of a step that may have started: when it was invoked, in milliseconds since 1970, how long it has
    been waited for, in seconds, and no error."""
    return {"invoked": jsonata(invoked), "agent_waited": agent_waited, "error": "", "cause": ""}


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


def _token_catchers(limits: Limits) -> list[dict[str, Any]]:
    """The journal is polled at once: the agent may have finished, and only its report be lost."""
    overdue = f"$millis() - {limits.heartbeat * 1000}"
    return [
        # An agent whose heartbeats reach the journal is at work; any other is lost.
        _unsure("States.HeartbeatTimeout", "Poll", _started(invoked=overdue)),
        _unsure("States.Timeout", "Poll", _started(agent_waited=limits.agent)),
    ]


def _unsure(error: str, following: str, assigned: dict[str, Any]) -> dict[str, Any]:
    return {"ErrorEquals": [error], "Assign": assigned, "Next": following}
