"""Environment variables of functions, AgentCore runtimes and containers of tasks on ECS: what they name, and the role
that the code has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.ecs.task import CONTAINERS, TASK, are_known, containers, entries
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource
from policies.rules.stack.references.kinds import Mention, kind_of_variable, mentions
from policies.rules.values import UNKNOWN, lookup, mapping

TABLE: Final = "LONGRUN_TABLE"
PAYLOAD_BUCKET: Final = "LONGRUN_PAYLOAD_BUCKET"
CALLBACK_URL: Final = "LONGRUN_CALLBACK_URL"
WORKER_FUNCTION: Final = "LONGRUN_WORKER_FUNCTION"
RUN_TIMEOUT: Final = "LONGRUN_RUN_TIMEOUT"
DEADLINE_MARGIN: Final = "LONGRUN_DEADLINE_MARGIN"
RETENTION_DAYS: Final = "LONGRUN_RETENTION_DAYS"
"""The names that the runtime reads; a test compares them."""

HOSTS: Final = (FUNCTION, RUNTIME, TASK)
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    FUNCTION: ("environment", "variables"),
    RUNTIME: ("environmentVariables",),
}
_ROLES: Final = {FUNCTION: "role", RUNTIME: "roleArn", TASK: "taskRoleArn"}


@dataclass(frozen=True, slots=True)
class Host:
    """A resource that runs code, or one of its containers, with the variables that are known, and the names of those
    that are not."""

    resource: Resource
    variables: Mapping[str, str]
    unknown: frozenset[str]
    is_known: bool
    """Whether it is known which variables there are."""
    places: Mapping[str, str]
    """Where each variable stands."""

    def may_have(self, name: str) -> bool:
        return name in self.variables or name in self.unknown or not self.is_known

    @property
    def role_property(self) -> str:
        return _ROLES[self.resource.type]

    def path(self, name: str) -> str:
        return self.places[name]

    def seconds(self, name: str) -> float | None:
        """A variable's value as a number; None where it is none or not known."""
        try:
            return float(self.variables[name])
        except (KeyError, ValueError):
            return None

    def mentions(self) -> Iterator[tuple[str, Mention]]:
        """(variable, what it names): by ARN anywhere in the value, by name where the variable is called so."""
        for name, value in self.variables.items():
            by_arn = list(mentions(value))
            kind = kind_of_variable(name)
            if kind is not None and value and "arn:" not in value:
                yield name, Mention(kind, value)
            yield from ((name, mention) for mention in by_arn)


def hosts(index: Index) -> Iterator[Host]:
    for kind, place in _PLACES.items():
        for resource in index.of_types(kind):
            given = mapping(resource.properties, *place)
            places = {name: ".".join((*place, name)) for name in given}
            yield _host(resource, given, places, is_known=lookup(resource.properties, *place) is not UNKNOWN)
    for task in index.of_types(TASK):
        yield from _containers(task)


def _containers(task: Resource) -> Iterator[Host]:
    """A host for each container, and an empty one where it is not known which there are."""
    for container in containers(task):
        found = [(path, entry.get("name"), entry.get("value")) for path, entry in entries(container, "environment")]
        named = [(path, name, value) for path, name, value in found if isinstance(name, str)]
        listed = container.settings.get("environment") or []
        is_known = isinstance(listed, list) and len(named) == len(listed)
        values, places = ({name: value for _, name, value in named}, {name: f"{path}.value" for path, name, _ in named})
        yield _host(task, values, places, is_known=is_known)
    if task.properties.get(CONTAINERS) is UNKNOWN or (task.properties.get(CONTAINERS) and not are_known(task)):
        yield _host(task, {}, {}, is_known=False)


def _host(resource: Resource, given: Mapping[str, object], places: Mapping[str, str], *, is_known: bool) -> Host:
    return Host(
        resource,
        {name: value for name, value in given.items() if isinstance(value, str)},
        frozenset(name for name, value in given.items() if value is UNKNOWN),
        is_known,
        places,
    )
