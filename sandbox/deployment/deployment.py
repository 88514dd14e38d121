"""Makes every resource that the program registers, for real, on the emulator."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloud.call_check import RefusedCallError
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import RefusedError, Request
from sandbox.deployment.final_checks import refuse_unreachable
from sandbox.deployment.warm_up import warm_functions
from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.monitor import Created, Monitor
from sandbox.program.provider_functions import answer
from sandbox.program.registration import Registration
from sandbox.resource_handlers.registry import CREATORS

Made = TypeVar("Made")
FUNCTION: Final = "aws:lambda/function:Function"


class Deployment(Monitor):
    """One deployment to an empty emulator. After the first failure nothing more is made; what stands goes with `up`.

    `settings` has `endpoint`, `python` (the functions' interpreter) and `upload`; `say` gets progress events, and
    what the supervisor makes use of.
    """

    def __init__(self, settings: Mapping[str, Any], region: str, say: Callable[..., None]) -> None:
        super().__init__()
        self._cloud = Cloud(settings["endpoint"], region, Path(settings["python"]), settings["upload"], self._tell)
        self._say = say
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
        self._progress("deployment", f"{made} made: {_kind(registration)} {registration.name}")
        return created

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return answer(token, arguments, self._cloud.account, self._cloud.region)

    def export(self, outputs: dict[str, Any], unknown: list[str]) -> None:
        if unknown:
            raise SandboxError(
                SandboxCode.DEPLOYMENT_FAILED,
                f"the stack's output {', '.join(unknown)} is made from an attribute that no creator states; "
                "let the creator of the resource it comes from state it (sandbox/creators)",
            )
        super().export(outputs, unknown)

    def finish(self) -> None:
        """What can only be judged once everything stands, and the functions' first calls."""
        for registration, check in self._later:
            _refusing(registration, check)
        refuse_unreachable(self._cloud)
        warm_functions(self._cloud, self._functions, lambda message: self._progress("warm-up", message))

    def _create(self, registration: Registration) -> Created:
        creator = CREATORS.get(registration.type)
        if creator is None:
            raise _failed(registration, f"the sandbox knows no {registration.type}; add a creator to sandbox/creators")
        if registration.provider or registration.inputs.get("region") not in (None, self._cloud.region):
            raise _failed(
                registration, f"it is for another provider or region; the sandbox has {self._cloud.region} only"
            )
        if registration.unknown:
            raise _failed(registration, _unknown_sentence(registration))
        request = Request(self._cloud, registration)
        created = _refusing(registration, lambda: creator(request))
        with self._lock:
            self._later += [(registration, check) for check in request.later]
        if unread := request.unread():
            raise _failed(registration, f"its creator knows no {', '.join(unread)}; teach it in sandbox/creators")
        return created

    def _tell(self, kind: str, made: Mapping[str, Any]) -> None:
        self._say(kind, **{kind: dict(made)})

    def _progress(self, stage: str, message: str) -> None:
        self._say("progress", stage=stage, message=message)


def _refusing(registration: Registration, step: Callable[[], Made]) -> Made:
    """What the step makes; its errors become the sentence of a resource that could not be made."""
    try:
        return step()
    except (RefusedError, RefusedCallError) as error:
        raise _failed(registration, str(error)) from error
    except (ClientError, BotoCoreError, ValueError, KeyError, OSError) as error:
        raise _failed(registration, f"{type(error).__name__}: {error}") from error


def _failed(registration: Registration, cause: str) -> SandboxError:
    """The stable sentence of every resource that could not be made."""
    sentence = " ".join(cause.split()).rstrip(".")
    return SandboxError(
        SandboxCode.DEPLOYMENT_FAILED, f"creating {registration.type} '{registration.name}' failed: {sentence}"
    )


def _unknown_sentence(registration: Registration) -> str:
    key = registration.unknown[0]
    sources = [urn.rsplit("::", 1)[-1] for urn in registration.dependencies.get(key, ())]
    origin = " or ".join(f"'{source}'" for source in sources) or "another resource"
    return f"its {key} needs an attribute of {origin} that no creator states; state it in sandbox/creators"


def _kind(registration: Registration) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", registration.type.rsplit(":", 1)[-1]).lower()
