"""A target and its rule on the same bus: the provider looks for the rule on the default one otherwise."""

from collections.abc import Iterable

from policies.rules.finding import Finding
from policies.rules.messaging.resources.events import rule_of
from policies.rules.messaging.resources.queue import TARGET
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import lookup


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for target in stack.of_type(TARGET):
        rule = rule_of(stack, target)
        if rule is not None and _buses_differ(rule, target):
            yield (
                target,
                Finding(
                    property="eventBusName",
                    value=_shown(target),
                    allowed=f"{_shown(rule)}, the bus of the rule '{rule.name}'",
                    why="EventBridge does not find the rule there: the deployment ends in ResourceNotFoundException",
                    fix="Give the target the rule's event_bus_name",
                ),
            )


def _buses_differ(rule: Resource, target: Resource) -> bool:
    """Whether the buses are known to be two, by name or, where that is not known yet, by origin."""
    buses = [_bus(resource) for resource in (rule, target)]
    if None not in buses:
        return buses[0] != buses[1]
    sources = [resource.dependencies.get("eventBusName", ()) for resource in (rule, target)]
    return bool(sources[0]) and buses[1] == "default"


def _bus(resource: Resource) -> str | None:
    """The name of the bus; None where it is not known."""
    given = lookup(resource.properties, "eventBusName")
    if given is None:
        return "default"
    return given.rsplit("/", 1)[-1] if isinstance(given, str) else None


def _shown(resource: Resource) -> str:
    given = lookup(resource.properties, "eventBusName")
    if given is None:
        return "unset (the default bus)"
    return repr(given) if isinstance(given, str) else "a bus of the stack"


RULE = StackRule(
    name="eventbridge-target-bus",
    description="A target names the bus of its rule.",
    remediation="Pass the rule's event_bus_name to the target.",
    check=_check,
)
