"""EventBridge: buses, rules and their targets."""

import json
from typing import Any

from policies.rules.aws_limits import EVENT_BUS_NAME, EVENT_RULE_NAME, EVENT_TARGET_ID
from sandbox.cloud.request import Request, ValidationError
from sandbox.cloud.wire import pascal
from sandbox.program.monitor import Created
from sandbox.resource_handlers.checks.resource_policies import function_allows, queue_allows
from sandbox.resource_handlers.checks.roles import require_allowed, require_trust

_SERVICE = "events.amazonaws.com"
_INPUTS = {"input": "Input", "inputPath": "InputPath"}


def event_bus(request: Request) -> Created:
    name = request.name("name", EVENT_BUS_NAME)
    settings: dict[str, Any] = {"Name": name, "Tags": request.tag_list()}
    if description := request.get("description"):
        settings["Description"] = description
    arn = request.cloud.events.create_event_bus(**settings)["EventBusArn"]
    return Created(name, {"name": name, "arn": arn})


def event_rule(request: Request) -> Created:
    request.skip("forceDestroy")
    name, bus = request.name("name", EVENT_RULE_NAME), request.get("eventBusName", "default")
    pattern, schedule = request.get("eventPattern"), request.get("scheduleExpression")
    if schedule:
        raise ValidationError(
            "scheduleExpression is not supported in the sandbox: the emulator never triggers schedules"
        )
    settings: dict[str, Any] = {
        "Name": name,
        "EventBusName": bus,
        "EventPattern": _pattern(pattern),
        "State": request.get("state", "ENABLED"),
        "Tags": request.tag_list(),
    }
    if description := request.get("description"):
        settings["Description"] = description
    arn = request.cloud.events.put_rule(**settings)["RuleArn"]
    rule_id = name if bus == "default" else f"{bus}/{name}"
    return Created(rule_id, {"name": name, "arn": arn, "eventBusName": bus, "state": settings["State"]})


def _pattern(text: str | None) -> str:
    try:
        pattern = json.loads(text or "")
    except ValueError as error:
        raise ValidationError(f"eventPattern is not JSON: {error}") from error
    if not isinstance(pattern, dict) or not pattern:
        raise ValidationError("eventPattern is not a JSON object with at least one field")
    return json.dumps(pattern)


def event_target(request: Request) -> Created:
    request.skip("forceDestroy")
    cloud = request.cloud
    rule, bus, arn = request.need("rule"), request.get("eventBusName", "default"), request.need("arn")
    target: dict[str, Any] = {
        "Id": request.get("targetId") or request.registration.auto_name(EVENT_TARGET_ID.longest),
        "Arn": arn,
    }
    target |= {aws: request.get(key) for key, aws in _INPUTS.items() if request.get(key) is not None}
    if transformer := request.get("inputTransformer"):
        target["InputTransformer"] = {"InputTemplate": transformer["inputTemplate"]}
        if paths := transformer.get("inputPaths"):
            target["InputTransformer"]["InputPathsMap"] = paths
    if len({"Input", "InputPath", "InputTransformer"} & target.keys()) > 1:
        raise ValidationError("input, inputPath and inputTransformer exclude each other; set one of them")
    if role := request.get("roleArn"):
        require_trust(cloud, role, _SERVICE)
        target["RoleArn"] = role
    for key, aws in (("retryPolicy", "RetryPolicy"), ("sqsTarget", "SqsParameters")):
        if given := request.get(key):
            target[aws] = pascal(given)
    source = cloud.events.describe_rule(Name=rule, EventBusName=bus)["Arn"]
    if queue := (request.get("deadLetterConfig") or {}).get("arn"):
        target["DeadLetterConfig"] = {"Arn": queue}
        _validate_dead_letter_queue(request, queue, source)
    _validate_target(request, arn, role, source)
    answer = cloud.events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])  # type: ignore[list-item]
    for failed in answer["FailedEntries"]:
        raise ValidationError(f"EventBridge rejects the target: {failed.get('ErrorMessage')}")
    return Created(f"{rule}-{target['Id']}", {"targetId": target["Id"], "eventBusName": bus})


def _validate_dead_letter_queue(request: Request, queue: str, rule: str) -> None:
    cloud = request.cloud
    if queue.endswith(".fifo"):
        raise ValidationError(
            f"deadLetterConfig names {queue}; EventBridge can use only a standard queue as dead-letter queue"
        )
    cloud.sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[-1])
    request.later.append(lambda: _require_queue(request, queue, rule))


def _validate_target(request: Request, arn: str, role: str | None, rule: str) -> None:
    """Raises ValidationError unless the target exists and its role, or the target's policy, lets EventBridge use it."""
    cloud, service = request.cloud, arn.split(":")[2]
    match service:
        case "lambda":
            cloud.lambda_.get_function_configuration(FunctionName=arn)
            request.later.append(lambda: _require_function(request, arn, rule))
        case "states":
            cloud.stepfunctions.describe_state_machine(stateMachineArn=arn)
            if not role:
                raise ValidationError("roleArn is missing; EventBridge needs a role to start a state machine")
            request.later.append(lambda: require_allowed(cloud, role, ["states:StartExecution"], arn))
        case "sqs":
            cloud.sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[-1])
            request.later.append(lambda: _require_queue(request, arn, rule))
        case _:
            raise ValidationError(f"arn is {arn}; the sandbox delivers to Lambda, Step Functions and SQS only")


def _require_function(request: Request, function: str, rule: str) -> None:
    if not function_allows(request.cloud, function, _SERVICE, rule):
        raise ValidationError(
            f"the rule may not invoke function {function.rsplit(':', 1)[-1]}, so its events would be dropped; "
            f"add an aws.lambda_.Permission for {_SERVICE} with the rule's ARN"
        )


def _require_queue(request: Request, queue: str, rule: str) -> None:
    if not queue_allows(request.cloud, queue, _SERVICE, rule):
        raise ValidationError(
            f"the policy of queue {queue.rsplit(':', 1)[-1]} does not allow {_SERVICE}, so events would be dropped; "
            "add an aws.sqs.QueuePolicy that allows sqs:SendMessage for the rule's ARN"
        )
