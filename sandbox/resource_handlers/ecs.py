"""ECS: clusters and task definitions. The emulator checks what AWS checks when they are made."""

import json
from typing import Any

from policies.rules.aws_limits.ecs import CLUSTER_NAME
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.program.registration import Value
from sandbox.resource_handlers.checks.roles import require_allowed, require_trust
from sandbox.task_code import code_problem, tree_with

_TASKS = "ecs-tasks.amazonaws.com"
_TEXTS = ("family", "cpu", "memory", "networkMode", "taskRoleArn", "executionRoleArn", "pidMode", "ipcMode")


def cluster(request: Request) -> Created:
    name = request.name("name", CLUSTER_NAME)
    made = request.cloud.ecs.create_cluster(
        clusterName=name, settings=request.get("settings", []), tags=_tags(request)
    )["cluster"]
    return Created(made["clusterArn"], {"name": name, "arn": made["clusterArn"]})


def cluster_capacity_providers(request: Request) -> Created:
    name = request.need("clusterName")
    strategy = [
        {key: value for key, value in entry.items() if value is not None}
        for entry in request.get("defaultCapacityProviderStrategies", [])
    ]
    request.cloud.ecs.put_cluster_capacity_providers(
        cluster=name, capacityProviders=request.get("capacityProviders", []), defaultCapacityProviderStrategy=strategy
    )
    return Created(name)


def task_definition(request: Request) -> Created:
    request.skip("skipDestroy", "trackLatest")
    containers = _containers(request)
    settings: dict[str, Any] = {key: str(value) for key in _TEXTS if (value := request.get(key)) is not None}
    settings |= {
        "containerDefinitions": containers,
        "requiresCompatibilities": request.get("requiresCompatibilities", []),
        "volumes": [_volume(volume) for volume in request.get("volumes", [])],
    }
    for role in ("taskRoleArn", "executionRoleArn"):
        if arn := settings.get(role):
            require_trust(request.cloud, arn, _TASKS)
    if platform := request.get("runtimePlatform"):
        settings["runtimePlatform"] = {key: value for key, value in platform.items() if value is not None}
    if storage := request.get("ephemeralStorage"):
        settings["ephemeralStorage"] = {"sizeInGiB": storage["sizeInGib"]}
    if tags := _tags(request):
        settings["tags"] = tags
    made = request.cloud.ecs.register_task_definition(**settings)["taskDefinition"]
    request.later.append(lambda: _validate_run(request, settings))
    arn = made["taskDefinitionArn"]
    attributes = {
        "arn": arn,
        "arnWithoutRevision": arn.rpartition(":")[0],
        "revision": made["revision"],
        "networkMode": made["networkMode"],
    }
    return Created(settings["family"], attributes)


def _containers(request: Request) -> Value:
    text = request.need("containerDefinitions")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"containerDefinitions is no JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(container, dict) for container in found):
        raise ValidationError("containerDefinitions is no JSON list of objects")
    return found


def _volume(volume: Value) -> dict[str, Any]:
    kinds = [key for key, value in volume.items() if value and key not in ("name", "configureAtLaunch")]
    if kinds:
        raise ValidationError(f"volume {volume['name']} has {kinds[0]}; the sandbox has only folders of the task")
    return {"name": volume["name"]}


def _validate_run(request: Request, settings: dict[str, Any]) -> None:
    """Raises ValidationError for what would keep each task from starting."""
    cloud, role = request.cloud, settings.get("executionRoleArn")
    for container in settings["containerDefinitions"]:
        words = [*(container.get("entryPoint") or []), *(container.get("command") or [])]
        if tree_with(cloud.package_trees(), words) is None:
            raise ValidationError(code_problem(container["image"], words))
        for secret in container.get("secrets") or []:
            parts = str(secret["valueFrom"]).split(":")
            if role and "secretsmanager" in parts:
                arn = ":".join(parts[:7])
                require_allowed(cloud, role, ["secretsmanager:GetSecretValue"], arn, ", as which ECS starts tasks,")
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if role and (group := options.get("awslogs-group")):
            stream = f"log-group:{group}:log-stream:task"
            actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
            require_allowed(cloud, role, actions, cloud.arn("logs", stream), ", as which ECS starts tasks,")


def _tags(request: Request) -> list[dict[str, str]]:
    return [{"key": name, "value": value} for name, value in request.tags().items()]
