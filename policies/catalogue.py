"""Every rule of the pack, in the order in which they are listed to people."""

from typing import Final

from policies.rules import api_integration, lambda_environment, lambda_timeout, region_alignment
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    lambda_environment.RULE,
    lambda_timeout.RULE,
    api_integration.RULE,
    region_alignment.RULE,
)
