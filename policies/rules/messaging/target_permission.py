"""A target that lets EventBridge in: else every event fails, and the run that it asks for never begins."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.resources.admission import ADMITTED_BY, may_admit
from policies.rules.messaging.resources.events import SERVICE
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.references import referred
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    receivers = [resource for kind in ADMITTED_BY for resource in stack.of_type(kind)]
    for target in stack.of_type(TARGET):
        # With a role EventBridge needs no policy of the target.
        if lookup(target.properties, "roleArn"):
            continue
        receiver = referred(target, "arn", lookup(target.properties, "arn"), receivers)
        if receiver is not None and not may_admit(stack, receiver, SERVICE):
            yield (
                target,
                Finding(
                    property="arn",
                    value=f"'{receiver.name}', which does not let EventBridge in",
                    allowed=ADMITTED_BY[receiver.type].format(service=SERVICE),
                    why="Every event is rejected at the target without a retry, and the requested run never starts",
                    fix="Add it, with the rule's ARN as source",
                ),
            )


RULE = StackRule(
    name="eventbridge-target-permission",
    description="A function, queue or topic that is a target admits EventBridge.",
    remediation="Add a lambda Permission, QueuePolicy or TopicPolicy for events.amazonaws.com with the rule's ARN.",
    check=_check,
)
