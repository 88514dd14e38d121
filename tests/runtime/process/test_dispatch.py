from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
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
