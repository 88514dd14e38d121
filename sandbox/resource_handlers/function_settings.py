"""Validates what Lambda would reject in a function although the emulator does not, and what cannot run here."""

import json
import platform
import re
import sys
from typing import Any

from sandbox.cloud.request import Request, ValidationError
from sandbox.resource_handlers.roles import require_trust

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


def validate_function(request: Request) -> None:
    """Raises ValidationError."""
    timeout, memory = request.get("timeout", 3), request.get("memorySize", 128)
    if timeout not in _TIMEOUT:
        raise ValidationError(f"timeout is {timeout}; allowed: 1 to 900 seconds")
    if memory not in _MEMORY:
        raise ValidationError(f"memorySize is {memory}; allowed: 128 to 10240 MB")
    _validate_variables(request.get("environment", {}).get("variables", {}))
    _validate_platform(request)
    require_trust(request.cloud, request.need("role"), "lambda.amazonaws.com")


def _validate_variables(variables: dict[str, Any]) -> None:
    for name, value in variables.items():
        if name in _RESERVED:
            raise ValidationError(f"environment variable {name} is reserved for Lambda; choose another name")
        if not _VARIABLE.fullmatch(name):
            raise ValidationError(f"environment variable {name!r} has an invalid name; allowed: {_VARIABLE.pattern}")
        if not isinstance(value, str):
            raise ValidationError(f"environment variable {name} is {value!r}; it must be a string")
    size = len(json.dumps(variables))
    if size > _VARIABLES_LIMIT:
        raise ValidationError(f"the environment variables take {size} bytes; allowed: {_VARIABLES_LIMIT}")


def _validate_platform(request: Request) -> None:
    """A package contains compiled code for one Python and one CPU, which must be this machine's."""
    own_runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own_machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    runtime, machine = request.need("runtime"), request.get("architectures", ["x86_64"])[0]
    if (runtime, machine) != (own_runtime, own_machine):
        raise ValidationError(
            f"the function is for {runtime} on {machine}, but this machine runs {own_runtime} on {own_machine}; "
            "set longrun:pythonVersion and longrun:architecture to host"
        )
