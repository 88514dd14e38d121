"""The states of a run that waits for answers: settle what has expired, wait by a task token, and go on."""

from typing import Any, Final

from components.polling_workflow.start import WITH_TOKEN
from components.state_machine.expressions import LAMBDA, call, caught, integration, jsonata, retry
from contract.limits import MAX_QUESTION_SECONDS

SETTLE_SECONDS: Final = 90
ANSWER_GRACE: Final = 5
"""Seconds after a question's expiry at which it is settled: the clocks of two services differ."""

WAITING_SECONDS: Final = MAX_QUESTION_SECONDS
"""That all questions of a run together may wait: the state machine's own limit includes it."""

IS_PAUSED: Final = "$paused > $resumed"
"""The agent of the current step has stopped with questions, and has not been invoked since: `paused` is the epoch in
which it stopped, `resumed` the one with whose answers an agent was invoked last."""


def settle_questions(finalizer_arn: str, partition: str) -> dict[str, Any]:
    """Settles expired questions, and finds out whether the run waits, and for how many seconds at most."""
    answer = "$states.result.Payload"
    return {
        "Type": "Task",
        "Resource": integration(partition, LAMBDA),
        "Arguments": call(finalizer_arn, {"action": "settle", "run_id": jsonata("$run_id")}),
        "TimeoutSeconds": SETTLE_SECONDS,
        "Assign": {name: jsonata(f"{answer}.{name}") for name in ("following", "question_seconds")},
        "Output": jsonata(answer),
        "Retry": [retry(["States.ALL"], 2, 5)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": caught("FAILED"), "Next": "Close"}],
        "Next": "HasQuestions",
    }


def has_questions() -> dict[str, Any]:
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": jsonata("$following = 'WAIT'"), "Next": "AwaitAnswer"},
            {
                "Condition": jsonata("$following = 'RESUME'"),
                "Assign": {"resumed": jsonata("$paused")},
                "Next": "Invoke",
            },
        ],
        "Default": "Poll",
    }


def await_answer(finalizer_arn: str, partition: str) -> dict[str, Any]:
    """Nothing computes while it lasts: the function stores the token with the questions, and whoever answers the last
    one sends its success."""
    payload = {
        "action": "wait",
        "run_id": jsonata("$run_id"),
        "token": jsonata("$states.context.Task.Token"),
    }
    return {
        "Type": "Task",
        "Resource": integration(partition, WITH_TOKEN),
        "Arguments": call(finalizer_arn, payload),
        "TimeoutSeconds": jsonata(f"$question_seconds + {ANSWER_GRACE}"),
        "Output": jsonata("$states.result"),
        # An expiry is no fault. What else has failed is asked of the journal: the run may have been cancelled.
        "Catch": [{"ErrorEquals": [error], "Next": "SettleQuestions"} for error in ("States.Timeout", "States.ALL")],
        "Next": "SettleQuestions",
    }
