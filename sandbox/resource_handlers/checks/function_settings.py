"""Validates what Lambda would reject in a function although the emulator does not, and what cannot run here."""

import json
import platform
import re
import sys
from typing import Any

from policies.rules.aws_limits import (
    LAMBDA_DEFAULT_MEMORY,
    LAMBDA_DEFAULT_TIMEOUT,
    LAMBDA_ENVIRONMENT_SIZE,
    LAMBDA_MEMORY,
    LAMBDA_RESERVED_VARIABLES,
    LAMBDA_TIMEOUT,
    LAMBDA_VARIABLE_NAME,
)
from sandbox.cloud.request import Request, ValidationError
from sandbox.resource_handlers.checks.function_image import is_image
from sandbox.resource_handlers.checks.roles import require_trust

_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def validate_function(request: Request) -> None:
    """Raises ValidationError."""
    timeout, memory = request.get("timeout", LAMBDA_DEFAULT_TIMEOUT), request.get("memorySize", LAMBDA_DEFAULT_MEMORY)
    if not LAMBDA_TIMEOUT.allows(timeout):
        raise ValidationError(f"timeout is {timeout}; allowed: {LAMBDA_TIMEOUT}")
    if not LAMBDA_MEMORY.allows(memory):
        raise ValidationError(f"memorySize is {memory}; allowed: {LAMBDA_MEMORY}")
    _validate_variables(request.get("environment", {}).get("variables", {}))
    _validate_platform(request)
    require_trust(request.cloud, request.need("role"), "lambda.amazonaws.com")


def _validate_variables(variables: dict[str, Any]) -> None:
    for name, value in variables.items():
        if name in LAMBDA_RESERVED_VARIABLES:
            raise ValidationError(f"environment variable {name} is reserved for Lambda; choose another name")
        if not re.fullmatch(LAMBDA_VARIABLE_NAME, name):
            raise ValidationError(f"environment variable {name!r} has an invalid name; allowed: {LAMBDA_VARIABLE_NAME}")
        if not isinstance(value, str):
            raise ValidationError(f"environment variable {name} is {value!r}; it must be a string")
    size = len(json.dumps(variables))
    if not LAMBDA_ENVIRONMENT_SIZE.allows(size):
        raise ValidationError(
            f"the environment variables take {size} bytes; allowed: {LAMBDA_ENVIRONMENT_SIZE.maximum}"
        )


def _validate_platform(request: Request) -> None:
    """A package contains compiled code for one Python and one CPU, which must be this machine's."""
    own_machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    machine = request.get("architectures", ["x86_64"])[0]
    if is_image(request):
        if machine != own_machine:
            raise ValidationError(
                f"the function's image is for {machine}, but this machine is {own_machine}; set longrun:architecture "
                "to host"
            )
        return
    own_runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    runtime = request.need("runtime")
    if (runtime, machine) != (own_runtime, own_machine):
        raise ValidationError(
            f"the function is for {runtime} on {machine}, but this machine runs {own_runtime} on {own_machine}; "
            "set longrun:pythonVersion and longrun:architecture to host"
        )
