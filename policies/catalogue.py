"""Every rule of the pack, in the order in which they are listed to people."""

from typing import Final

from policies.rules.agentcore.rules import RULES as AGENTCORE
from policies.rules.lambda_function.rules import RULES as LAMBDA_FUNCTION
from policies.rules.rule import ResourceRule, StackRule
from policies.rules.stack.rules import RULES as STACK
from policies.rules.step_functions.rules import RULES as STEP_FUNCTIONS

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    *LAMBDA_FUNCTION,
    *AGENTCORE,
    *STEP_FUNCTIONS,
    *STACK,
)
