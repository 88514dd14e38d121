"""The state in which a run waits for its user, for days, while nothing computes."""

from typing import Any, Final

from components.react_workflow.limits import PROMPT_EVENTS, Limits
from components.react_workflow.steps import catchers, step, variable
from components.state_machine.expressions import LAMBDA, integration, jsonata

WITH_TOKEN: Final = f"{LAMBDA}.waitForTaskToken"
SLACK: Final = 60
"""Seconds between the expiry of a question, which begins when it is asked, and that of its state."""


def send_prompt(function_arn: str, partition: str, limits: Limits) -> dict[str, Any]:
    """Asks the user, and waits for the answer by a task token: the function stores it and returns."""
    payload = {
        **{name: variable(name) for name in ("run_id", "turn", "calls")},
        "token": jsonata("$states.context.Task.Token"),
    }
    return {
        **step(partition, function_arn, payload),
        "Resource": integration(partition, WITH_TOKEN),
        "TimeoutSeconds": limits.question + SLACK,
        "Assign": {"events": jsonata(f"$events + {PROMPT_EVENTS}")},
        "Output": {},
        "Catch": catchers("SendPrompt"),
        "Next": "Tools",
    }
