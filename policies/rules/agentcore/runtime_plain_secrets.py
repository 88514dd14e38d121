"""No secret in plain text among a runtime's environment variables."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import RUNTIMES
from policies.rules.agentcore.runtime_environment import PROPERTY
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.secret_values import secret_finding
from policies.rules.values import mapping

READERS = "read the runtime's configuration or"


def _check(runtime: Resource) -> Iterable[Finding]:
    for name, value in mapping(runtime.properties, PROPERTY).items():
        finding = secret_finding(f"{PROPERTY}.{name}", name, value, READERS) if isinstance(value, str) else None
        if finding is not None:
            yield finding


RULE = ResourceRule(
    name="agentcore-runtime-plain-secrets",
    description="The environment of an AgentCore runtime holds no key, password or token in plain text.",
    remediation="Keep the secret in Secrets Manager and pass its ARN.",
    types=RUNTIMES,
    check=_check,
)
