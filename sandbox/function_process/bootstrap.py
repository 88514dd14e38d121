"""Runs a function as AWS does: awslambdaric over the package's folder. Imports only that, the standard library and a
module beside this folder.

The shell script `bootstrap` of a `provided` function starts it by its path, under the functions environment's
interpreter; the one argument is the folder with the package's content.
"""

import http.client
import json
import os
import select
import sys
import threading
import time
import types
from collections.abc import Callable, Mapping
from email.message import Message
from importlib.machinery import SourceFileLoader
from pathlib import Path

_PARENT_CHECK_MS = 1_000
_STDOUT = 1
_OF_THE_EMULATOR = (
    *("BIND_HOST", "GATEWAY_PORT", "LAMBDA_ACCOUNT_CONCURRENCY", "MINISTACK_ACCOUNT_ID", "MINISTACK_REGION"),
    "PYTHONDONTWRITEBYTECODE",
)
_RUNTIME_PATH = "/2018-06-01/runtime/invocation"


def lambda_environment(given: Mapping[str, str], folder: str) -> dict[str, str]:
    """Returns the environment of a function, made from what the emulator gives it."""
    kept = {name: value for name, value in given.items() if name not in _OF_THE_EMULATOR}
    kept.setdefault("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{given.get('AWS_LAMBDA_FUNCTION_NAME', '')}")
    version = f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}"
    return kept | {"AWS_EXECUTION_ENV": version, "LAMBDA_TASK_ROOT": folder, "PWD": folder}


def _make_read_only(folder: str) -> None:
    # By its path, because the repository is not on this process's import path.
    path = str(Path(__file__).resolve().parents[1] / "read_only.py")
    module = types.ModuleType("read_only")
    module.__file__ = path
    SourceFileLoader("read_only", path).exec_module(module)
    module.make_read_only_as_on_lambda(folder)


def enter(folder: str) -> None:
    """Gives this process the working directory, import path, environment and write permissions of a Lambda
    function."""
    environment = lambda_environment(os.environ, folder)
    for name in _OF_THE_EMULATOR:
        os.environ.pop(name, None)
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, folder)
    _make_read_only(folder)


def end_with_parent() -> None:
    """Blocks until the emulator, which reads this process's output, has ended; then ends this process."""
    parent = os.getppid()
    poll = select.poll()
    poll.register(_STDOUT, 0)  # without events poll still reports errors: the reader has closed the pipe
    # Both conditions are needed: a child of the handler may hold the pipe open.
    while not poll.poll(_PARENT_CHECK_MS) and os.getppid() == parent:
        continue
    # sys.exit would end only this thread.
    os._exit(1)


class ConnectionPerCall:
    """The part of awslambdaric's LambdaRuntimeClient that calls the emulator, with a connection for each call: the
    emulator answers on a kept-alive connection 45 ms late.

    `address` has a path after the port, which only this process and the emulator know.
    """

    def __init__(self, address: str, request_type: Callable[..., object]) -> None:
        self.lambda_runtime_address, slash, path = address.partition("/")
        self._path = slash + path
        self._request_type = request_type
        self._started = 0.0

    def wait_next_invocation(self) -> object:
        headers, body = self._call("GET", "/next")
        self._started = time.monotonic()
        return self._request_type(
            invoke_id=headers.get("Lambda-Runtime-Aws-Request-Id"),
            x_amzn_trace_id=headers.get("Lambda-Runtime-Trace-Id"),
            invoked_function_arn=headers.get("Lambda-Runtime-Invoked-Function-Arn"),
            deadline_time_in_ms=int(headers.get("Lambda-Runtime-Deadline-Ms") or 0),
            client_context=headers.get("Lambda-Runtime-Client-Context"),
            cognito_identity=headers.get("Lambda-Runtime-Cognito-Identity"),
            tenant_id=headers.get("Lambda-Runtime-Aws-Tenant-Id"),
            content_type=headers.get("Content-Type"),
            event_body=body,
            invocation_id=headers.get("Lambda-Runtime-Invocation-Id"),
        )

    def post_invocation_result(
        self, invoke_id: str, result_data: str | bytes, content_type: str = "application/json", *_: object
    ) -> None:
        self._log_end(invoke_id, "success")
        body = result_data if isinstance(result_data, bytes) else result_data.encode()
        self._call("POST", f"/{invoke_id}/response", body, {"Content-Type": content_type})

    def post_invocation_error(self, invoke_id: str, error_response_data: str, *_: object) -> None:
        self._log_end(invoke_id, "error")
        error_type = json.loads(error_response_data).get("errorType", "Unhandled")
        headers = {"Lambda-Runtime-Function-Error-Type": error_type}
        self._call("POST", f"/{invoke_id}/error", error_response_data.encode(), headers)

    def call_rapid(self, http_method: str, endpoint: str, *given: object, **named: object) -> None:
        """Sends what awslambdaric sends by itself: errors of the start."""
        super().call_rapid(http_method, self._path + endpoint, *given, **named)  # type: ignore[misc]

    def _log_end(self, invoke_id: str, status: str) -> None:
        """Prints a line for each call, because the emulator waits up to 50 ms for the first line of output of one."""
        elapsed = round((time.monotonic() - self._started) * 1000, 1)
        line = {"type": "sandbox.call", "requestId": invoke_id, "status": status, "durationMs": elapsed}
        print(json.dumps(line), flush=True)  # noqa: T201  this is the log

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Message, bytes]:
        connection = http.client.HTTPConnection(self.lambda_runtime_address)
        try:
            connection.request(method, self._path + _RUNTIME_PATH + path, body, dict(headers or {}))
            response = connection.getresponse()
            return response.headers, response.read()
        finally:
            connection.close()


def serve() -> None:
    """Serves calls one after the other until this process is ended."""
    from awslambdaric import bootstrap  # noqa: PLC0415  it reads the environment that `enter` has set
    from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient  # noqa: PLC0415

    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    client = type("Client", (ConnectionPerCall, LambdaRuntimeClient), {})(address, InvocationRequest)
    bootstrap.run(os.environ["_HANDLER"], client)


def main() -> None:
    """Serves calls until the emulator ends this process, or until the emulator itself has ended."""
    threading.Thread(target=end_with_parent, name="end-with-parent", daemon=True).start()
    enter(sys.argv[1])
    serve()


if __name__ == "__main__":
    main()
