"""The environment variables of a function's processes, as Lambda gives them to an image."""

import socket
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sandbox.sidecar.containers.program import READ_AT_START, ContainerHost
from sandbox.sidecar.image_functions.adapter_settings import PORTS, READINESS_PORTS
from sandbox.sidecar.image_functions.function import ImageFunction

_OF_ALL: Final = MappingProxyType(
    {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
    }
)
LAMBDA: Final = ContainerHost(
    _OF_ALL,
    # Libraries look at some of them when they are imported.
    (*READ_AT_START, "AWS_LAMBDA_FUNCTION_", "AWS_LAMBDA_LOG_GROUP_", "OTEL_"),
)


def function_variables(function: ImageFunction, address: str, log_stream: str, port: int) -> dict[str, str]:
    """`address` is that of the Runtime API. The app listens on `port`: the environments of the function share this
    machine, while on AWS each has all ports to itself."""
    own = _with_port(function.variables, port)
    return {
        **own,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": address,
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _with_port(variables: Mapping[str, str], port: int) -> dict[str, str]:
    """Replaces the port, also where the app is asked whether it is ready on the same one."""
    given = {variables[name] for name in PORTS if name in variables} or {"8080"}
    kept = {
        name: value
        for name, value in variables.items()
        if name not in PORTS and not (name in READINESS_PORTS and value in given)
    }
    return {**kept, **dict.fromkeys(PORTS, str(port))}
