"""The language that a runtime's code is written in, as AgentCore calls it."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import CODE, REFUSED, RUNTIMES, code_of
from policies.rules.aws_limits.agentcore import MANAGED_RUNTIME
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

PROPERTY: Final = f"{CODE}.runtime"


def _check(runtime: Resource) -> Iterable[Finding]:
    given = text(code_of(runtime), "runtime")
    if given is None or re.fullmatch(MANAGED_RUNTIME, given):
        return []
    return [
        Finding(
            property=PROPERTY,
            value=repr(given),
            allowed="PYTHON_3_10 or newer, NODE_22 or newer",
            why=REFUSED,
            fix="Write PYTHON_3_13 for what Lambda calls python3.13",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-language",
    description="The code of an AgentCore runtime names its language as AgentCore does: PYTHON_3_13.",
    remediation="Write PYTHON_3_13 for what Lambda calls python3.13.",
    types=RUNTIMES,
    check=_check,
)
