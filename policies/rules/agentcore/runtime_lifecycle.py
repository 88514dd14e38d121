"""How long a session of an AgentCore runtime may idle and live: both in AWS's range, idle within lifetime."""

from collections.abc import Iterable, Mapping

from policies.rules.agentcore.runtime import RUNTIMES
from policies.rules.aws_limits import AGENTCORE_SESSION
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import format_number, lookup

IDLE = "idleRuntimeSessionTimeout"
LIFETIME = "maxLifetime"


def lifecycle_problems(idle: float, lifetime: float) -> list[str]:
    """Returns a message for each limit that a session's idle time and lifetime, in seconds, break."""
    findings = lifecycle_findings(idle, lifetime, idle_property="idle_seconds", lifetime_property="lifetime_seconds")
    return [finding.explanation() for finding in findings]


def lifecycle_findings(
    idle: float | None, lifetime: float | None, *, idle_property: str, lifetime_property: str
) -> list[Finding]:
    """None stands for what is not set or not known."""
    given = {idle_property: idle, lifetime_property: lifetime}
    findings = [
        _range_finding(prop, value)
        for prop, value in given.items()
        if value is not None and not AGENTCORE_SESSION.allows(value)
    ]
    if findings or idle is None or lifetime is None or idle <= lifetime:
        return findings
    return [
        Finding(
            property=idle_property,
            value=format_number(idle),
            allowed=f"at most {format_number(lifetime)}, the session's whole life ({lifetime_property})",
            why="AgentCore rejects a runtime whose sessions may idle longer than they live",
            fix=f"Lower {idle_property} or raise {lifetime_property}",
        )
    ]


def _range_finding(prop: str, value: float) -> Finding:
    return Finding(
        property=prop,
        value=format_number(value),
        allowed=str(AGENTCORE_SESSION),
        why="AgentCore rejects the runtime with a ValidationException",
        fix="Choose a time in the range; longer work is several steps, each a session of its own",
    )


def _check(runtime: Resource) -> Iterable[Finding]:
    configured = lookup(runtime.properties, "lifecycleConfigurations")
    for index, lifecycle in enumerate(configured if isinstance(configured, list) else []):
        if isinstance(lifecycle, Mapping):
            path = f"lifecycleConfigurations[{index}]"
            yield from lifecycle_findings(
                _seconds(lifecycle.get(IDLE)),
                _seconds(lifecycle.get(LIFETIME)),
                idle_property=f"{path}.{IDLE}",
                lifetime_property=f"{path}.{LIFETIME}",
            )


def _seconds(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


RULE = ResourceRule(
    name="agentcore-runtime-lifecycle",
    description="An AgentCore session idles and lives 60 to 28,800 s, and never idles longer than it lives.",
    remediation="Set both times in the range, the idle time at most as long as the lifetime.",
    types=RUNTIMES,
    check=_check,
)
