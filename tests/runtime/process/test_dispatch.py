import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.stub import Stubber

from runtime.process.dispatch import Dispatcher, DispatchError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

EXPECTED = {"FunctionName": "worker", "InvocationType": "Event", "Payload": b'{"run_id": "r1"}'}


@pytest.fixture
def client() -> "LambdaClient":
    client: LambdaClient = boto3.client(
        "lambda", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    return client


@pytest.fixture
def stub(client: "LambdaClient") -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
    stub.assert_no_pending_responses()


def test_the_worker_is_invoked_asynchronously_with_the_run(client: "LambdaClient", stub: Stubber) -> None:
    stub.add_response("invoke", {"StatusCode": 202}, EXPECTED)

    Dispatcher(client, "worker").dispatch("r1")


def test_a_worker_that_cannot_be_invoked_is_an_error_that_names_it(client: "LambdaClient", stub: Stubber) -> None:
    stub.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", expected_params=EXPECTED)

    with pytest.raises(DispatchError, match=r"worker worker could not be invoked: .*Rate Exceeded"):
        Dispatcher(client, "worker").dispatch("r1")


def test_a_failed_function_is_an_error_with_its_states_reason(client: "LambdaClient", stub: Stubber) -> None:
    stub.add_client_error("invoke", "ResourceConflictException", "The function is in state Failed.")
    state = {
        "State": "Failed",
        "StateReason": "Lambda cannot decrypt the variables: api_key=sk-abcdefghijklmnop.",
        "StateReasonCode": "DisabledKMSKey",
    }
    stub.add_response("get_function_configuration", state, {"FunctionName": "worker"})

    with pytest.raises(DispatchError) as caught:
        Dispatcher(client, "worker").dispatch("r1")

    expected = (
        "the function worker is in state Failed: Lambda cannot decrypt the variables: api_key=*** (DisabledKMSKey)"
    )
    assert caught.value.reason == expected


def test_a_missing_function_is_named_without_another_call(client: "LambdaClient", stub: Stubber) -> None:
    stub.add_client_error("invoke", "ResourceNotFoundException", "Function not found: arn")

    with pytest.raises(DispatchError) as caught:
        Dispatcher(client, "worker").dispatch("r1")

    assert caught.value.reason == "there is no function worker"


def test_a_state_that_may_not_be_read_leaves_the_error_without_a_reason(client: "LambdaClient", stub: Stubber) -> None:
    stub.add_client_error("invoke", "ResourceNotReadyException", "The function is inactive.")
    stub.add_client_error("get_function_configuration", "AccessDeniedException", "no")

    with pytest.raises(DispatchError) as caught:
        Dispatcher(client, "worker").dispatch("r1")

    assert caught.value.reason == ""
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("lost", [ReadTimeoutError(endpoint_url="x"), ConnectionClosedError(endpoint_url="x")])
def test_an_invocation_without_an_answer_may_have_arrived(client: "LambdaClient", lost: Exception) -> None:
    def lose(**_: object) -> None:
        raise lost

    client.meta.events.register("before-send.lambda.Invoke", lose)

    with pytest.raises(DispatchError) as caught:
        Dispatcher(client, "worker").dispatch("r1")

    assert caught.value.may_have_arrived


def test_a_run_is_invoked_in_its_own_trace_so_that_a_queue_is_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "worker")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-00000000-000000000000000000000000;Lineage=1:abc:15")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    sent: list[str] = []

    def answer(request: Any, **_: object) -> Any:  # noqa: ANN401  botocore's prepared request and response
        header = request.headers["X-Amzn-Trace-Id"]
        sent.append(header.decode() if isinstance(header, bytes) else header)
        body: Any = io.BytesIO(b"")
        headers: Any = {}
        return AWSResponse(request.url, 202, headers, body)

    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for make, traceparent in ((Dispatcher.create, ""), (Dispatcher.of_chain, ""), (Dispatcher.create, given)):
        dispatcher = make("worker")
        client: Any = dispatcher._client  # noqa: SLF001  its wire is what counts
        client.meta.events.register("before-send.lambda.Invoke", answer)
        dispatcher.dispatch("run", traceparent)

    in_chain, own, passed = sent
    assert "Lineage" in str(in_chain)
    assert "Lineage" not in str(own)
    assert "Root=1-" in str(own)
    assert passed == "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1"
