import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError

from contract.errors import ErrorCode
from runtime.workflow.invocation_errors import Verdict, classified

URL = "https://bedrock-agentcore.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("error", "verdict", "code"),
    [
        (exceptions.ConnectTimeoutError(endpoint_url=URL), Verdict.BUSY, ErrorCode.THROTTLED),
        (exceptions.EndpointConnectionError(endpoint_url=URL), Verdict.BUSY, ErrorCode.THROTTLED),
        (exceptions.ProxyConnectionError(proxy_url=URL), Verdict.BUSY, ErrorCode.THROTTLED),
        (exceptions.ReadTimeoutError(endpoint_url=URL), Verdict.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.ConnectionClosedError(endpoint_url=URL), Verdict.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.ResponseStreamingError(error="reset"), Verdict.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.HTTPClientError(error="?"), Verdict.UNSETTLED, ErrorCode.AGENT_LOST),
        (
            exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
            Verdict.UNSETTLED,
            ErrorCode.AGENT_LOST,
        ),
        (exceptions.SSLError(endpoint_url=URL, error=OSError("EOF")), Verdict.UNSETTLED, ErrorCode.AGENT_LOST),
        (exceptions.NoCredentialsError(), Verdict.REFUSED, ErrorCode.INTERNAL),
        (exceptions.ParamValidationError(report="sessionId"), Verdict.REFUSED, ErrorCode.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_never_arrived_is_told_from_what_may_have(error: BotoCoreError, verdict: Verdict, code: ErrorCode) -> None:
    failure = classified(error, "explorer", 40)

    assert (failure.verdict, failure.code) == (verdict, code)
    assert "explorer" in failure.message
    assert URL not in failure.message


def test_how_long_a_connection_was_held_is_said() -> None:
    assert "open for 40 s" in classified(exceptions.ReadTimeoutError(endpoint_url=URL), "explorer", 40).message
