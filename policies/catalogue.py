"""Every rule of the pack, in the order in which they are listed to people."""

from typing import Final

from policies.rules import (
    agentcore_environment,
    agentcore_lifecycle,
    agentcore_names,
    api_integration,
    lambda_environment,
    lambda_timeout,
    region_alignment,
    state_machine,
    state_machine_portability,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    lambda_environment.RULE,
    lambda_timeout.RULE,
    agentcore_names.RULE,
    agentcore_lifecycle.RULE,
    agentcore_environment.RULE,
    state_machine.RULE,
    state_machine_portability.RULE,
    api_integration.RULE,
    region_alignment.RULE,
)
