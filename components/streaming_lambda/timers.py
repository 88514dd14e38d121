"""The timers of questions: a group of one-time schedules of EventBridge Scheduler, which the worker creates and which
invoke it. They cost nothing while they wait."""

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam, lambda_, scheduler

from components.arn import ArnParts
from components.iam import Statement, allow, assume_role, document, only_for
from components.streaming_lambda.args import StreamingContext

_SERVICE = "scheduler.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Timers:
    """The group, and the role with which its schedules invoke the worker."""

    group: scheduler.ScheduleGroup
    role: iam.Role

    @property
    def variable(self) -> pulumi.Output[str]:
        """The value of LONGRUN_QUESTION_TIMERS."""
        return pulumi.Output.all(self.group.name, self.role.arn).apply(
            lambda known: json.dumps({"group": known[0], "role": known[1]})
        )


def create_timers(context: StreamingContext) -> Timers:
    group = scheduler.ScheduleGroup(context.child("timers"), tags=context.tags, opts=context.opts)
    role = iam.Role(
        context.child("timers-role"),
        assume_role_policy=group.arn.apply(lambda arn: assume_role(_SERVICE, only_for(arn))),
        tags=context.tags,
        opts=context.opts,
    )
    return Timers(group, role)


def allow_timers(context: StreamingContext, timers: Timers, worker: lambda_.Function) -> None:
    """The worker is created after the role, whose ARN it has."""
    iam.RolePolicy(
        context.child("timers-policy"),
        role=timers.role.name,
        policy=worker.arn.apply(lambda arn: document([allow("InvokeWorker", ["lambda:InvokeFunction"], [arn])])),
        opts=context.opts,
    )


def set_timers(group_arn: str, role_arn: str) -> list[Statement]:
    """Create schedules in this group only, with this role only."""
    place = ArnParts.parse(group_arn)
    group = group_arn.rpartition("/")[2]
    return [
        allow("SetTimers", ["scheduler:CreateSchedule"], [place.arn("scheduler", f"schedule/{group}/*")]),
        allow("PassTimersRole", ["iam:PassRole"], [role_arn], {"StringEquals": {"iam:PassedToService": _SERVICE}}),
    ]
