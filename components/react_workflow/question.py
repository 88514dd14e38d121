"""The state in which a run waits for its user, for days, while nothing computes."""

from typing import Any, Final

from components.react_workflow.limits import PROMPT_EVENTS
from components.react_workflow.steps import catchers, step, variable
from components.state_machine.expressions import LAMBDA, integration, jsonata

WITH_TOKEN: Final = f"{LAMBDA}.waitForTaskToken"
SLACK: Final = 10
"""Seconds between the expiry of a question, whose time begins when it is asked, and that of its state. Where asking
took longer, the state waits again."""


def send_prompt(function_arn: str, partition: str) -> dict[str, Any]:
    """Asks the user, and waits for the answer by a task token: the function stores it and returns. The state waits
    until the first of its questions expires."""
    payload = {
        **{name: variable(name) for name in ("run_id", "turn", "calls")},
        "token": jsonata("$states.context.Task.Token"),
    }
    return {
        **step(partition, function_arn, payload),
        "Resource": integration(partition, WITH_TOKEN),
        "TimeoutSeconds": jsonata(f"$wait_seconds + {SLACK}"),
        "Assign": {"events": jsonata(f"$events + {PROMPT_EVENTS}")},
        "Output": {},
        "Catch": catchers("SendPrompt"),
        "Next": "Tools",
    }
