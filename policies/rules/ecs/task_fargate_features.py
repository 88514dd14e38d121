"""What containers cannot have on Fargate."""

from collections.abc import Iterable, Iterator
from typing import Final

from policies.rules.ecs.task import REJECTED, TASKS, Container, containers, on_fargate
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import UNKNOWN, mapping, members

CONTAINER_FIELDS: Final = (
    *("privileged", "links", "hostname", "extraHosts", "dnsServers", "dnsSearchDomains", "disableNetworking"),
    *("dockerSecurityOptions",),
)
LINUX_FIELDS: Final = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
_CAPABILITY: Final = "SYS_PTRACE"


def _check(task: Resource) -> Iterable[Finding]:
    if not on_fargate(task):
        return
    for field in ("ipcMode", "placementConstraints"):
        if task.properties.get(field):
            yield from _unless_unknown(field, task.properties[field])
    if task.properties.get("pidMode") == "host":
        yield _finding("pidMode", "host")
    for container in containers(task):
        yield from _container_findings(container)


def _container_findings(container: Container) -> Iterator[Finding]:
    for field in CONTAINER_FIELDS:
        if container.settings.get(field):
            yield from _unless_unknown(f"{container.path}.{field}", container.settings[field])
    linux = mapping(container.settings, "linuxParameters")
    for field in LINUX_FIELDS:
        if linux.get(field):
            yield from _unless_unknown(f"{container.path}.linuxParameters.{field}", linux[field])
    added = members(linux, "capabilities", "add")
    if any(isinstance(name, str) and name != _CAPABILITY for name in added):
        yield _finding(f"{container.path}.linuxParameters.capabilities.add", ", ".join(map(str, added)))


def _unless_unknown(prop: str, value: object) -> Iterator[Finding]:
    if value is not UNKNOWN:
        yield _finding(prop, "set")


def _finding(prop: str, value: str) -> Finding:
    return Finding(
        property=prop,
        value=value,
        allowed="nothing of the host on Fargate",
        why=REJECTED,
        fix="Leave it out, or run the task on instances of your own",
    )


RULE = ResourceRule(
    name="ecs-task-fargate-features",
    description="A task on Fargate needs nothing of the host: no privileges, devices, links or host names.",
    remediation="Leave out what Fargate does not offer.",
    types=TASKS,
    check=_check,
)
