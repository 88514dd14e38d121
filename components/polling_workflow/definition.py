"""The definition of the state machine: claim the run, invoke agents, poll until the run has ended, or finalize it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from components.polling_workflow.finish import done, ended, failed, finalize
from components.polling_workflow.limits import Limits
from components.polling_workflow.poll import judge, poll, wait
from components.polling_workflow.questions import WAITING_SECONDS, await_answer, has_questions, settle_questions
from components.polling_workflow.start import TOKEN_GRACE, claim, invoke, is_new, repeated

SLACK_SECONDS: Final = 1_800
"""Calls and retries take time that the sum of waits does not count; the state machine's own limit includes it."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the state machine calls: three functions by ARN and the journal's table by name, and their partition."""

    start: str
    invoker: str
    finalizer: str
    table: str
    partition: str


def definition(targets: Targets, limits: Limits, *, callback: bool) -> dict[str, Any]:
    """`callback`: agents report by a task token; otherwise the journal is polled until they are done."""
    partition = targets.partition
    return {
        "Comment": "A background run: agents in turn, their journal, one end",
        "QueryLanguage": "JSONata",
        "StartAt": "Claim",
        "TimeoutSeconds": limits.workflow + (TOKEN_GRACE if callback else SLACK_SECONDS) + WAITING_SECONDS,
        "States": {
            "Claim": claim(targets.start, partition),
            "IsNew": is_new(),
            "Invoke": invoke(targets.invoker, partition, limits, callback=callback),
            "Wait": wait(limits),
            "Poll": poll(targets.table, partition),
            "Judge": judge(limits),
            "SettleQuestions": settle_questions(targets.finalizer, partition),
            "HasQuestions": has_questions(),
            "AwaitAnswer": await_answer(targets.finalizer, partition),
            "Close": finalize(targets.finalizer, partition),
            "Ended": ended(),
            "Done": done(),
            "Failed": failed(),
            "Repeated": repeated(),
        },
    }


def definition_text(targets: Targets, limits: Limits, *, callback: bool) -> str:
    """The definition as JSON: an unchanged definition has an unchanged text."""
    return json.dumps(definition(targets, limits, callback=callback))
