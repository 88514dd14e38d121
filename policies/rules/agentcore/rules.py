"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.agentcore import runtime_environment, runtime_lifecycle, runtime_names
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    runtime_names.RULE,
    runtime_lifecycle.RULE,
    runtime_environment.RULE,
)
