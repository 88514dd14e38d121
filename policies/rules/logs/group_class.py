"""Cheap log groups, and what does not work on them."""

from collections.abc import Iterable
from typing import Final

from policies.rules.finding import Finding
from policies.rules.logs.group import LOG_GROUP, METRIC_FILTER, SUBSCRIPTION
from policies.rules.references import companions
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.values import text

_WITHOUT_FILTERS: Final = ("INFREQUENT_ACCESS", "DELIVERY")
_FILTERS: Final = {METRIC_FILTER: "logGroupName", SUBSCRIPTION: "logGroup"}


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    for group in stack.of_type(LOG_GROUP):
        kind = text(group.properties, "logGroupClass")
        if kind not in _WITHOUT_FILTERS:
            continue
        for filter_type, prop in _FILTERS.items():
            for found in companions(stack, (filter_type,), prop, group).known:
                yield (
                    group,
                    Finding(
                        property="logGroupClass",
                        value=f"{kind}, under the filter '{found.name}'",
                        allowed="STANDARD, for a log group with metric or subscription filters",
                        why="CloudWatch rejects the filter with InvalidParameterException: an alarm on it never fires",
                        fix="Use STANDARD; the class of a log group cannot be changed later",
                    ),
                )


RULE = StackRule(
    name="log-group-class",
    description="A log group with metric or subscription filters is of class STANDARD.",
    remediation="Leave log_group_class out.",
    check=_check,
)
