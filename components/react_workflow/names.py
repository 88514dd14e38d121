"""The names of the workflow's functions and of its state machine: a prefix, and what each is for."""

import re
from typing import Final

import pulumi

from policies.rules.aws_limits import LAMBDA_FUNCTION_NAME, STATE_MACHINE_NAME

WEBSOCKET_HANDLER: Final = "websocket-handler"
"""The gateway of a StreamingLambda, by its argument gateway_name."""

STATE_MACHINE: Final = "agent-sm"
LONGEST: Final = "parse-initial-query"
"""The longest of the functions' names."""

_FORM: Final = re.compile(r"[a-zA-Z0-9_-]+")


def default_prefix() -> str:
    """<project>-<stack>."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"


def named(prefix: str, name: str) -> str:
    return f"{prefix}-{name}"


def prefix_problems(prefix: str) -> list[str]:
    """A message for a prefix with which Lambda would reject a function's name, or Step Functions the machine's."""
    room = min(
        LAMBDA_FUNCTION_NAME.longest - len(named("", LONGEST)),
        STATE_MACHINE_NAME.longest - len(named("", STATE_MACHINE)),
    )
    if _FORM.fullmatch(prefix) and len(prefix) <= room:
        return []
    return [
        f"prefix is {prefix!r}, of {len(prefix)} characters; allowed: 1 to {room} letters, digits, - and _, with which "
        f"the name {named('<prefix>', LONGEST)} stays within Lambda's {LAMBDA_FUNCTION_NAME.longest}"
    ]
