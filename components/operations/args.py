"""The arguments of Operations and their validation."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NotRequired, TypedDict

import pulumi

from components.refs import MonitoringRef
from components.tags import tag_problems
from policies.rules.aws_limits import ALARM_ACTIONS

ALARM_ACTION: Final = re.compile(
    r"arn:aws[a-z-]*:(?:sns|lambda|ssm|ssm-incidents|automate|autoscaling|aiops):([a-z0-9-]+):\S+"
)
"""What an alarm can start (CloudWatch API, PutMetricAlarm, AlarmActions)."""


class OperationsArgs(TypedDict):
    """What is watched, and who is told."""

    monitored: list[MonitoringRef]
    """What to watch: `monitoring` of each component; each component once."""
    alarm_actions: NotRequired[list[pulumi.Input[str]]]
    """ARNs of what an alarm starts when it goes off and when it is over: SNS topics, say; up to 5, default none."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the alarms."""


def validate(args: OperationsArgs, region: str) -> list[str]:
    """One message for each argument that AWS would reject later; `region` is the stack's."""
    return [
        *_monitored_problems(args["monitored"]),
        *_action_problems(args.get("alarm_actions", []), region),
        *tag_problems(args.get("tags")),
    ]


def action_problem(action: str, region: str) -> str:
    """What is wrong with the ARN of an alarm's action; empty where nothing is."""
    found = ALARM_ACTION.fullmatch(action)
    if found is None:
        example = f"arn:aws:sns:{region}:123456789012:alarms"
        return f"give the ARN of an SNS topic or of another action of alarms, such as {example}"
    return "" if found[1] == region else f"give an action in {region}, the region of the alarms"


def _action_problems(actions: Sequence[pulumi.Input[str]], region: str) -> Iterator[str]:
    """One message for each action that no alarm can start; one that is not known yet is skipped."""
    if len(actions) > ALARM_ACTIONS.maximum:
        yield f"alarm_actions has {len(actions)} ARNs; allowed: up to {ALARM_ACTIONS.maximum}"
    for action in actions:
        if isinstance(action, str) and (problem := action_problem(action, region)):
            yield f"alarm_actions has {action!r}; {problem}"


def _monitored_problems(monitored: list[MonitoringRef]) -> Iterator[str]:
    if not monitored:
        yield "monitored is empty; allowed: monitoring of one component at least"
    for name, count in Counter(one["component"] for one in monitored).items():
        if count > 1:
            yield f"monitored has component '{name}' {count} times; allowed: each component once"
