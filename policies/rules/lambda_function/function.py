"""What the rules need to know about a Lambda function: its type and whether it streams an agent's answer."""

from typing import Final

from policies.rules.rule import Resource
from policies.rules.values import text

FUNCTION: Final = "aws:lambda/function:Function"
ROLE_TAG: Final = "longrun:role"
WORKER_ROLE: Final = "worker"
WORKER_HANDLER: Final = "runtime.worker.handler"


def streams(function: Resource) -> bool:
    """Whether it carries an agent to its end: tagged longrun:role=worker, or with the runtime's worker handler."""
    tagged = text(function.properties, "tags", ROLE_TAG) == WORKER_ROLE
    return tagged or text(function.properties, "handler") == WORKER_HANDLER
