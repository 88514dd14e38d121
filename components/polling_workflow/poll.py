"""The polling states: a growing wait, a query of the journal, and a choice."""

from typing import Any, Final

from components.polling_workflow.limits import GROWTH, Limits
from components.polling_workflow.questions import IS_PAUSED
from components.state_machine.expressions import caught, integration, jsonata, retry
from runtime.journal.query import TERMINAL, latest_arguments, latest_variables, newest_event

QUERY: Final = "aws-sdk:dynamodb:query"
QUERY_SECONDS: Final = 30


def wait(limits: Limits) -> dict[str, Any]:
    """The waits are summed in variables: a clock would be wrong where tests shorten waits."""
    pause = pause_formula(limits)
    return {
        "Type": "Wait",
        "Seconds": jsonata(pause),
        # The first must not read what the second changes: an emulator assigns one after the other.
        "Assign": {"agent_waited": jsonata(f"$agent_waited + {pause}"), "waited": jsonata(f"$waited + {pause}")},
        "Next": "Poll",
    }


def pause_formula(limits: Limits) -> str:
    """Whole seconds: Step Functions accepts no fractions."""
    return f"$max([{limits.poll}, $min([{limits.poll_max}, $ceil($waited / {GROWTH})])])"


def poll(table: str, partition: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": integration(partition, QUERY),
        "Arguments": latest_arguments(table, "$run_id"),
        "TimeoutSeconds": QUERY_SECONDS,
        "Assign": latest_variables(),
        "Output": newest_event(),
        "Retry": [retry(["States.ALL"], 2, 5)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": caught("FAILED"), "Next": "Close"}],
        "Next": "Judge",
    }


def judge(limits: Limits) -> dict[str, Any]:
    """An ended run ends the workflow first; then cancellation, the next step, questions, and limits are checked.
    A run that waits for an answer sends no heartbeat, and its time does not count."""
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": jsonata(f"$status in {_texts(TERMINAL)}"), "Next": "Ended"},
            _finalize("$cancelled and ($begun < $step or $done >= $step and $step < $count($agents))", "CANCELLED"),
            {
                "Condition": jsonata("$done >= $step and $step < $count($agents)"),
                "Assign": {"output": jsonata("$found"), "step": jsonata("$step + 1")},
                "Next": "Invoke",
            },
            {"Condition": jsonata(IS_PAUSED), "Next": "SettleQuestions"},
            _finalize(f"$millis() - {_last_heartbeat()} > {limits.heartbeat * 1000}", "AGENT_LOST"),
            _finalize(f"$agent_waited >= {limits.agent} or $waited >= {limits.workflow}", "TIMED_OUT"),
        ],
        "Default": "Wait",
    }


def _last_heartbeat() -> str:
    """The time of the invocation, or of the heartbeat once it comes from the current step's agent."""
    return "$max([$invoked, $begun = $step ? $heartbeat : 0])"


def _finalize(condition: str, reason: str) -> dict[str, Any]:
    return {"Condition": jsonata(condition), "Assign": {"reason": reason}, "Next": "Close"}


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"
