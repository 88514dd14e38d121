"""What ECS checks when a task is run, and what the sidecar needs to run it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from policies.rules.aws_limits.ecs import OVERRIDES
from sandbox.emulator_process.containers.rejection import RejectedError, client_error, invalid
from sandbox.emulator_process.containers.task_definitions import size_problem

Json = Mapping[str, Any]

MOST_TASKS: Final = 10
TOKEN_CHARACTERS: Final = 64
_PROVIDERS: Final = ("FARGATE", "FARGATE_SPOT")
_ASSIGN: Final = ("ENABLED", "DISABLED")
_TASKS_SERVICE: Final = "ecs-tasks.amazonaws.com"
_DEFAULT_STOP: Final = 30


@dataclass(frozen=True, slots=True)
class Account:
    """What exists in the caller's account and region."""

    clusters: Mapping[str, Any]
    subnets: Mapping[str, Any]
    security_groups: Mapping[str, Any]
    roles: Mapping[str, Any]


def validate_run(asked: Json, definition: Json, cluster: Json, account: Account) -> None:
    """Raises RejectedError."""
    count = asked.get("count", 1)
    if type(count) is not int or not 1 <= count <= MOST_TASKS:
        raise invalid(f"count is {count!r}: RunTask starts 1 to {MOST_TASKS} tasks.")
    token = str(asked.get("clientToken") or "")
    if len(token) > TOKEN_CHARACTERS:
        raise invalid(f"clientToken has more than {TOKEN_CHARACTERS} characters.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise invalid("clientToken has characters other than the visible ones of ASCII.")
    if definition["status"] != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    _validate_overrides(asked.get("overrides") or {}, definition)
    _validate_launch(asked, definition, cluster)
    _validate_network(asked, definition, account)
    for role in ("taskRoleArn", "executionRoleArn"):
        _validate_role(definition.get(role) or (asked.get("overrides") or {}).get(role) or "", account.roles)


def _validate_overrides(overrides: Json, definition: Json) -> None:
    length = len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False))
    if length > OVERRIDES.maximum:
        raise invalid(f"Overrides have {length:,} characters; allowed: {OVERRIDES.maximum:,}.")
    names = [container["name"] for container in definition["containerDefinitions"]]
    for override in overrides.get("containerOverrides") or []:
        if override.get("name") not in names:
            raise invalid(
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            )
    if overrides.get("cpu") or overrides.get("memory"):
        cpu = overrides.get("cpu") or definition.get("cpu")
        if problem := size_problem(cpu, overrides.get("memory") or definition.get("memory")):
            raise client_error(problem)


def _validate_launch(asked: Json, definition: Json, cluster: Json) -> None:
    strategy = asked.get("capacityProviderStrategy") or []
    if asked.get("launchType") and strategy:
        raise invalid("Specifying both a launch type and capacity provider strategy is not supported.")
    if not asked.get("launchType") and not strategy:
        strategy = cluster.get("defaultCapacityProviderStrategy") or []
        if not strategy:
            raise invalid("No Container Instances were found in your cluster.")
    for entry in strategy:
        provider = entry.get("capacityProvider")
        if provider not in _PROVIDERS or provider not in (cluster.get("capacityProviders") or []):
            raise invalid(f"The specified capacity provider '{provider}' is not associated with the cluster.")
    launch_type = "FARGATE" if strategy else asked.get("launchType")
    if launch_type != "FARGATE":
        raise invalid("No Container Instances were found in your cluster.")
    if "FARGATE" not in (definition.get("requiresCompatibilities") or []):
        raise invalid("Task definition does not support launch_type FARGATE.")


def _validate_network(asked: Json, definition: Json, account: Account) -> None:
    vpc = (asked.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition["networkMode"] != "awsvpc":
        return
    if not vpc:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not vpc.get("subnets"):
        raise invalid("subnets can not be empty.")
    if vpc.get("assignPublicIp", "DISABLED") not in _ASSIGN:
        raise invalid(f"assignPublicIp is {vpc['assignPublicIp']!r}; allowed: {', '.join(_ASSIGN)}.")
    for kind, wanted, known in (
        ("subnet", vpc["subnets"], account.subnets),
        ("security group", vpc.get("securityGroups") or [], account.security_groups),
    ):
        for one in wanted:
            if one not in known:
                raise invalid(f"Error retrieving {kind} information for [{one}]: The {kind} ID '{one}' does not exist")


def _validate_role(arn: str, roles: Mapping[str, Any]) -> None:
    if not arn:
        return
    role = roles.get(arn.rsplit("/", 1)[-1])
    document = json.loads(unquote(role.get("AssumeRolePolicyDocument") or "{}")) if role else {}
    if not any(_trusts(statement) for statement in document.get("Statement", [])):
        raise client_error(
            f"ECS was unable to assume the role '{arn}' that was provided for this task. Please verify that the role "
            "being passed has the proper trust relationship and permissions and that your IAM user has permissions to "
            "pass this role."
        )


def _trusts(statement: Json) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service", []) if isinstance(principal, dict) else principal
    listed = services if isinstance(services, list) else [services]
    return statement.get("Effect") == "Allow" and (_TASKS_SERVICE in listed or "*" in listed)


Secrets = Callable[[Json], Mapping[str, str]]


def container_specs(
    definition: Json, overrides: Json, task_id: str, secrets: Secrets, has_group: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """The containers as the sidecar needs them. Raises RejectedError where ECS could not initialise the task: it
    becomes the reason why the task has stopped."""
    given = {override["name"]: override for override in overrides.get("containerOverrides") or []}
    return [
        _container_spec(container, given.get(container["name"], {}), task_id, secrets, has_group)
        for container in definition["containerDefinitions"]
    ]


def _container_spec(
    container: Json, override: Json, task_id: str, secrets: Secrets, has_group: Callable[[str], bool]
) -> dict[str, Any]:
    entries = [*(container.get("environment") or []), *(override.get("environment") or [])]
    variables = {entry["name"]: entry["value"] for entry in entries}
    return {
        "name": container["name"],
        "image": container["image"],
        "words": [
            *(container.get("entryPoint") or []),
            *(override.get("command") or container.get("command") or []),
        ],
        "variables": {**secrets(container), **variables},
        "essential": container.get("essential", True),
        "stop_seconds": container.get("stopTimeout", _DEFAULT_STOP),
        "log": _log_target(container, task_id, has_group),
    }


def _log_target(container: Json, task_id: str, has_group: Callable[[str], bool]) -> dict[str, str] | None:
    logs = container.get("logConfiguration") or {}
    if logs.get("logDriver") != "awslogs":
        return None
    options = logs["options"]
    group = options["awslogs-group"]
    if options.get("awslogs-create-group") != "true" and not has_group(group):
        raise RejectedError(
            "ResourceInitializationError",
            f"ResourceInitializationError: failed to validate logger args: The specified log group does not exist: "
            f"{group}",
        )
    return {"group": group, "stream": f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"}
