"""The physical name of a runtime: AgentCore takes no hyphens, which every name that Pulumi makes has."""

import hashlib
import re
from typing import Final

LIMIT: Final = 48
_DIGITS: Final = 8


def runtime_name(project: str, stack: str, name: str, artefact: str) -> str:
    """`project_stack_name_` in AgentCore's letters, cut where it is too long, and eight digits of a hash of all four.

    It is the same at every deployment, so an update keeps the runtime and its ARN. The hash tells apart what the
    letters do not (a-b and a_b), and takes in the artefact (code or image): AgentCore cannot change one into the other,
    and the runtime that replaces one is made first, for which it needs a name of its own.
    """
    digest = hashlib.sha256("\0".join((project, stack, name, artefact)).encode()).hexdigest()[:_DIGITS]
    readable = re.sub(r"[^a-zA-Z0-9]+", "_", f"{project}_{stack}_{name}").strip("_")
    if not readable[:1].isalpha():
        readable = f"r_{readable}"
    return f"{readable[: LIMIT - _DIGITS - 1].rstrip('_')}_{digest}"
