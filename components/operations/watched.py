"""What is watched, as flat lists with known names, from the references of all components."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.refs import MonitoringRef


@dataclass(frozen=True, slots=True)
class Part:
    """A function, queue, table, state machine or log. `label` is `<component>-<role>`; `name` is its physical name, for
    a state machine its ARN. `timeout` is a function's, in seconds; `is_read` is a queue's (see QueueRef);
    `runs_agents` is a log's (see FunctionRef)."""

    label: str
    name: pulumi.Input[str]
    timeout: int = 0
    is_read: bool = True
    runs_agents: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts of all components. `logs` are the log groups of processes that end runs."""

    functions: tuple[Part, ...]
    queues: tuple[Part, ...]
    tables: tuple[Part, ...]
    state_machines: tuple[Part, ...]
    logs: tuple[Part, ...]

    @classmethod
    def of(cls, monitored: Sequence[MonitoringRef]) -> "Watched":
        return cls(
            functions=tuple(
                Part(_label(one, part), part["name"], timeout=int(part["timeout"]))
                for one in monitored
                for part in one.get("functions", [])
            ),
            queues=tuple(
                Part(_label(one, part), part["name"], is_read=part["is_read"])
                for one in monitored
                for part in one.get("queues", [])
            ),
            tables=tuple(Part(_label(one, part), part["name"]) for one in monitored for part in one.get("tables", [])),
            state_machines=tuple(
                Part(_label(one, part), part["arn"]) for one in monitored for part in one.get("state_machines", [])
            ),
            logs=tuple(
                Part(_label(one, part), part["log_group"], runs_agents=part.get("runs_agents", False))
                for one in monitored
                for part in [*one.get("functions", []), *one.get("run_logs", [])]
            ),
        )


def _label(one: MonitoringRef, part: Any) -> str:  # noqa: ANN401  any of the parts' references
    return f"{one['component']}-{part['role']}"
