"""A stage has something deployed on it."""

from collections.abc import Iterable

from policies.rules.api_gateway.api import STAGE
from policies.rules.finding import Finding
from policies.rules.lambda_function.function import is_set
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import lookup


def _check(stage: Resource) -> Iterable[Finding]:
    if lookup(stage.properties, "autoDeploy") not in (None, False) or is_set(stage, "deploymentId"):
        return []
    finding = Finding(
        property="autoDeploy",
        value="unset, and no deploymentId",
        allowed="true, or the id of a deployment",
        why="Nothing is deployed on the stage: every call is answered with 404, every connection with 403",
        fix="Set autoDeploy to true, or pass deploymentId",
    )
    return [finding]


RULE = ResourceRule(
    name="api-gateway-stage-deploys",
    description="A stage deploys by itself or names its deployment.",
    remediation="Set auto_deploy=True.",
    types=frozenset({STAGE}),
    check=_check,
)
