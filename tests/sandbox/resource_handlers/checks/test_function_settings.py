"""Names of environment variables that Lambda reserves."""

from pathlib import Path

import pytest

from policies.rules.aws_limits import LAMBDA_RESERVED_VARIABLES
from sandbox.access.keys import Keys
from sandbox.cloud.cloud import Cloud
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.registration import Registration
from sandbox.resource_handlers.checks.function_settings import validate_function


def function_with(variable: str) -> Request:
    registration = Registration(
        type="aws:lambda/function:Function",
        name="worker",
        urn="urn:pulumi:local::p::aws:lambda/function:Function::worker",
        parent=None,
        custom=True,
        provider="",
        inputs={"environment": {"variables": {variable: "x"}}},
        dependencies={},
        unknown=(),
    )
    return Request(
        Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create()), registration
    )


@pytest.mark.parametrize("name", sorted(LAMBDA_RESERVED_VARIABLES))
def test_every_reserved_name_is_rejected(name: str) -> None:
    with pytest.raises(ValidationError, match=f"environment variable {name} is reserved for Lambda"):
        validate_function(function_with(name))


def test_another_name_is_not_reserved() -> None:
    with pytest.raises(ValidationError, match="runtime is missing"):  # the first check after that of the variables
        validate_function(function_with("AGENTS"))
