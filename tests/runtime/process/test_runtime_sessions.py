import boto3
import pytest
from botocore.stub import Stubber

from runtime.environment import RuntimeAddress
from runtime.process.runtime_sessions import RuntimeSessions

RUN_ID = "01926e3c-7c1a-7d00-8000-0123456789ab"
ADDRESS = RuntimeAddress("arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/analysts-AbC", "live", ("a",))
EXPECTED = {"agentRuntimeArn": ADDRESS.arn, "qualifier": "live", "runtimeSessionId": RUN_ID}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "stopped"),
        ("ResourceNotFoundException", "ended"),
        ("AccessDeniedException", "unknown"),
        ("InternalServerException", "unknown"),
    ],
)
def test_what_became_of_a_session_is_told(error: str | None, told: str) -> None:
    client = boto3.client(
        "bedrock-agentcore", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stub:
        if error is None:
            stub.add_response("stop_runtime_session", {"statusCode": 200}, EXPECTED)
        else:
            stub.add_client_error("stop_runtime_session", error, expected_params=EXPECTED)

        assert RuntimeSessions(client).stop(ADDRESS, RUN_ID) == told
        stub.assert_no_pending_responses()
