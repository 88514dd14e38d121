"""The state machine of a background run, as JSON: claim, invoke, wait and look until the run has ended, or end it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from components.polling_workflow.beginning import TOKEN_GRACE, claim, invoke, is_new, repeated
from components.polling_workflow.ending import close, done, ended, failed
from components.polling_workflow.limits import Limits
from components.polling_workflow.waiting import judge, poll, wait

SLACK_SECONDS: Final = 1_800
"""Calls and repeats take time that the sum of waits leaves out: the machine's own limit ends what nothing else does."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the machine calls: ARNs of three functions, and the journal's table."""

    door: str
    invoker: str
    closer: str
    table: str


def definition(parts: Parts, limits: Limits, *, callback: bool) -> dict[str, Any]:
    """`callback`: agents report by a task token; otherwise the journal is looked at until they are done."""
    return {
        "Comment": "A background run: agents in turn, their journal, one end",
        "QueryLanguage": "JSONata",
        "StartAt": "Claim",
        "TimeoutSeconds": limits.workflow + (TOKEN_GRACE if callback else SLACK_SECONDS),
        "States": {
            "Claim": claim(parts.door),
            "IsNew": is_new(),
            "Invoke": invoke(parts.invoker, limits, callback=callback),
            "Wait": wait(limits),
            "Poll": poll(parts.table),
            "Judge": judge(limits),
            "Close": close(parts.closer),
            "Ended": ended(),
            "Done": done(),
            "Failed": failed(),
            "Repeated": repeated(),
        },
    }


def definition_text(parts: Parts, limits: Limits, *, callback: bool) -> str:
    """The same as the state machine is given it: an unchanged definition is an unchanged text."""
    return json.dumps(definition(parts, limits, callback=callback))
