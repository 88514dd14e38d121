"""The alarms: each is about something that a person has to look at, and docs/operations.md says what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_aws import cloudwatch

from components.operations.metrics import RUNS_ENDED, STATUS, OperationsContext
from components.operations.names import alarm_name
from components.operations.watched import Watched
from contract.events import Status

PERIOD: Final = 300
"""Seconds: metrics of one minute cost the same, but SQS reports its own only while a queue is in use."""

OLDEST_MESSAGE: Final = 900
"""Seconds: more than two tries of a function of ours that reads a queue."""

_TRANSITIONS: Final = {"ServiceMetric": "StateTransition"}


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """An alarm that goes off when the statistic of a metric over five minutes is above `above`, in `points` of the last
    `periods` times five minutes. No data means that nothing happened."""

    role: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"
    above: int = 0
    points: int = 1
    periods: int = 1


def alarm_specs(namespace: str, watched: Watched) -> Iterator[AlarmSpec]:
    """All alarms; `namespace` is that of the stack's own metrics."""
    yield _ended(namespace, Status.FAILED, "runs-failed", "A run has failed")
    yield _ended(namespace, Status.TIMED_OUT, "runs-timed-out", "A run has used up its time")
    for part in watched.functions:
        of = {"FunctionName": part.name}
        yield AlarmSpec(f"{part.label}-errors", f"An invocation of {part.label} failed", "AWS/Lambda", "Errors", of)
        # Retries get over one period of throttling.
        yield AlarmSpec(
            f"{part.label}-throttles",
            f"Invocations of {part.label} were throttled for ten minutes",
            "AWS/Lambda",
            "Throttles",
            of,
            points=2,
            periods=3,
        )
    yield from _queues(watched)
    yield from _state_machines(watched)


def _ended(namespace: str, status: Status, role: str, description: str) -> AlarmSpec:
    return AlarmSpec(role, description, namespace, RUNS_ENDED, {STATUS: status.value})


def _queues(watched: Watched) -> Iterator[AlarmSpec]:
    for part in watched.queues:
        of = {"QueueName": part.name}
        if part.is_read:
            yield AlarmSpec(
                f"{part.label}-age",
                f"A message in {part.label} is older than {OLDEST_MESSAGE // 60} minutes: its reader fails",
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                of,
                statistic="Maximum",
                above=OLDEST_MESSAGE,
            )
        else:
            yield AlarmSpec(
                f"{part.label}-depth",
                f"{part.label} has a message: something could not be delivered",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                of,
                statistic="Maximum",
            )


def _state_machines(watched: Watched) -> Iterator[AlarmSpec]:
    for part in watched.state_machines:
        of = {"StateMachineArn": part.name}
        yield AlarmSpec(
            f"{part.label}-failed", f"An execution of {part.label} failed", "AWS/States", "ExecutionsFailed", of
        )
        yield AlarmSpec(
            f"{part.label}-timed-out",
            f"An execution of {part.label} used up its time",
            "AWS/States",
            "ExecutionsTimedOut",
            of,
        )
        yield AlarmSpec(
            f"{part.label}-throttled",
            f"{part.label} was slowed down by the account's quota of state transitions",
            "AWS/States",
            "ExecutionThrottled",
            of,
        )
    if watched.state_machines:
        yield AlarmSpec(
            "transitions-throttled",
            "State transitions of this account and region are above their quota",
            "AWS/States",
            "ThrottledEvents",
            _TRANSITIONS,
        )


def create_alarm(context: OperationsContext, spec: AlarmSpec) -> None:
    actions = context.args.get("alarm_actions", [])
    cloudwatch.MetricAlarm(
        context.child(spec.role),
        name=alarm_name(spec.role),
        alarm_description=f"{spec.description}. What to do: docs/operations.md.",
        namespace=spec.namespace,
        metric_name=spec.metric,
        dimensions=spec.dimensions,
        statistic=spec.statistic,
        period=PERIOD,
        comparison_operator="GreaterThanThreshold",
        threshold=spec.above,
        evaluation_periods=spec.periods,
        datapoints_to_alarm=spec.points,
        treat_missing_data="notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
        tags=context.tags,
        opts=context.opts,
    )
