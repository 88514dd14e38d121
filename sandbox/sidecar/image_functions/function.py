"""A function of the package type Image, an invocation of it, and what it replies."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.rules.aws_limits import (
    LAMBDA_DEFAULT_MEMORY,
    LAMBDA_DEFAULT_TIMEOUT,
    LAMBDA_PAYLOAD,
    LAMBDA_STREAMED_RESPONSE,
)

BUFFERED_BYTES: Final = LAMBDA_PAYLOAD.maximum
STREAMED_BYTES: Final = LAMBDA_STREAMED_RESPONSE.maximum
HTTP_REPLY: Final = "application/vnd.awslambda.http-integration-response"
"""The content type of a streamed HTTP reply: JSON with its status and headers, eight zero bytes, and its body."""

SEPARATOR: Final = bytes(8)


@dataclass(frozen=True, slots=True)
class ImageFunction:
    """The settings of a function; `words` is its command line, `timeout` in seconds, `memory` in MB."""

    name: str
    arn: str
    version: str
    image: str
    words: tuple[str, ...]
    variables: Mapping[str, str]
    memory: int
    timeout: float
    log_group: str

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "ImageFunction":
        """Reads what GetFunctionConfiguration returns."""
        name = values["FunctionName"]
        settings = (values.get("ImageConfigResponse") or {}).get("ImageConfig") or {}
        return cls(
            name=name,
            arn=values["FunctionArn"],
            version=values.get("Version") or "$LATEST",
            image=values["ImageUri"],
            words=(*(settings.get("EntryPoint") or ()), *(settings.get("Command") or ())),
            variables=dict((values.get("Environment") or {}).get("Variables") or {}),
            memory=int(values.get("MemorySize") or LAMBDA_DEFAULT_MEMORY),
            timeout=float(values.get("Timeout") or LAMBDA_DEFAULT_TIMEOUT),
            log_group=(values.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        )


@dataclass(frozen=True, slots=True)
class Invocation:
    """`event` is JSON, `trace` is that of X-Ray, `deadline_ms` is in milliseconds since 1970."""

    request_id: str
    event: bytes
    arn: str
    trace: str
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that has begun. `pieces` raises FunctionError where it ends in the middle."""

    content_type: str
    pieces: AsyncIterator[bytes]


class FunctionError(Exception):
    """An invocation has failed; `kind` is the errorType that Lambda reports."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def to_json(self) -> dict[str, str]:
        return {"errorType": self.kind, "errorMessage": self.message}


class LostError(FunctionError):
    """There is no reply, or no more of it: a process of the environment may have ended."""
