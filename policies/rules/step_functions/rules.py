"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.rule import ResourceRule, StackRule
from policies.rules.step_functions import definition, portability

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    definition.RULE,
    portability.RULE,
)
