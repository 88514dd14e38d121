"""A Task calls something that Step Functions knows, in a way that the service offers."""

from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.finding import Finding
from policies.rules.rule import ResourceRule
from policies.rules.step_functions.states.graph import PlacedState, shown, tasks
from policies.rules.step_functions.states.integration import SYNC, SYNC_2, TOKEN, Integration, integration_of
from policies.rules.step_functions.states.machine import MACHINES, REJECTED, by_definition
from policies.rules.values import UNKNOWN

WITHOUT_SYNC: Final = frozenset({"apigateway", "bedrockagentcore", "dynamodb", "events", "lambda", "sns", "sqs"})
"""What has ended when it answers, or never reports its end."""

WITHOUT_TOKEN: Final = frozenset(
    {
        *(
            "athena",
            "batch",
            "bedrockagentcore",
            "codebuild",
            "databrew",
            "dynamodb",
            "elasticmapreduce",
            "emr-containers",
        ),
        *("emr-serverless", "glue", "mediaconvert", "sagemaker"),
    }
)


def pattern_findings(definition: Mapping[str, object]) -> Iterator[Finding]:
    for task in tasks(definition):
        resource = task.state.get("Resource")
        found = integration_of(task)
        if resource is not UNKNOWN and not (isinstance(resource, str) and resource.startswith("arn:")):
            yield _finding(task, shown(resource), "the ARN of what the task calls", "Write the ARN of an integration")
        elif found is not None and (offered := _offered(found)) is not None:
            yield _finding(task, shown(resource), offered, "Choose a way to wait that the service offers")


def _offered(found: Integration) -> str | None:
    """What there is instead of this way to wait."""
    if found.sdk:
        return _offered_by_sdk(found)
    if found.pattern in (SYNC, SYNC_2) and found.service in WITHOUT_SYNC:
        return f"{found.name} without {SYNC}"
    if found.pattern == SYNC_2 and found.service != "states":
        return f"{SYNC_2} for states:startExecution only"
    if found.pattern == TOKEN and found.service in WITHOUT_TOKEN:
        return f"{found.name} without {TOKEN}"
    return None


def _offered_by_sdk(found: Integration) -> str | None:
    if found.pattern in (SYNC, SYNC_2):
        return f"aws-sdk integrations without {SYNC}: they end with the answer to the call"
    if not (found.service.islower() and found.action[:1].islower()):
        return "the service in lower case and the action with a small first letter, as in aws-sdk:dynamodb:query"
    return None


def _finding(task: PlacedState, value: str, allowed: str, fix: str) -> Finding:
    return Finding(property=f"{task.path}.Resource", value=value, allowed=allowed, why=REJECTED, fix=fix)


RULE = ResourceRule(
    name="state-machine-integration-patterns",
    description="A Task names the ARN of an integration, and waits for its end in a way that the service offers.",
    remediation="Use .sync and .waitForTaskToken only with the services that have them.",
    types=MACHINES,
    check=by_definition(pattern_findings),
)
