"""A runtime runs one thing: code or an image."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import ARTIFACT, REJECTED, RUNTIMES
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN

KINDS = ("codeConfiguration", "containerConfiguration")


def _check(runtime: Resource) -> Iterable[Finding]:
    artifact = runtime.properties.get(ARTIFACT)
    if not isinstance(artifact, dict) or UNKNOWN in (artifact.get(kind) for kind in KINDS):
        return []
    given = [kind for kind in KINDS if artifact.get(kind) is not None]
    if len(given) == 1:
        return []
    return [
        Finding(
            property=ARTIFACT,
            value=f"made of {' and '.join(given) or 'nothing'}",
            allowed=f"either {' or '.join(KINDS)}",
            why=REJECTED,
            fix="Give the code's zip in S3 with its entry point, or an image in ECR",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-artifact",
    description="An AgentCore runtime has either code or an image.",
    remediation="Set one of codeConfiguration and containerConfiguration.",
    types=RUNTIMES,
    check=_check,
)
