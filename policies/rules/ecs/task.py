"""What the rules need to know about a task definition: its type, where it runs, and its containers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.documents import parsed
from policies.rules.rule import Resource
from policies.rules.values import UNKNOWN, members

TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
TASKS: Final = frozenset({TASK})
CONTAINERS: Final = "containerDefinitions"
REJECTED: Final = "ECS rejects the task definition with a ClientException"
_UNITS: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?|\.\d{1,3})\s*(vcpu|gb)?\s*", re.IGNORECASE)
_THOUSAND: Final = 1_024


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a task definition, and its path in it."""

    path: str
    settings: Mapping[str, object]

    @property
    def name(self) -> str:
        found = self.settings.get("name")
        return found if isinstance(found, str) else self.path


def containers(task: Resource) -> Iterator[Container]:
    """The containers that are known."""
    found = parsed(task.properties.get(CONTAINERS))
    for index, settings in enumerate(found if isinstance(found, list) else []):
        if isinstance(settings, Mapping):
            yield Container(f"{CONTAINERS}[{index}]", settings)


def are_known(task: Resource) -> bool:
    """Returns whether all containers are known, for rules about what none of them has."""
    found = parsed(task.properties.get(CONTAINERS))
    return isinstance(found, list) and all(isinstance(settings, Mapping) for settings in found)


def on_fargate(task: Resource) -> bool:
    return "FARGATE" in members(task.properties, "requiresCompatibilities")


def entries(container: Container, field: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """(path, entry) of each known entry of a list of a container, for example its `environment`."""
    given = container.settings.get(field)
    for index, entry in enumerate(given if isinstance(given, list) else []):
        if isinstance(entry, Mapping):
            yield f"{container.path}.{field}[{index}]", entry


def units(value: object) -> int | None:
    """CPU units or MiB, of 1024, `1024`, `1 vCPU` or `1 GB`; None where that is not known."""
    if isinstance(value, bool) or value is UNKNOWN:
        return None
    if isinstance(value, int | float):
        return int(value)
    match = _UNITS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return int(float(match[1]) * (_THOUSAND if match[2] else 1))
