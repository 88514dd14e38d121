"""What Lambda refuses of a function and the emulator does not, and what this machine cannot run."""

import json
import platform
import re
import sys
from typing import Any

from sandbox.cloud.request import RefusedError, Request
from sandbox.resource_handlers.roles import demand_trust

_TIMEOUT = range(1, 901)
_MEMORY = range(128, 10_241)
_VARIABLES_LIMIT = 4_096
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def refuse_function(request: Request) -> None:
    """Raises RefusedError."""
    timeout, memory = request.get("timeout", 3), request.get("memorySize", 128)
    if timeout not in _TIMEOUT:
        raise RefusedError(f"timeout is {timeout}; allowed: 1 to 900 seconds")
    if memory not in _MEMORY:
        raise RefusedError(f"memorySize is {memory}; allowed: 128 to 10240 MB")
    _refuse_variables(request.get("environment", {}).get("variables", {}))
    _refuse_platform(request)
    demand_trust(request.cloud, request.need("role"), "lambda.amazonaws.com")


def _refuse_variables(variables: dict[str, Any]) -> None:
    for name, value in variables.items():
        if name in _RESERVED:
            raise RefusedError(f"environment variable {name} is reserved for Lambda; choose another name")
        if not _VARIABLE.fullmatch(name):
            raise RefusedError(f"environment variable {name!r} has no valid name; allowed: {_VARIABLE.pattern}")
        if not isinstance(value, str):
            raise RefusedError(f"environment variable {name} is {value!r}; it must be text")
    size = len(json.dumps(variables))
    if size > _VARIABLES_LIMIT:
        raise RefusedError(f"the environment variables take {size} bytes; allowed: {_VARIABLES_LIMIT}")


def _refuse_platform(request: Request) -> None:
    """A package holds compiled code for one Python and one CPU, and here only this machine can run it."""
    own_runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own_machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    runtime, machine = request.need("runtime"), request.get("architectures", ["x86_64"])[0]
    if (runtime, machine) != (own_runtime, own_machine):
        raise RefusedError(
            f"the function is for {runtime} on {machine}, but this machine runs {own_runtime} on {own_machine}; "
            "set longrun:pythonVersion and longrun:architecture to host"
        )
