"""What belongs to a stack: its output `monitored`, the list that its components make of their own resources.

The list is exact, needs no permission and no call, and is the same for the sandbox and AWS. The tags of AWS's Resource
Groups Tagging API would need one more permission, lag behind a deployment, and miss what has no tags.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A resource: `label` is `<component>-<role>`; `id` is what its service calls it by (a function's or a table's
    name, a state machine's ARN, a queue's URL). `log_group` is a function's."""

    label: str
    id: str
    log_group: str = ""


@dataclass(frozen=True, slots=True)
class Monitored:
    """The resources of a stack. `journal` is the name of the table that has its runs, empty if it has none."""

    functions: tuple[Part, ...]
    tables: tuple[Part, ...]
    state_machines: tuple[Part, ...]
    queues: tuple[Part, ...]
    journal: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> "Monitored":
        """From a stack's outputs. A stack that was deployed by an earlier version names only some of them."""
        journal = str(outputs.get("table_name") or "")
        components = outputs.get("monitored")
        if not isinstance(components, list):
            machine = str(outputs.get("state_machine") or "")
            tables, machines = _earlier(journal, "journal"), _earlier(machine, "state-machine")
            return cls(_earlier_functions(outputs), tables, machines, (), journal)
        return cls(
            functions=tuple(
                Part(label, str(part["name"]), str(part["log_group"]))
                for label, part in _parts(components, "functions")
            ),
            tables=tuple(Part(label, str(part["name"])) for label, part in _parts(components, "tables")),
            state_machines=tuple(Part(label, str(part["arn"])) for label, part in _parts(components, "state_machines")),
            queues=tuple(Part(label, str(part["url"])) for label, part in _parts(components, "queues")),
            journal=journal,
        )


def _parts(components: list[Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for component in components:
        for part in component.get(kind) or ():
            yield f"{component['component']}-{part['role']}", part


def _earlier(name: str, label: str) -> tuple[Part, ...]:
    return (Part(label, name),) if name else ()


def _earlier_functions(outputs: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(
        Part(role, str(name), str(outputs.get(f"{role}_log_group") or ""))
        for role in ("gateway", "worker")
        if (name := outputs.get(f"{role}_function"))
    )
