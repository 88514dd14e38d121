"""Every rule of the pack, in the order in which they are listed to people."""

from dataclasses import dataclass
from typing import Final

from policies.cloudformation.published import Published
from policies.rules.agentcore.rules import RULES as AGENTCORE
from policies.rules.api_gateway.rules import RULES as API_GATEWAY
from policies.rules.container_image.rules import RULES as CONTAINER_IMAGE
from policies.rules.dynamodb.rules import RULES as DYNAMODB
from policies.rules.ecs.rules import RULES as ECS
from policies.rules.function_url.rules import RULES as FUNCTION_URL
from policies.rules.iam.rules import RULES as IAM
from policies.rules.lambda_function.rules import RULES as LAMBDA_FUNCTION
from policies.rules.logs.rules import RULES as LOGS
from policies.rules.messaging.rules import RULES as MESSAGING
from policies.rules.rule import ResourceRule, StackRule
from policies.rules.s3.rules import RULES as S3
from policies.rules.secrets.rules import RULES as SECRETS
from policies.rules.stack.rules import RULES as STACK
from policies.rules.step_functions.rules import RULES as STEP_FUNCTIONS


@dataclass(frozen=True, slots=True)
class Family:
    """The rules about one service, or about what several have to agree on; `folder` is that of policies/rules."""

    folder: str
    title: str
    rules: tuple[ResourceRule | StackRule, ...]


FAMILIES: Final = (
    Family("lambda_function", "Lambda functions", LAMBDA_FUNCTION),
    Family("function_url", "Function URLs", FUNCTION_URL),
    Family("api_gateway", "API Gateway", API_GATEWAY),
    Family("container_image", "Container images", CONTAINER_IMAGE),
    Family("dynamodb", "DynamoDB", DYNAMODB),
    Family("s3", "S3", S3),
    Family("messaging", "SQS, SNS and EventBridge", MESSAGING),
    Family("step_functions", "State machines", STEP_FUNCTIONS),
    Family("agentcore", "AgentCore", AGENTCORE),
    Family("ecs", "ECS", ECS),
    Family("iam", "IAM", IAM),
    Family("secrets", "Secrets Manager", SECRETS),
    Family("logs", "CloudWatch Logs", LOGS),
    Family("stack", "Across resources", STACK),
)

HAND_WRITTEN: Final[tuple[ResourceRule | StackRule, ...]] = tuple(rule for family in FAMILIES for rule in family.rules)

PUBLISHED: Final = Published(HAND_WRITTEN)
"""What AWS publishes, for the stack as a whole."""

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (*HAND_WRITTEN, *PUBLISHED.rules())
