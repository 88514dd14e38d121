"""The states of a turn around its tools: the model's answer, and what becomes of the tools' results."""

from typing import Any, Final

from components.react_workflow.limits import CALL_EVENTS, EVENT_LIMIT, TURN_EVENTS, Limits
from components.react_workflow.steps import PAYLOAD, catchers, newest_event, optional, step, variable
from components.state_machine.expressions import jsonata, spread_retry
from contract.react_steps import MODEL_THROTTLED

TURN_LIMIT_REASON: Final = "turn_limit"


def invoke_llm(function_arn: str, partition: str, limits: Limits) -> dict[str, Any]:
    """One call of the model. Its attempts are counted, so that a repeated one repeats no text."""
    payload = {
        "run_id": variable("run_id"),
        "turn": variable("turn"),
        "attempt": jsonata("$states.context.State.RetryCount"),
        "seq": variable("seq"),
    }
    task = step(partition, function_arn, payload, limits.model)
    return {
        **task,
        "Assign": {
            "next": jsonata(f"{PAYLOAD}.next"),
            "calls": jsonata(f"[{PAYLOAD}.calls]"),
            "reason": optional("reason"),
            "seq": newest_event(),
            "results": [],
            "events": jsonata(f"$events + {TURN_EVENTS} + 3 * $states.context.State.RetryCount"),
        },
        "Output": jsonata(PAYLOAD),
        "Retry": [spread_retry([MODEL_THROTTLED], 1, 5), *task["Retry"]],
        "Catch": catchers("InvokeLLM"),
        "Next": "CheckResponse",
    }


def check_response() -> dict[str, Any]:
    """Tool calls are executed as long as the history of the execution has room for them: its end would be the end of
    the execution, past every Catch."""
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": jsonata(f"$next = 'TOOLS' and $events + {CALL_EVENTS} * $count($calls) <= {EVENT_LIMIT}"),
                "Next": "Tools",
            },
            {
                "Condition": jsonata("$next = 'TOOLS'"),
                "Assign": {"reason": TURN_LIMIT_REASON},
                "Next": "HandleFinish",
            },
        ],
        "Default": "HandleFinish",
    }


def append_tool_output(function_arn: str, partition: str) -> dict[str, Any]:
    """The results become part of the conversation, and the budget is checked."""
    payload = {name: variable(name) for name in ("run_id", "turn", "results", "seq")}
    return {
        **step(partition, function_arn, payload),
        "Assign": {
            "next": jsonata(f"{PAYLOAD}.next"),
            "reason": optional("reason"),
            "seq": newest_event(),
            "turn": jsonata(f"{PAYLOAD}.next = 'CONTINUE' ? $turn + 1 : $turn"),
            "events": jsonata("$events + 3 * $states.context.State.RetryCount"),
        },
        "Output": jsonata(PAYLOAD),
        "Catch": catchers("AppendToolOutput"),
        "Next": "CheckBudget",
    }


def check_budget() -> dict[str, Any]:
    """The next turn, or the end: of a run that is cancelled, or whose turns, tokens or money are used up."""
    return {
        "Type": "Choice",
        "Choices": [{"Condition": jsonata("$next = 'CONTINUE'"), "Next": "InvokeLLM"}],
        "Default": "HandleFinish",
    }
