"""The policies of functions and queues. The emulator ignores them, but AWS drops events that they do not allow."""

import json
from fnmatch import fnmatchcase
from typing import Any

from sandbox.cloud.cloud import Cloud


def function_allows(cloud: Cloud, function: str, service: str, source: str) -> bool:
    """Returns whether the function's policy lets the service invoke it for the source, an ARN."""
    try:
        policy = cloud.lambda_.get_policy(FunctionName=function)["Policy"]
    except cloud.lambda_.exceptions.ResourceNotFoundException:
        return False
    return _accepts(policy, "lambda:InvokeFunction", service, source)


def queue_allows(cloud: Cloud, queue: str, service: str, source: str) -> bool:
    """Returns whether the queue's policy lets the service send to it for the source; both are ARNs."""
    url = cloud.sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[-1])["QueueUrl"]
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    return _accepts(attributes.get("Policy") or "{}", "sqs:SendMessage", service, source)


def _accepts(policy: str, action: str, service: str, source: str) -> bool:
    statements = json.loads(policy).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return any(_statement_allows(statement, action, service, source) for statement in listed)


def _statement_allows(statement: dict[str, Any], action: str, service: str, source: str) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", principal.get("AWS")) if isinstance(principal, dict) else principal
    patterns = [
        pattern
        for test in statement.get("Condition", {}).values()
        for name, value in test.items()
        if name.lower() == "aws:sourcearn"
        for pattern in [_listed(value)]
    ]
    return (
        statement["Effect"] == "Allow"
        and bool({service, "*"} & set(_listed(services)))
        and any(fnmatchcase(action.lower(), allowed.lower()) for allowed in _listed(statement.get("Action")))
        and all(any(fnmatchcase(source, pattern) for pattern in alternatives) for alternatives in patterns)
    )


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  as policies are written
    return value if isinstance(value, list) else [value]
