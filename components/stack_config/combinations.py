"""Checks of settings that must fit each other. The components repeat them, but when some resources exist already."""

import re
from collections.abc import Sequence
from typing import Final

from components.model_access import ModelArgs, model_problems
from components.polling_workflow.args import PollingWorkflowArgs, timing_problems
from components.refs import HostRef
from policies.rules.agentcore.runtime_lifecycle import lifecycle_problems

_KEYS: Final = {
    "model.provider": "modelProvider",
    "model.model_id": "modelId",
    "model.url": "modelUrl",
    "model.secret_arn": "modelSecretArn",
    "agent_timeout": "agentTimeoutSeconds",
    "workflow_timeout": "workflowTimeoutSeconds",
    "heartbeat_limit": "heartbeatLimitSeconds",
    "poll_seconds": "pollSeconds",
    "poll_max_seconds": "pollMaxSeconds",
    "idle_seconds": "sessionIdleSeconds",
    "lifetime_seconds": "sessionLifetimeSeconds",
}
"""The settings from which arguments of components come."""

_ARGUMENT: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(_KEYS, key=len, reverse=True)))})\b")


def combination_problems(region: str, model: ModelArgs, idle_seconds: int, workflow: PollingWorkflowArgs) -> list[str]:
    """One message for each pair of settings that do not fit, beginning with a key. All single values are valid."""
    found = [
        *model_problems(model, region),
        *lifecycle_problems(idle_seconds, workflow["hosts"][0]["lifetime_seconds"]),
        *timing_problems(workflow),
    ]
    return [_ARGUMENT.sub(lambda match: _KEYS[match[0]], problem) for problem in found]


def future_host(agents: Sequence[str], lifetime_seconds: int) -> HostRef:
    """The runtime that will run the agents; what AWS names it is not known yet."""
    return {
        "arn": "",
        "endpoint": "",
        "agents": list(agents),
        "log_group": "",
        "role_name": "",
        "lifetime_seconds": lifetime_seconds,
    }
