"""The physical name of a runtime: AgentCore allows no hyphens, which every name that Pulumi generates has."""

import hashlib
import re
from typing import Final

from policies.rules.aws_limits import AGENTCORE_NAME

LIMIT: Final = AGENTCORE_NAME.longest
_DIGITS: Final = 8


def runtime_name(project: str, stack: str, name: str, artifact: str) -> str:
    """`project_stack_name_` in AgentCore's letters, cut where it is too long, and eight digits of a hash of all four.

    It is the same at every deployment, so an update keeps the runtime and its ARN. The hash distinguishes names that
    have the same letters (a-b and a_b), and includes the kind of artifact (code or image): AgentCore cannot change one
    into the other, and the replacement is created first, so it needs a name of its own.
    """
    digest = hashlib.sha256("\0".join((project, stack, name, artifact)).encode()).hexdigest()[:_DIGITS]
    readable = re.sub(r"[^a-zA-Z0-9]+", "_", f"{project}_{stack}_{name}").strip("_")
    if not readable[:1].isalpha():
        readable = f"r_{readable}"
    return f"{readable[: LIMIT - _DIGITS - 1].rstrip('_')}_{digest}"
