"""Protects the Runtime API of functions: MiniStack serves each process of a function on a port of its own, and takes
every request for the function's."""

import hmac
import secrets
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any, Final

from sandbox.emulator_process.emulated.known_module import require_known

_ENVIRONMENT: Final = "_provided_worker_env"
_REPLACED: Final = {_ENVIRONMENT: "(config: dict, code_dir: str, port: int) -> dict"}
_HANDLER: Final = "RuntimeAPIHandler"
"""The name of MiniStack's classes that answer a function's requests."""

_ADDRESS: Final = "AWS_LAMBDA_RUNTIME_API"
_FORBIDDEN: Final = 403


def install(lambda_svc: ModuleType) -> None:
    """Adds a secret path to the address that functions get, and has requests without it refused. Other users of this
    machine do not know it, nor do web pages. Raises ValueError for an unknown version of `services.lambda_svc`."""
    require_known(lambda_svc, "Lambda", _REPLACED)
    path = f"/{secrets.token_urlsafe(24)}"
    names = vars(lambda_svc)
    environment = names[_ENVIRONMENT]
    parse = BaseHTTPRequestHandler.parse_request

    def provided_worker_env(config: Any, code_dir: str, port: int) -> Any:  # noqa: ANN401  MiniStack's own
        made = environment(config, code_dir, port)
        return {**made, _ADDRESS: f"{made[_ADDRESS]}{path}"}

    def parse_request(handler: BaseHTTPRequestHandler) -> bool:
        if not parse(handler):
            return False
        if type(handler).__name__ != _HANDLER:
            return True
        own, rest = handler.path[: len(path)], handler.path[len(path) :]
        if not hmac.compare_digest(own.encode(), path.encode()):
            handler.close_connection = True
            handler.send_error(_FORBIDDEN, "The Runtime API answers only to the function's own process")
            return False
        handler.path = rest
        return True

    names[_ENVIRONMENT] = provided_worker_env
    BaseHTTPRequestHandler.parse_request = parse_request  # type: ignore[assignment,method-assign]
