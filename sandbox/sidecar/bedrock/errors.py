"""Bedrock Runtime's error types and their HTTP status."""

from collections.abc import Mapping
from types import MappingProxyType

STATUS_OF_ERROR: Mapping[str, int] = MappingProxyType(
    {
        "AccessDeniedException": 403,
        "InternalServerException": 500,
        "MissingAuthenticationTokenException": 403,
        "ModelErrorException": 424,
        "ModelNotReadyException": 429,
        "ModelStreamErrorException": 424,
        "ModelTimeoutException": 408,
        "ResourceNotFoundException": 404,
        "ServiceUnavailableException": 503,
        "ThrottlingException": 429,
        "ValidationException": 400,
    }
)
"""The HTTP status of each error type, from the service's API model."""


class BedrockError(Exception):
    """An error response of Bedrock Runtime: `kind` is a key of STATUS_OF_ERROR, the caller gets the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    @property
    def status(self) -> int:
        return STATUS_OF_ERROR[self.kind]

    @property
    def stream_kind(self) -> str:
        """The type's name inside a stream: its first letter in lower case."""
        return self.kind[0].lower() + self.kind[1:]


class ConnectionCut(Exception):  # noqa: N818  (an injected fault, not an error)
    """Ends a response in the middle, as a broken connection does."""


def invalid(message: str) -> BedrockError:
    return BedrockError("ValidationException", message)
