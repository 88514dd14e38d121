from typing import Any
from uuid import UUID

import pytest

from contract.errors import ErrorCode, RunError
from contract.workflow_input import WorkflowInput, read_workflow_input, run_id_of_execution

RUN_ID = "0199c0de-0000-7000-8000-000000000001"
ARN = "arn:aws:states:eu-central-1:000000000000:execution:causal-analysis-dev-agent-sm:first"
SEED = {
    "sessionId": "test",
    "query": {"text": "test"},
    "networkConfig": {"subnets": ["subnet-local"], "securityGroups": ["sg-local"]},
}
TRACE = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


def test_three_keys_are_enough() -> None:
    assert read_workflow_input(SEED) == WorkflowInput(
        question="test", session_id="test", subnets=("subnet-local",), security_groups=("sg-local",)
    )


def test_an_input_is_read_as_it_was_written() -> None:
    request = WorkflowInput(
        question="Did it?",
        session_id="s-1",
        owner="ada",
        agent="study_analyst",
        subnets=("subnet-0a",),
        security_groups=("sg-0b",),
        answers=("adjusted", {"number": 1}),
        traceparent=TRACE,
    )

    assert read_workflow_input(request.to_input(RUN_ID)) == request


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("text", "The input is a JSON string"),
        ({}, "The query is a JSON null"),
        ({"query": "text"}, "The query is a JSON string"),
        ({"query": {"text": " "}}, "The question is empty"),
        ({"query": {}}, "text of key query.text"),
        ({"query": {"text": "a", "lang": "en"}}, 'Unknown key "lang" in query'),
        ({**SEED, "question": "a"}, 'Unknown key "question" in the input'),
        ({**SEED, "sessionId": "a b"}, "The sessionId"),
        ({**SEED, "runId": "ABC"}, "The runId"),
        ({**SEED, "user": "a b"}, "The user"),
        ({**SEED, "agent": ""}, "The agent"),
        ({**SEED, "networkConfig": []}, "The networkConfig is a JSON array"),
        ({**SEED, "networkConfig": {"subnets": ["vpc-1"]}}, "The networkConfig.subnets"),
        ({**SEED, "networkConfig": {"securityGroups": [f"sg-{number}" for number in range(6)]}}, "at most 5 ids"),
        ({**SEED, "networkConfig": {"vpc": "a"}}, 'Unknown key "vpc" in networkConfig'),
        ({**SEED, "answers": "adjusted"}, "send a list"),
        ({**SEED, "answers": ["a"] * 11}, "the limit is 10"),
        ({**SEED, "answers": ["a" * 20_000]}, "the limit is 16384"),
        ({**SEED, "traceparent": "00-1"}, "The traceparent"),
    ],
)
def test_what_is_wrong_is_named(given: Any, words: str) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(RunError) as error:
        read_workflow_input(given)

    assert error.value.code is ErrorCode.INVALID_REQUEST
    assert words in error.value.message


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [({"runId": RUN_ID}, "first", RUN_ID), ({"runId": "no"}, RUN_ID, RUN_ID), (None, RUN_ID, RUN_ID)],
    ids=["input", "invalid input", "name"],
)
def test_a_run_has_the_id_that_its_execution_names(given: object, name: str, expected: str) -> None:
    assert run_id_of_execution(given, name, ARN) == expected


def test_a_run_without_a_given_id_has_one_of_its_execution() -> None:
    first = run_id_of_execution(SEED, "first", ARN)

    assert first == run_id_of_execution({}, "first", ARN) == str(UUID(first))
    assert first != run_id_of_execution(SEED, "first", f"{ARN}2")
