"""Step Functions."""

import json
from typing import Any

from policies.rules.aws_limits import STATE_MACHINE_NAME
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.resource_handlers.checks.definition import State, required_permissions, tasks
from sandbox.resource_handlers.checks.roles import require_allowed, require_trust

_LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
_TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")


def state_machine(request: Request) -> Created:
    cloud = request.cloud
    name, role = request.name("name", STATE_MACHINE_NAME), request.need("roleArn")
    text = request.need("definition")
    require_trust(cloud, role, "states.amazonaws.com")
    settings: dict[str, Any] = {
        "name": name,
        "definition": text,
        "roleArn": role,
        "type": request.get("type", "STANDARD"),
        "tags": [{"key": key, "value": value} for key, value in request.tags().items()],
        "publish": request.get("publish", False),
        "tracingConfiguration": {"enabled": _is_traced(request, role)},
    }
    if logging := _logging(request, role):
        settings["loggingConfiguration"] = logging
    made = cloud.stepfunctions.create_state_machine(**settings)
    definition = json.loads(text)  # the emulator has read it too
    request.later.append(lambda: _validate_role(request, role, definition))
    arn = made["stateMachineArn"]
    attributes = {
        "name": name,
        "arn": arn,
        "creationDate": made["creationDate"].isoformat(),
        "description": "",
        "status": "ACTIVE",
        "stateMachineVersionArn": made.get("stateMachineVersionArn", ""),
        "type": settings["type"],
        "versionDescription": "",
    }
    return Created(arn, attributes)


def _is_traced(request: Request, role: str) -> bool:
    traced = bool((request.get("tracingConfiguration") or {}).get("enabled"))
    if traced:
        request.later.append(lambda: require_allowed(request.cloud, role, _TRACING, "*"))
    return traced


def _logging(request: Request, role: str) -> dict[str, Any] | None:
    """Returns the logging settings. AWS uses the machine's role to set up log delivery when it creates the machine."""
    asked = request.get("loggingConfiguration") or {}
    level, destination = asked.get("level", "OFF"), asked.get("logDestination")
    if level == "OFF":
        return None
    if not destination or not destination.endswith(":*"):
        raise ValidationError(f"logDestination is {destination}; it must be the ARN of a log group, followed by ':*'")
    group = destination.removesuffix(":*").split(":log-group:")[-1]
    found = request.cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if group not in [one["logGroupName"] for one in found]:
        raise ValidationError(f"logDestination names log group {group}, which does not exist")
    require_allowed(request.cloud, role, _LOG_DELIVERY, "*")
    return {
        "level": level,
        "includeExecutionData": asked.get("includeExecutionData", False),
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": destination}}],
    }


def _validate_role(request: Request, role: str, definition: State) -> None:
    """Raises ValidationError unless the role allows every task, which would otherwise fail in each execution."""
    asked = {pair: name for name, task in tasks(definition) for pair in required_permissions(request.cloud, task)}
    for (action, resource), name in asked.items():
        if action == "lambda:InvokeFunction":
            request.cloud.lambda_.get_function_configuration(FunctionName=resource)
        require_allowed(request.cloud, role, [action], resource, f", which state {name} uses,")
