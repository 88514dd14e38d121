"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.logs import (
    group_class,
    group_key,
    group_name,
    retention,
    retention_period,
    subscriptions,
    vended_name,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    group_name.RULE,
    vended_name.RULE,
    retention.RULE,
    retention_period.RULE,
    group_key.RULE,
    group_class.RULE,
    subscriptions.RULE,
)
