"""The error types of AgentCore's data plane and their HTTP status."""

from collections.abc import Mapping
from types import MappingProxyType

STATUS_OF_ERROR: Mapping[str, int] = MappingProxyType(
    {
        "AccessDeniedException": 403,
        "InternalServerException": 500,
        "MissingAuthenticationTokenException": 403,
        "ResourceNotFoundException": 404,
        "RetryableConflictException": 409,
        "RuntimeClientError": 424,
        "ServiceQuotaExceededException": 402,
        "ThrottlingException": 429,
        "ValidationException": 400,
    }
)
"""The HTTP status of each error type, from the service's API model."""


class AgentCoreError(Exception):
    """An error response of AgentCore: `kind` is a key of STATUS_OF_ERROR, the caller gets the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    @property
    def status(self) -> int:
        return STATUS_OF_ERROR[self.kind]


def not_found(message: str) -> AgentCoreError:
    return AgentCoreError("ResourceNotFoundException", message)


def invalid(message: str) -> AgentCoreError:
    return AgentCoreError("ValidationException", message)


def agent_failed(message: str) -> AgentCoreError:
    """Returns the error for an agent's failure: its artifact does not start, or its server answers with an error."""
    return AgentCoreError("RuntimeClientError", message)
