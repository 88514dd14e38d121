"""Which headers of a call reach the code of a runtime."""

import re
from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import REJECTED, RUNTIMES
from policies.rules.aws_limits.agentcore import CUSTOM_HEADER, FORWARDED_HEADERS, HEADER_NAME
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import members

PROPERTY: Final = "requestHeaderConfiguration.requestHeaderAllowlists"
_WITHHELD: Final = "AgentCore never forwards another header of its own, and the code waits for it in vain"


def _check(runtime: Resource) -> Iterable[Finding]:
    names = members(runtime.properties, "requestHeaderConfiguration", "requestHeaderAllowlists")
    if len(names) > FORWARDED_HEADERS.maximum:
        yield _finding(PROPERTY, f"{len(names)} headers", f"at most {FORWARDED_HEADERS.maximum}", REJECTED)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            continue
        path = f"{PROPERTY}[{index}]"
        if not re.fullmatch(HEADER_NAME, name):
            yield _finding(path, repr(name[:80]), "a header's name of at most 256 characters", REJECTED)
        elif name.lower().startswith("x-amzn-") and not name.lower().startswith(CUSTOM_HEADER):
            yield _finding(path, repr(name), "X-Amzn-Bedrock-AgentCore-Runtime-Custom-…", _WITHHELD)


def _finding(prop: str, value: str, allowed: str, why: str) -> Finding:
    return Finding(property=prop, value=value, allowed=allowed, why=why, fix="Send it under a name that is forwarded")


RULE = ResourceRule(
    name="agentcore-runtime-headers",
    description="A runtime has at most 20 headers forwarded, and of AgentCore's own only the custom ones.",
    remediation="Send what the code needs under X-Amzn-Bedrock-AgentCore-Runtime-Custom-….",
    types=RUNTIMES,
    check=_check,
)
