"""What the rules of this folder know about event rules and targets."""

from typing import Final

from policies.rules.references import referred
from policies.rules.rule import Resource, Stack
from policies.rules.values import lookup

RULE_TYPE: Final = "aws:cloudwatch/eventRule:EventRule"
BUS: Final = "aws:cloudwatch/eventBus:EventBus"
BUS_POLICY: Final = "aws:cloudwatch/eventBusPolicy:EventBusPolicy"
BUS_PERMISSION: Final = "aws:cloudwatch/eventPermission:EventPermission"
SERVICE: Final = "events.amazonaws.com"


def rule_of(stack: Stack, target: Resource) -> Resource | None:
    """The rule of the stack that the target belongs to."""
    return referred(target, "rule", lookup(target.properties, "rule"), stack.of_type(RULE_TYPE))
