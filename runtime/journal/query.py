"""The query with which a state machine polls the journal for the state of a run.

Arguments of DynamoDB's Query, and JSONata over its response: only the runtime knows the table's layout.
"""

from collections.abc import Mapping
from typing import Any, Final

from contract.events import Status
from runtime.journal.items import EVENTS, HEAD, PARTITION_KEY, RUNS, SORT_KEY

_HEAD: Final = "$states.result.Items[0]"
_NEWEST: Final = "$states.result.Items[1]"
_FIELDS: Final = (
    *("status", "step", "step_done", "heartbeat_at", "cancel_requested", "output"),
    *("epoch", "paused_epoch", "seq", "type"),
)
_ERROR: Final = ("code", "error")
"""The parts of the error in a head."""

TERMINAL: Final = tuple(status.value for status in Status if status.is_terminal)


def latest_arguments(table: str, run_id: str) -> dict[str, Any]:
    """Head and newest event in one query, at the same cost for any length; `run_id` is the JSONata of the run's id.

    Every attribute is named by an expression name: status, type and error are reserved words. An event's data is left
    out, since 300 KB of it would not pass through a state machine.
    """
    names = (PARTITION_KEY, SORT_KEY, *_FIELDS, *_ERROR)
    parts = [f"#{name}" for name in _FIELDS] + [f"#error.#{part}" for part in _ERROR]
    return {
        "TableName": table,
        "KeyConditionExpression": f"#{PARTITION_KEY} = :run AND #{SORT_KEY} BETWEEN :first AND :head",
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": {
            ":run": {"S": "{% '" + RUNS + "' & " + run_id + " %}"},
            ":first": {"S": EVENTS},
            ":head": {"S": HEAD},
        },
        "ProjectionExpression": ", ".join(parts),
        "ScanIndexForward": False,
        "Limit": 2,
    }


def latest_variables() -> dict[str, str]:
    """JSONata of each value in the response, by the name of the variable that stores it.

    `status`; `begun` and `done`, the numbers of steps; `heartbeat`, in milliseconds since 1970; `cancelled`, whether it
    was asked for; `paused`, the epoch in which the newest agent has stopped for answers, 0 for none; `found`, the key
    of the last done step's output; `code` and `sentence` of what ended the run.
    """
    return {name: "{% " + expression + " %}" for name, expression in _expressions().items()}


def newest_event() -> dict[str, str]:
    """JSONata of the newest event's number and type, for people who read the execution's history."""
    return {
        "seq": "{% $number(" + f"{_NEWEST}.seq.N" + ") %}",
        "type": "{% " + f"{_NEWEST}.type.S" + " %}",
    }


def _expressions() -> Mapping[str, str]:
    return {
        "status": f"{_HEAD}.status.S",
        "begun": _number("step"),
        "done": _number("step_done"),
        "heartbeat": f"{_number('heartbeat_at')} * 1000",
        # AWS's own service integration writes Bool where DynamoDB writes BOOL.
        "cancelled": f"{_HEAD}.cancel_requested.BOOL = true or {_HEAD}.cancel_requested.Bool = true",
        "paused": f"({_number('paused_epoch')} = {_number('epoch')} ? {_number('epoch')} : 0)",
        "found": _text("output", "''"),
        "code": _text("error.M.code", f"{_HEAD}.status.S"),
        "sentence": _text("error.M.error", f"'The run ended as ' & {_HEAD}.status.S & '.'"),
    }


def _number(path: str) -> str:
    return f"($exists({_HEAD}.{path}.N) ? $number({_HEAD}.{path}.N) : 0)"


def _text(path: str, otherwise: str) -> str:
    return f"($exists({_HEAD}.{path}.S) ? {_HEAD}.{path}.S : {otherwise})"
