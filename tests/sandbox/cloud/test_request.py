"""The inputs of a resource handler."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policies.rules.aws_limits import QUEUE_NAME
from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.registration import Registration


def asked(logical: str = "jobs", **inputs: Any) -> Request:  # noqa: ANN401  any input
    registration = Registration(
        type="aws:sqs/queue:Queue",
        name=logical,
        urn=f"urn:pulumi:local::p::aws:sqs/queue:Queue::{logical}",
        parent=None,
        custom=True,
        provider="",
        inputs=inputs,
        dependencies={},
        unknown=(),
    )
    return Request(
        Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create()), registration
    )


def test_a_name_is_made_from_the_logical_one_and_the_same_every_time() -> None:
    name = asked().name("name", QUEUE_NAME)

    assert name == asked().name("name", QUEUE_NAME)
    assert name.startswith("jobs-")
    assert len(name) == len("jobs-") + 7


def test_a_made_name_is_cut_to_the_limit_and_keeps_its_suffix() -> None:
    long = asked("j" * 100)

    name = long.name("name", replace(QUEUE_NAME, longest=20))

    assert len(name) == 20
    assert name[-7:] == long.registration.auto_name(80)[-7:]


def test_a_given_name_or_prefix_is_taken() -> None:
    assert asked(name="given").name("name", QUEUE_NAME) == "given"
    assert asked(namePrefix="pre-").name("name", QUEUE_NAME).startswith("pre-")


@pytest.mark.parametrize("given", ["a b", "x" * 81])
def test_a_given_name_that_aws_rejects_is_rejected(given: str) -> None:
    with pytest.raises(ValidationError, match=r"name is .*; allowed: up to 80 characters"):
        asked(name=given).name("name", QUEUE_NAME)


def test_a_missing_input_is_named() -> None:
    with pytest.raises(ValidationError, match="policy is missing"):
        asked(policy=None).need("policy")


def test_inputs_that_were_not_looked_at_are_reported() -> None:
    request = asked(delaySeconds=1, fifoQueue=None, maxMessageSize=2, policy="p", tags={"a": "b"})
    request.get("delaySeconds")
    request.skip("policy")

    assert request.unread() == ["maxMessageSize"]
