"""Where the sessions of a runtime stand: with subnets and security groups in a VPC, without in AWS's own network."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policies.rules.agentcore.runtime import REJECTED, RUNTIMES
from policies.rules.aws_limits import AGENTCORE_SUBNETS
from policies.rules.aws_limits.agentcore import NETWORK_MODES
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, mapping

PROPERTY: Final = "networkConfiguration"
_PLACED: Final = "networkModeConfig"


def _check(runtime: Resource) -> Iterable[Finding]:
    network = mapping(runtime.properties, PROPERTY)
    mode = network.get("networkMode", UNKNOWN)
    if mode is UNKNOWN:
        return
    if mode not in NETWORK_MODES:
        yield _finding("networkMode", repr(mode), " or ".join(NETWORK_MODES), "Write one of them")
    elif mode == "VPC":
        yield from _vpc_findings(network.get(_PLACED, {}))
    elif network.get(_PLACED) is not None and network[_PLACED] is not UNKNOWN:
        yield _finding(_PLACED, "set", "nothing beside PUBLIC", "Remove it, or set networkMode to VPC")


def _vpc_findings(placed: object) -> Iterator[Finding]:
    for name in ("subnets", "securityGroups") if isinstance(placed, Mapping) else ():
        given = placed.get(name) if isinstance(placed, Mapping) else UNKNOWN
        found = given if isinstance(given, list) else []
        if given is not UNKNOWN and not AGENTCORE_SUBNETS.allows(len(found)):
            count = f"{len(found)} given"
            yield _finding(f"{_PLACED}.{name}", count, f"1 to {AGENTCORE_SUBNETS.maximum}", "Name them")


def _finding(path: str, value: str, allowed: str, fix: str) -> Finding:
    return Finding(property=f"{PROPERTY}.{path}", value=value, allowed=allowed, why=REJECTED, fix=fix)


RULE = ResourceRule(
    name="agentcore-runtime-network",
    description="An AgentCore runtime in a VPC has 1 to 16 subnets and security groups, a public one has none.",
    remediation="Name private subnets and security groups for VPC, and none for PUBLIC.",
    types=RUNTIMES,
    check=_check,
)
