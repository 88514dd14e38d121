"""Every rule of the pack, in the order of all lists: by family, and by name within one."""

from dataclasses import dataclass
from types import ModuleType
from typing import Final

from policies.cloudformation.published import Published
from policies.rules import (
    agentcore,
    api_gateway,
    container_image,
    dynamodb,
    ecs,
    function_url,
    iam,
    lambda_function,
    logs,
    messaging,
    s3,
    secrets,
    stack,
    step_functions,
)
from policies.rules.discovery import rules_in
from policies.rules.rule import ResourceRule, StackRule


@dataclass(frozen=True, slots=True)
class Family:
    """The rules about one service, or about what several have to agree on; `folder` is that of policies/rules."""

    title: str
    folder: str
    rules: tuple[ResourceRule | StackRule, ...]

    @classmethod
    def of(cls, title: str, package: ModuleType) -> "Family":
        return cls(title, package.__name__.rpartition(".")[2], rules_in(package))


FAMILIES: Final = (
    Family.of("Lambda functions", lambda_function),
    Family.of("Function URLs", function_url),
    Family.of("API Gateway", api_gateway),
    Family.of("Container images", container_image),
    Family.of("DynamoDB", dynamodb),
    Family.of("S3", s3),
    Family.of("SQS, SNS and EventBridge", messaging),
    Family.of("State machines", step_functions),
    Family.of("AgentCore", agentcore),
    Family.of("ECS", ecs),
    Family.of("IAM", iam),
    Family.of("Secrets Manager", secrets),
    Family.of("CloudWatch Logs", logs),
    Family.of("Across resources", stack),
)

HAND_WRITTEN: Final[tuple[ResourceRule | StackRule, ...]] = tuple(rule for family in FAMILIES for rule in family.rules)

PUBLISHED: Final = Published(HAND_WRITTEN)
"""What AWS publishes, for the stack as a whole."""

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (*HAND_WRITTEN, *PUBLISHED.rules())
