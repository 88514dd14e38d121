"""What the rules need to know about a Lambda function: its type, its package, and whether it streams an answer."""

from typing import Final

from policies.rules.aws_limits import LAMBDA_MEMORY, Range
from policies.rules.rule import Resource
from policies.rules.values import lookup, text

FUNCTION: Final = "aws:lambda/function:Function"
EVENT_INVOKE_CONFIG: Final = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
PERMISSION: Final = "aws:lambda/permission:Permission"
ROLE_TAG: Final = "longrun:role"
WORKER_ROLE: Final = "worker"
WORKER_HANDLER: Final = "runtime.worker.function.handler"
ZIP: Final = "Zip"
IMAGE: Final = "Image"
EXEC_WRAPPER: Final = "AWS_LAMBDA_EXEC_WRAPPER"
"""The variable that names a program that starts instead of the runtime."""

WORKER_MEMORY: Final = Range(1_024, LAMBDA_MEMORY.maximum, "MB", LAMBDA_MEMORY.source)
"""Of a function that runs agents. With less, the import of an agent's libraries alone may take longer than the 10 s
that Lambda gives to a start."""


def streams(function: Resource) -> bool:
    """Returns whether it runs an agent to its end: tagged longrun:role=worker, or with the runtime's worker handler."""
    tagged = text(function.properties, "tags", ROLE_TAG) == WORKER_ROLE
    return tagged or text(function.properties, "handler") == WORKER_HANDLER


def package_type(function: Resource) -> str | None:
    """`Zip`, which is Lambda's default, or `Image`; None where that is not known."""
    return ZIP if lookup(function.properties, "packageType") is None else text(function.properties, "packageType")


def on_managed_instances(function: Resource) -> bool:
    """Whether it has, or may have, a capacity provider: then longer and larger limits hold."""
    return lookup(function.properties, "capacityProviderConfig") is not None


def is_set(function: Resource, *path: str) -> bool:
    """Whether something, known or not, stands at the path; an empty list is nothing."""
    return lookup(function.properties, *path) not in (None, "", [])
