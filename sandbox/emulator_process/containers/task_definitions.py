"""What ECS checks when a task definition is registered."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.rules.aws_limits.ecs import FARGATE_LOG_DRIVERS, FARGATE_MEMORY, FARGATE_STOP_SECONDS
from sandbox.emulator_process.containers.rejection import client_error

Json = Mapping[str, Any]

_FAMILY: Final = re.compile(r"[\w-]{1,255}", re.ASCII)
_NAME: Final = re.compile(r"[\w-]{1,255}", re.ASCII)
_IMAGE: Final = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
_UNITS: Final = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*(vcpu|gb)?\s*", re.IGNORECASE)
_LOG_OPTIONS: Final = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
_UNSUPPORTED: Final = ("environmentFiles", "dependsOn", "firelensConfiguration", "repositoryCredentials")
_OF_HOSTS: Final = ("links", "hostname", "dnsServers", "extraHosts", "disableNetworking", "dockerSecurityOptions")


def validate_definition(asked: Json) -> None:
    """Raises RejectedError."""
    problem = next(_problems(asked), None)
    if problem:
        raise client_error(problem)


def units(value: object) -> int | None:
    """CPU units or MiB of `256`, `1 vCPU` or `2 GB`; None for anything else."""
    found = _UNITS.fullmatch(str(value))
    if found is None:
        return None
    return int(float(found[1]) * (1024 if found[2] else 1))


def size_problem(cpu: object, memory: object) -> str:
    """Why Fargate has no such size; empty for one that it has."""
    for name, value in (("cpu", cpu), ("memory", memory)):
        if value in (None, ""):
            return f"Fargate requires that '{name}' be defined at the task level."
    found = units(cpu)
    if found is None or units(memory) not in FARGATE_MEMORY.get(found, ()):
        return f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
    return ""


def _problems(asked: Json) -> Iterator[str]:
    if not _FAMILY.fullmatch(str(asked.get("family", ""))):
        yield f"Family should be 1 to 255 letters, digits, '_' and '-', not {asked.get('family')!r}."
    containers = asked.get("containerDefinitions") or []
    names = [container.get("name") for container in containers]
    if len(set(names)) < len(names):
        yield "Container names within a task definition must be unique."
    if containers and not any(container.get("essential", True) for container in containers):
        yield "At least one container in a task definition must be essential."
    on_fargate = "FARGATE" in (asked.get("requiresCompatibilities") or [])
    if on_fargate:
        yield from _fargate_problems(asked)
    volumes = {volume.get("name") for volume in asked.get("volumes") or []}
    for container in containers:
        yield from _container_problems(container, volumes)
        if on_fargate:
            yield from _fargate_container_problems(container, asked)


def _fargate_problems(asked: Json) -> Iterator[str]:
    if asked.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode 'awsvpc'."
    if problem := size_problem(asked.get("cpu"), asked.get("memory")):
        yield problem
    used = sum(int(container.get("cpu") or 0) for container in asked.get("containerDefinitions") or [])
    total = units(asked.get("cpu"))
    if total is not None and used > total:
        yield f"Total cpu of containers ({used}) is more than that of the task ({total})."


def _container_problems(container: Json, volumes: set[Any]) -> Iterator[str]:
    name, image = str(container.get("name")), str(container.get("image", ""))
    if not _NAME.fullmatch(name):
        yield f"Container name {name!r} is invalid: use letters, digits, '_' and '-'."
    if not _IMAGE.fullmatch(image):
        yield f"Container {name}: {image!r} is no address of an image (registry/repository, then :tag or @sha256:...)."
    for field, value in (("environment", "value"), ("secrets", "valueFrom")):
        entries = container.get(field) or []
        if not all(isinstance(entry.get(key), str) for entry in entries for key in ("name", value)):
            yield f"Container {name}: each entry of {field} needs name and {value} as texts."
    for mount in container.get("mountPoints") or []:
        if mount.get("sourceVolume") not in volumes:
            yield f"Unknown volume '{mount.get('sourceVolume')}'."
    yield from (
        f"Container {name}: the sandbox does not support {field}; leave it out here."
        for field in _UNSUPPORTED
        if container.get(field)
    )
    yield from _log_problems(container)


def _log_problems(container: Json) -> Iterator[str]:
    logs = container.get("logConfiguration") or {}
    if logs.get("logDriver") == "awslogs":
        missing = [option for option in _LOG_OPTIONS if not (logs.get("options") or {}).get(option)]
        if missing:
            yield f"Log driver awslogs requires options: {', '.join(missing)}."


def _fargate_container_problems(container: Json, asked: Json) -> Iterator[str]:
    name = container.get("name")
    logs, image = container.get("logConfiguration") or {}, str(container.get("image", ""))
    driver = logs.get("logDriver")
    if driver and driver not in FARGATE_LOG_DRIVERS:
        yield f"Log driver {driver} is not supported on Fargate: use one of {', '.join(FARGATE_LOG_DRIVERS)}."
    needs = {"log driver awslogs": driver == "awslogs", "ECR images": ".dkr.ecr." in image}
    needs["secrets"] = bool(container.get("secrets"))
    for need, there in needs.items():
        if there and not asked.get("executionRoleArn"):
            yield f"Fargate requires task definition to have execution role ARN to support {need}."
    stop = container.get("stopTimeout")
    if stop is not None and not FARGATE_STOP_SECONDS.allows(stop):
        yield f"Container {name}: stopTimeout is {stop}; on Fargate it is {FARGATE_STOP_SECONDS}."
    if container.get("privileged"):
        yield "Fargate compatible task definitions do not support privileged containers."
    for field in _OF_HOSTS:
        if container.get(field):
            yield f"Fargate compatible task definitions do not support {field}."
    memory = units(asked.get("memory"))
    own = container.get("memory") or container.get("memoryReservation") or 0
    if memory is not None and own > memory:
        yield f"Container {name}: memory ({own}) is more than that of the task ({memory})."
