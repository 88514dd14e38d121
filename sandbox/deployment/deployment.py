"""Creates every resource that the program registers on the emulator."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.access.keys import Keys
from sandbox.cloud.call_check import CallValidationError
from sandbox.cloud.cloud import PARTITION, Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.deployment.demo_workspace import create_demo_workspace
from sandbox.deployment.final_checks import validate_reachability
from sandbox.deployment.warm_up import warm_functions
from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.monitor import Created, Monitor
from sandbox.program.provider_functions import call_provider
from sandbox.program.registration import Registration
from sandbox.resource_handlers.ec2 import LOOKUPS
from sandbox.resource_handlers.registry import HANDLERS

Made = TypeVar("Made")
FUNCTION: Final = "aws:lambda/function:Function"


class Deployment(Monitor):
    """One deployment to an empty emulator. After the first failure no further resource is created.

    `settings` has `endpoint`, `keys` (fields of Keys), `python` (the functions' interpreter) and `upload`; `send` gets
    events: progress, and what the supervisor needs to know.
    """

    def __init__(self, settings: Mapping[str, Any], region: str, send: Callable[..., None]) -> None:
        super().__init__()
        keys, python = Keys(**settings["keys"]), Path(settings["python"])
        self._cloud = Cloud(settings["endpoint"], region, python, settings["upload"], keys, self._notify)
        self._send = send
        self._lock = Lock()
        self._made = 0
        self._failure: SandboxError | None = None
        self._functions: list[str] = []
        self._later: list[tuple[Registration, Callable[[], None]]] = []

    def create(self, registration: Registration) -> Created:
        if self._failure:
            raise self._failure
        try:
            created = self._create(registration)
        except SandboxError as error:
            self._failure = error
            raise
        with self._lock:
            self._made += 1
            made = self._made
            if registration.type == FUNCTION:
                self._functions.append(created.id)
        self._progress("deployment", f"{made} created: {_kind(registration)} {registration.name}")
        return created

    def invoke(self, token: str, arguments: Mapping[str, Any], _provider: str) -> Mapping[str, Any]:
        if found := LOOKUPS.get(token):
            return found(self._cloud, arguments)
        return call_provider(token, arguments, self._cloud.account, self._cloud.region, PARTITION)

    def export(self, outputs: dict[str, Any], unknown: list[str]) -> None:
        if unknown:
            raise SandboxError(
                SandboxCode.DEPLOYMENT_FAILED,
                f"the stack's output {', '.join(unknown)} needs an attribute that no handler returns; "
                "add it to the handler of the resource it comes from (sandbox/resource_handlers)",
            )
        super().export(outputs, unknown)

    def finish(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """Runs the checks that need all resources, and warms up the functions. Returns the outputs of the stack with
        those of the sandbox."""
        for registration, check in self._later:
            _with_resource(registration, check)
        validate_reachability(self._cloud)
        warm_functions(self._cloud, self._functions, lambda message: self._progress("warm-up", message))
        return {**outputs, **create_demo_workspace(self._cloud, outputs)}

    def _create(self, registration: Registration) -> Created:
        handler = HANDLERS.get(registration.type)
        if handler is None:
            raise _failed(
                registration,
                f"the sandbox does not support {registration.type}; add a handler to sandbox/resource_handlers",
            )
        if registration.provider or registration.inputs.get("region") not in (None, self._cloud.region):
            raise _failed(
                registration, f"it is for another provider or region; the sandbox has only {self._cloud.region}"
            )
        if registration.unknown:
            raise _failed(registration, _unknown_message(registration))
        request = Request(self._cloud, registration)
        created = _with_resource(registration, lambda: handler(request))
        with self._lock:
            self._later += [(registration, check) for check in request.later]
        if unread := request.unread():
            raise _failed(
                registration, f"its handler does not support {', '.join(unread)}; add it in sandbox/resource_handlers"
            )
        return created

    def _notify(self, kind: str, made: Mapping[str, Any]) -> None:
        self._send(kind, **{kind: dict(made)})

    def _progress(self, stage: str, message: str) -> None:
        self._send("progress", stage=stage, message=message)


def _with_resource(registration: Registration, step: Callable[[], Made]) -> Made:
    """Returns what the step returns; its errors become a SandboxError that names the resource."""
    try:
        return step()
    except (ValidationError, CallValidationError) as error:
        raise _failed(registration, str(error)) from error
    except (ClientError, BotoCoreError, ValueError, KeyError, OSError) as error:
        raise _failed(registration, f"{type(error).__name__}: {error}") from error


def _failed(registration: Registration, cause: str) -> SandboxError:
    """Returns the error for a resource that could not be created; the message has the same form for all."""
    reason = " ".join(cause.split()).rstrip(".")
    return SandboxError(
        SandboxCode.DEPLOYMENT_FAILED, f"creating {registration.type} '{registration.name}' failed: {reason}"
    )


def _unknown_message(registration: Registration) -> str:
    key = registration.unknown[0]
    sources = [urn.rsplit("::", 1)[-1] for urn in registration.dependencies.get(key, ())]
    origin = " or ".join(f"'{source}'" for source in sources) or "another resource"
    return f"its {key} needs an attribute of {origin} that no handler returns; add it in sandbox/resource_handlers"


def _kind(registration: Registration) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", registration.type.rsplit(":", 1)[-1]).lower()
