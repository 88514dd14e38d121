"""The first states: the input becomes a run, or ends the execution."""

from typing import Any

from components.react_workflow.limits import FRAME_EVENTS
from components.react_workflow.steps import PAYLOAD, catchers, optional, step
from components.state_machine.expressions import jsonata

_REQUESTED_RUN = "$type($states.context.Execution.Input.runId) = 'string' ? $states.context.Execution.Input.runId : ''"
"""The run that the input names; the function could not say which run it is."""


def parse_initial_query(function_arn: str, partition: str) -> dict[str, Any]:
    """Validates the input and accepts the run in the journal. A repeated execution of a run does not touch it."""
    payload = {
        "execution": jsonata("$states.context.Execution.Id"),
        "name": jsonata("$states.context.Execution.Name"),
        "input": jsonata("$states.context.Execution.Input"),
    }
    catching = catchers("ParseInitialQuery")
    return {
        **step(partition, function_arn, payload),
        "Assign": {
            "run_id": jsonata(f"{PAYLOAD}.run_id"),
            "next": jsonata(f"{PAYLOAD}.next"),
            **{name: jsonata(f"[{PAYLOAD}.{name}]") for name in ("subnets", "security_groups")},
            **{name: optional(name) for name in ("status", "code", "sentence")},
            "turn": 1,
            "seq": 0,
            "results": [],
            "events": FRAME_EVENTS,
            "failed_in": "",
        },
        "Output": jsonata(PAYLOAD),
        "Catch": [{**one, "Assign": {**one["Assign"], "run_id": jsonata(_REQUESTED_RUN)}} for one in catching],
        "Next": "CheckQuery",
    }


def check_query() -> dict[str, Any]:
    """A run begins; a refused input and a repeated execution end at once."""
    return {
        "Type": "Choice",
        "Choices": [{"Condition": jsonata("$next = 'RUN'"), "Next": "InvokeLLM"}],
        "Default": "Ended",
    }
