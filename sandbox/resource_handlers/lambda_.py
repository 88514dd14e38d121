"""Lambda: functions, permissions, and what invokes them."""

from typing import Any

from policies.rules.aws_limits import (
    LAMBDA_ASYNC_EVENT_AGE,
    LAMBDA_ASYNC_RETRIES,
    LAMBDA_DEFAULT_MEMORY,
    LAMBDA_DEFAULT_TIMEOUT,
    LAMBDA_FUNCTION_NAME,
    LAMBDA_STATEMENT_ID,
)
from sandbox.cloud.cloud import PARTITION
from sandbox.cloud.packages import RUNTIME
from sandbox.cloud.request import Request, ValidationError
from sandbox.cloud.wire import pascal
from sandbox.program.monitor import Created
from sandbox.resource_handlers.checks.function_code import function_code
from sandbox.resource_handlers.checks.function_image import image_package, is_image
from sandbox.resource_handlers.checks.function_settings import validate_function
from sandbox.resource_handlers.checks.roles import require_permission

_AUTH = ("AWS_IAM", "NONE")
_INVOKE_MODES = ("BUFFERED", "RESPONSE_STREAM")
_PERMISSION = {
    "sourceArn": "SourceArn",
    "sourceAccount": "SourceAccount",
    "qualifier": "Qualifier",
    "functionUrlAuthType": "FunctionUrlAuthType",
    "invokedViaFunctionUrl": "InvokedViaFunctionUrl",
}
_URL_CONDITIONS = {
    "functionUrlAuthType": "lambda:InvokeFunctionUrl",
    "invokedViaFunctionUrl": "lambda:InvokeFunction",
}
"""The one action with which Lambda accepts each condition."""


def function(request: Request) -> Created:
    request.skip("sourceCodeHash", "skipDestroy", "publish")
    cloud = request.cloud
    name = request.name("name", LAMBDA_FUNCTION_NAME)
    validate_function(request)
    settings: dict[str, Any] = {
        "FunctionName": name,
        "Role": request.need("role"),
        **_package(request, name),
        "Description": request.get("description", ""),
        "Timeout": request.get("timeout", LAMBDA_DEFAULT_TIMEOUT),
        "MemorySize": request.get("memorySize", LAMBDA_DEFAULT_MEMORY),
        "Environment": {"Variables": request.get("environment", {}).get("variables", {})},
        "Architectures": request.get("architectures", ["x86_64"]),
        "TracingConfig": {"Mode": request.get("tracingConfig", {}).get("mode", "PassThrough")},
        "LoggingConfig": _logging(request, name),
        "Tags": request.tags(),
    }
    made = cloud.lambda_.create_function(**settings)
    if (reserved := request.get("reservedConcurrentExecutions", -1)) >= 0:
        cloud.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    arn = made["FunctionArn"]
    attributes = {
        "name": name,
        "arn": arn,
        "invokeArn": f"arn:{PARTITION}:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        "qualifiedArn": f"{arn}:$LATEST",
        "version": "$LATEST",
        "codeSha256": made["CodeSha256"],
    }
    return Created(name, attributes)


def _package(request: Request, name: str) -> dict[str, Any]:
    """Returns the arguments of CreateFunction that name the code."""
    if is_image(request):
        return image_package(request)
    return {"Runtime": RUNTIME, "Handler": request.need("handler"), "Code": function_code(request, name)}


def _logging(request: Request, name: str) -> dict[str, str]:
    asked = request.get("loggingConfig", {})
    return {"LogFormat": asked.get("logFormat", "Text"), "LogGroup": asked.get("logGroup") or f"/aws/lambda/{name}"}


def permission(request: Request) -> Created:
    statement = request.get("statementId") or request.registration.auto_name(LAMBDA_STATEMENT_ID.longest)
    settings: dict[str, Any] = {
        "FunctionName": request.need("function"),
        "StatementId": statement,
        "Action": request.need("action"),
        "Principal": request.need("principal"),
    }
    _check_url_conditions(request, settings["Action"])
    for key, aws in _PERMISSION.items():
        if value := request.get(key):
            settings[aws] = value
    request.cloud.lambda_.add_permission(**settings)
    return Created(statement, {"statementId": statement})


