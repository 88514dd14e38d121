"""How long a session of an agent runtime idles and lives, for the deployment and for calls of the API."""

from collections.abc import Mapping
from typing import Any

from policies.rules.aws_limits import AGENTCORE_DEFAULT_IDLE, AGENTCORE_DEFAULT_LIFETIME, AGENTCORE_SESSION


def session_limits(asked: Mapping[str, Any]) -> dict[str, int]:
    """Returns the limits with AWS's defaults: a maxLifetime below the default idle limit lowers that too."""
    lifetime = asked.get("maxLifetime") or AGENTCORE_DEFAULT_LIFETIME
    idle = asked.get("idleRuntimeSessionTimeout") or min(AGENTCORE_DEFAULT_IDLE, lifetime)
    return {"idleRuntimeSessionTimeout": idle, "maxLifetime": lifetime}


def limits_problem(limits: Mapping[str, int]) -> str | None:
    """Returns why AgentCore rejects the limits, None if it does not."""
    for name, value in limits.items():
        if not AGENTCORE_SESSION.allows(value):
            return f"{name} is {value}; allowed: {AGENTCORE_SESSION}"
    idle, lifetime = limits["idleRuntimeSessionTimeout"], limits["maxLifetime"]
    if idle > lifetime:
        return f"idleRuntimeSessionTimeout is {idle}, more than the maxLifetime of {lifetime} seconds"
    return None
