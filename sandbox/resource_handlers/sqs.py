"""SQS."""

from typing import Any

from policies.rules.aws_limits import QUEUE_NAME
from sandbox.cloud.request import Request
from sandbox.program.monitor import Created

_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "maxMessageSize": "MaximumMessageSize",
    "delaySeconds": "DelaySeconds",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "redrivePolicy": "RedrivePolicy",
    "policy": "Policy",
    "fifoQueue": "FifoQueue",
    "contentBasedDeduplication": "ContentBasedDeduplication",
}


def queue(request: Request) -> Created:
    name = request.name("name", QUEUE_NAME)
    given = {aws: request.get(key) for key, aws in _ATTRIBUTES.items()}
    attributes: Any = {aws: _text(value) for aws, value in given.items() if value is not None}
    url = request.cloud.sqs.create_queue(QueueName=name, Attributes=attributes, tags=request.tags())["QueueUrl"]
    return Created(url, {"name": name, "url": url, "arn": request.cloud.arn("sqs", name)})


def queue_policy(request: Request) -> Created:
    url = request.need("queueUrl")
    request.cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": request.need("policy")})
    return Created(url)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
