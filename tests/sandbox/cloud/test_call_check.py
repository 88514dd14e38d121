"""Calls are held against AWS's own description of its services before they reach the emulator."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.access.keys import Keys
from sandbox.cloud.call_check import CallValidationError
from sandbox.cloud.cloud import Cloud

CLOUD = Cloud("http://127.0.0.1:1", "us-east-1", Path("python"), upload=False, keys=Keys.create())

RUNTIME: dict[str, Any] = {
    "agentRuntimeName": "agent",
    "agentRuntimeArtifact": {
        "codeConfiguration": {
            "code": {"s3": {"bucket": "code", "prefix": "agent.zip"}},
            "runtime": "PYTHON_3_12",
            "entryPoint": ["main.py"],
        }
    },
    "roleArn": "arn:aws:iam::000000000000:role/agent",
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"agentRuntimeName": "a-b"}, "agentRuntimeName is 'a-b'; allowed: the pattern [a-zA-Z][a-zA-Z0-9_]{0,47}"),
        ({"roleArn": "r" * 3000}, "roleArn has 3,000 characters; allowed: from 1 up to 2048"),
        ({"environmentVariables": {"K" * 101: ""}}, "a key of environmentVariables has 101 characters"),
        ({"environmentVariables": {"KEY": "s" * 5001}}, "environmentVariables.KEY has 5,001 characters"),
        ({"tags": {"a!": "b"}}, "a key of tags is 'a!'; allowed: the pattern"),
        (
            {"lifecycleConfiguration": {"maxLifetime": 59}},
            "lifecycleConfiguration.maxLifetime is 59; allowed: from 60 up to 1209600",
        ),
        (
            {"networkConfiguration": {"networkMode": "DIAL_UP"}},
            "networkConfiguration.networkMode is 'DIAL_UP'; allowed: PUBLIC, VPC",
        ),
    ],
)
def test_what_the_service_would_reject_is_rejected_with_its_place(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(CallValidationError) as rejected:
        CLOUD.agentcore.create_agent_runtime(**{**RUNTIME, **given})

    assert str(rejected.value).startswith(expected)


def test_a_value_that_the_service_calls_a_secret_is_not_shown() -> None:
    with pytest.raises(CallValidationError) as rejected:
        CLOUD.events.create_connection(
            Name="c",
            AuthorizationType="API_KEY",
            AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "key", "ApiKeyValue": "rose\x00bud"}},
        )

    assert str(rejected.value).startswith("AuthParameters.ApiKeyAuthParameters.ApiKeyValue is a secret; allowed: ")
    assert "rose" not in str(rejected.value)
