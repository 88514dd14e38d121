"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.lambda_function import environment_names, timeout
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    environment_names.RULE,
    timeout.RULE,
)