def _check_url_conditions(request: Request, action: str) -> None:
    for key, only in _URL_CONDITIONS.items():
        if request.get(key) and action != only:
            raise ValidationError(f"{key} is set with action {action}; allowed: only with {only}")


def function_url(request: Request) -> Created:
    name, authorization = request.need("functionName"), request.need("authorizationType")
    mode = request.get("invokeMode", "BUFFERED")
    for key, value, allowed in (("authorizationType", authorization, _AUTH), ("invokeMode", mode, _INVOKE_MODES)):
        if value not in allowed:
            raise ValidationError(f"{key} is {value!r}; allowed: {', '.join(allowed)}")
    settings: dict[str, Any] = {"FunctionName": name, "AuthType": authorization, "InvokeMode": mode}
    if qualifier := request.get("qualifier"):
        settings["Qualifier"] = qualifier
    if cors := request.get("cors"):
        settings["Cors"] = pascal(cors)
    made = request.cloud.lambda_.create_function_url_config(**settings)
    url = made["FunctionUrl"]
    attributes = {
        "functionUrl": url,
        "urlId": url.removeprefix("https://").partition(".")[0],
        "functionArn": made["FunctionArn"],
    }
    return Created(f"{name}/{qualifier}" if qualifier else name, attributes)


def event_invoke_config(request: Request) -> Created:
    name = request.need("functionName")
    retries = request.get("maximumRetryAttempts", LAMBDA_ASYNC_RETRIES.maximum)
    age = request.get("maximumEventAgeInSeconds", LAMBDA_ASYNC_EVENT_AGE.maximum)
    if not LAMBDA_ASYNC_RETRIES.allows(retries):
        raise ValidationError(f"maximumRetryAttempts is {retries}; allowed: {LAMBDA_ASYNC_RETRIES}")
    if not LAMBDA_ASYNC_EVENT_AGE.allows(age):
        raise ValidationError(f"maximumEventAgeInSeconds is {age}; allowed: {LAMBDA_ASYNC_EVENT_AGE}")
    destinations = request.get("destinationConfig", {})
    if queue := destinations.get("onFailure", {}).get("destination"):
        require_permission(request.cloud, name, _send_action(queue), queue)
    request.cloud.lambda_.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=retries,
        MaximumEventAgeInSeconds=age,
        DestinationConfig=pascal(destinations),
    )
    return Created(name)


def _send_action(arn: str) -> str:
    service = arn.split(":")[2]
    if service not in ("sqs", "sns"):
        raise ValidationError(f"onFailure names {arn}; the emulator sends failed events to SQS and SNS only")
    return {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}[service]


def event_source_mapping(request: Request) -> Created:
    source, name = request.need("eventSourceArn"), request.need("functionName")
    if source.split(":")[2] == "sqs":
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            require_permission(request.cloud, name, action, source)
        _require_visibility(request, source, name)
    settings: dict[str, Any] = {"EventSourceArn": source, "FunctionName": name, "Enabled": request.get("enabled", True)}
    optional = {
        "batchSize": "BatchSize",
        "functionResponseTypes": "FunctionResponseTypes",
        "maximumBatchingWindowInSeconds": "MaximumBatchingWindowInSeconds",
        "startingPosition": "StartingPosition",
    }
    settings |= {aws: request.get(key) for key, aws in optional.items() if request.get(key) is not None}
    made = request.cloud.lambda_.create_event_source_mapping(**settings)
    return Created(made["UUID"], {"uuid": made["UUID"], "functionArn": made["FunctionArn"], "state": "Enabled"})


def _require_visibility(request: Request, source: str, name: str) -> None:
    cloud = request.cloud
    url = cloud.sqs.get_queue_url(QueueName=source.rsplit(":", 1)[-1])["QueueUrl"]
    found = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    visibility = int(found["Attributes"]["VisibilityTimeout"])
    timeout = cloud.lambda_.get_function_configuration(FunctionName=name)["Timeout"]
    if visibility < timeout:
        raise ValidationError(f"the queue's visibility timeout is {visibility} s, less than the function's {timeout} s")
