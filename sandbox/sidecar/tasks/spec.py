"""A task to run, as the emulator describes it: its containers with their variables, secrets and overrides resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LogTarget:
    """A log stream of CloudWatch Logs."""

    group: str
    stream: str


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container. `words` is its command line; `stop_seconds` is the time between SIGTERM and SIGKILL."""

    name: str
    image: str
    words: tuple[str, ...]
    variables: Mapping[str, str]
    essential: bool
    stop_seconds: float
    log: LogTarget | None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "ContainerSpec":
        log = values["log"]
        return cls(
            name=values["name"],
            image=values["image"],
            words=tuple(values["words"]),
            variables=values["variables"],
            essential=values["essential"],
            stop_seconds=float(values["stop_seconds"]),
            log=None if log is None else LogTarget(log["group"], log["stream"]),
        )


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """`family` is that of its task definition."""

    arn: str
    family: str
    containers: tuple[ContainerSpec, ...]

    @property
    def task_id(self) -> str:
        return self.arn.rsplit("/", 1)[-1]

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "TaskSpec":
        containers = tuple(ContainerSpec.parse(container) for container in values["containers"])
        return cls(values["arn"], values["family"], containers)


@dataclass(frozen=True, slots=True)
class ContainerEnd:
    """The end of a container: its exit code, which is 128 and the signal's number after a signal; None where it has
    not started. `reason` is for a container that did not start."""

    name: str
    exit_code: int | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "exitCode": self.exit_code, "reason": self.reason}
