"""What failed in a call of a model service: the error of any of its libraries as one kind of failure and a name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ssl import SSLCertVerificationError
from typing import Any, Final

from botocore.exceptions import ClientError, EventStreamError, ParamValidationError
from strands.types.exceptions import ContextWindowOverflowException, ModelThrottledException

from contract.errors import ErrorCode
from runtime.engine.model import failure_kinds
from runtime.engine.model.failure_kinds import Kind

THROTTLING: Final = "ThrottlingException"
"""The name of every rejection because of a rate limit, whatever its service calls it."""

_LIBRARIES: Final = frozenset({"botocore", "urllib3", "openai", "httpx", "httpcore"})

_STATUS: Final = re.compile(r"[1-5][0-9]{2}")
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9._]{1,64}")
_SAFE_PLACE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]{0,80}")
_PARAMETER: Final = re.compile(r"parameter (?:in )?([A-Za-z][\w.\[\]]*)")


@dataclass(frozen=True, slots=True)
class ServiceFailure:
    """A failure that is fit for the user. `name` is the error's code or class, never what the service said."""

    kind: Kind
    name: str

    @property
    def message(self) -> str:
        return f"{self.kind.problem.format(name=self.name)}; {self.kind.advice}"

    @property
    def code(self) -> ErrorCode:
        return self.kind.code

    @property
    def passes(self) -> bool:
        return self.kind.passes


def service_failure(error: BaseException) -> ServiceFailure | None:
    """What the error means, None where it is none of a model service's."""
    if isinstance(error, ContextWindowOverflowException):
        return ServiceFailure(failure_kinds.CONTEXT, "ContextWindowOverflow")
    if isinstance(error, ModelThrottledException):
        return _throttled(error)
    if isinstance(error, ClientError):
        return _bedrock(error)
    if _library(type(error)) not in _LIBRARIES:
        return None
    kind = _openai_kind(error) or _class_kind(error)
    name = THROTTLING if kind is failure_kinds.THROTTLED else _name(error)
    place = _place(error) if kind is failure_kinds.REQUEST else ""
    return ServiceFailure(kind, f"{name} at {place}" if place else name)


def _throttled(error: ModelThrottledException) -> ServiceFailure:
    cause = service_failure(error.__cause__) if error.__cause__ is not None else None
    if cause is not None and cause.kind in {failure_kinds.QUOTA, failure_kinds.TOO_LARGE}:
        return cause
    return ServiceFailure(failure_kinds.THROTTLED, THROTTLING)


def _bedrock(error: ClientError) -> ServiceFailure:
    details = error.response.get("Error", {})
    code = str(details.get("Code", ""))
    code = code[:1].upper() + code[1:]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = failure_kinds.BEDROCK_CODES.get(code)
    if kind is None and isinstance(error, EventStreamError):
        kind = failure_kinds.FAULT
    elif kind is None:
        # botocore makes the code of an answer without one from its status.
        number = int(code) if _STATUS.fullmatch(code) else status
        kind = failure_kinds.of_status(number, failure_kinds.BEDROCK_STATUSES)
    if kind is failure_kinds.REQUEST:
        said = str(details.get("Message", "")).lower()
        kind = next((named for phrase, named in failure_kinds.BEDROCK_PHRASES.items() if phrase in said), kind)
    if kind is failure_kinds.THROTTLED:
        return ServiceFailure(kind, THROTTLING)
    return ServiceFailure(kind, code if _SAFE_NAME.fullmatch(code) else "an unknown error")


def _openai_kind(error: BaseException) -> Kind | None:
    """The kind of an error that the service itself sent, in place of an answer or inside a stream."""
    if _library(type(error)) != "openai":
        return None
    sent: Any = error
    code, status = getattr(sent, "code", None), getattr(sent, "status_code", None)
    said = failure_kinds.OPENAI_CODES.get(code) if isinstance(code, str) else None
    if said is failure_kinds.THROTTLED and "request too large" in str(error).lower():
        # One request over the limit of a minute never passes, though it has the code of a busy minute.
        said = failure_kinds.TOO_LARGE
    if said is not None:
        return said
    if status is None and _STATUS.fullmatch(str(code)):
        # Gateways put the status of the server behind them into the code.
        status = int(str(code))
    if isinstance(status, int):
        return failure_kinds.of_status(status, failure_kinds.OPENAI_STATUSES)
    return failure_kinds.OPENAI_TYPES.get(str(getattr(sent, "type", None)))


def _class_kind(error: BaseException) -> Kind:
    kind = _nearest(error)
    if kind is failure_kinds.UNREACHABLE:
        # The openai library reports a wrong URL, an unusable key and a certificate as connection errors too.
        for cause in _causes(error):
            if isinstance(cause, SSLCertVerificationError):
                return failure_kinds.CERTIFICATE
            if _nearest(cause) is failure_kinds.ADDRESS:
                return failure_kinds.ADDRESS
    if kind is not None:
        return kind
    return failure_kinds.FAULT if hasattr(error, "body") else failure_kinds.UNUSABLE


def _nearest(error: BaseException) -> Kind | None:
    keys = ((_library(base), base.__name__) for base in type(error).__mro__)
    return next((failure_kinds.CLASSES[key] for key in keys if key in failure_kinds.CLASSES), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _name(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if isinstance(status, int) else type(error).__name__


def _place(error: BaseException) -> str:
    """The parameter that is wrong, empty where the error names none; its value may be the user's and is left out."""
    if isinstance(error, ParamValidationError):
        found = _PARAMETER.search(str(error))
        place = found.group(1) if found else ""
    else:
        place = str(getattr(error, "param", None) or "")
    return place if _SAFE_PLACE.fullmatch(place) else ""


def _library(kind: type) -> str:
    return kind.__module__.partition(".")[0]
