"""Every rule of the pack, in the order in which they are listed to people."""

from dataclasses import dataclass
from typing import Final

from policies.rules.agentcore.rules import RULES as AGENTCORE
from policies.rules.dynamodb.rules import RULES as DYNAMODB
from policies.rules.lambda_function.rules import RULES as LAMBDA_FUNCTION
from policies.rules.rule import ResourceRule, StackRule
from policies.rules.s3.rules import RULES as S3
from policies.rules.stack.rules import RULES as STACK
from policies.rules.step_functions.rules import RULES as STEP_FUNCTIONS


@dataclass(frozen=True, slots=True)
class Family:
    """The rules about one service, or about what several have to agree on."""

    title: str
    rules: tuple[ResourceRule | StackRule, ...]


FAMILIES: Final = (
    Family("Lambda functions", LAMBDA_FUNCTION),
    Family("DynamoDB", DYNAMODB),
    Family("S3", S3),
    Family("State machines", STEP_FUNCTIONS),
    Family("AgentCore", AGENTCORE),
    Family("Across resources", STACK),
)

HAND_WRITTEN: Final[tuple[ResourceRule | StackRule, ...]] = tuple(rule for family in FAMILIES for rule in family.rules)

RULES: Final[tuple[ResourceRule | StackRule, ...]] = HAND_WRITTEN
