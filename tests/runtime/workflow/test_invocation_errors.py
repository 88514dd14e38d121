import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError

from contract.errors import ErrorCode
from runtime.workflow.invocation_errors import FailureKind, classified

URL = "https://bedrock-agentcore.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (exceptions.ConnectTimeoutError(endpoint_url=URL), FailureKind.BUSY, ErrorCode.THROTTLED),
        (exceptions.EndpointConnectionError(endpoint_url=URL), FailureKind.BUSY, ErrorCode.THROTTLED),
        (exceptions.ProxyConnectionError(proxy_url=URL), FailureKind.BUSY, ErrorCode.THROTTLED),
        (exceptions.ReadTimeoutError(endpoint_url=URL), FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.ConnectionClosedError(endpoint_url=URL), FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.ResponseStreamingError(error="reset"), FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.HTTPClientError(error="?"), FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (
            exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
            FailureKind.UNSETTLED,
            ErrorCode.AGENT_LOST,
        ),
        (exceptions.SSLError(endpoint_url=URL, error=OSError("EOF")), FailureKind.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.NoCredentialsError(), FailureKind.REJECTED, ErrorCode.INTERNAL),
        (exceptions.ParamValidationError(report="sessionId"), FailureKind.REJECTED, ErrorCode.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_never_arrived_is_told_from_what_may_have(
    error: BotoCoreError, kind: FailureKind, code: ErrorCode
) -> None:
    failure = classified(error, "explorer", 40)

    assert (failure.kind, failure.code) == (kind, code)
    assert "explorer" in failure.message
    assert URL not in failure.message


def test_how_long_a_connection_was_held_is_said() -> None:
    assert "open for 40 s" in classified(exceptions.ReadTimeoutError(endpoint_url=URL), "explorer", 40).message
