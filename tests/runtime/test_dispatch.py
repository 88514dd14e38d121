from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from runtime.dispatch import Dispatcher, DispatchError

EXPECTED = {"FunctionName": "worker", "InvocationType": "Event", "Payload": b'{"run_id": "r1"}'}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    with Stubber(client) as stub:
        yield stub
    stub.assert_no_pending_responses()


def test_the_worker_is_invoked_asynchronously_with_the_run(stub: Stubber) -> None:
    stub.add_response("invoke", {"StatusCode": 202}, EXPECTED)

    Dispatcher(stub.client, "worker").dispatch("r1")


def test_a_worker_that_cannot_be_invoked_is_an_error_that_names_it(stub: Stubber) -> None:
    stub.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", expected_params=EXPECTED)

    with pytest.raises(DispatchError, match=r"worker worker could not be invoked: .*Rate Exceeded"):
        Dispatcher(stub.client, "worker").dispatch("r1")


def test_the_attempts_fit_into_the_gateways_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    config = Dispatcher.create("worker")._client.meta.config  # noqa: SLF001  what create configures is not seen elsewhere

    assert config.retries["total_max_attempts"] == 3
    assert (config.connect_timeout + config.read_timeout) * 3 < 29
