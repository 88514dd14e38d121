import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from runtime.process.task_tokens import TaskTokens


class LostError(Exception):
    """Of this test."""


class States:
    """Task tokens over a stubbed client."""

    def __init__(self) -> None:
        client = boto3.client(
            "stepfunctions", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.stub = Stubber(client)
        self.tokens = TaskTokens(client)


@pytest.fixture
def states() -> Iterator[States]:
    made = States()
    with made.stub:
        yield made
    made.stub.assert_no_pending_responses()


def test_an_error_ends_the_state_under_the_name_of_its_class(states: States) -> None:
    expected = {"taskToken": "t", "error": "LostError", "cause": "It was lost."}
    states.stub.add_response("send_task_failure", {}, expected)

    states.tokens.fail("t", LostError("It was lost."))


def test_a_cause_is_cut_to_what_step_functions_takes(states: States) -> None:
    expected = {"taskToken": "t", "error": "LostError", "cause": "x" * 32_768}
    states.stub.add_response("send_task_failure", {}, expected)

    states.tokens.fail("t", LostError("x" * 40_000))


def test_an_output_ends_the_state_well(states: States) -> None:
    output = {"status": "SUCCEEDED"}
    states.stub.add_response("send_task_success", {}, {"taskToken": "t", "output": json.dumps(output)})

    states.tokens.succeed("t", output)


@pytest.mark.parametrize("name", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_state_that_is_over_needs_no_answer(states: States, name: str) -> None:
    states.stub.add_client_error("send_task_success", name)
    states.stub.add_client_error("send_task_failure", name)

    states.tokens.succeed("t", {})
    states.tokens.fail("t", LostError())


def test_an_answer_that_was_not_taken_is_an_error(states: States) -> None:
    states.stub.add_client_error("send_task_failure", "AccessDeniedException", http_status_code=403)

    with pytest.raises(ClientError):
        states.tokens.fail("t", LostError())
