"""AgentCore, as the AWS provider creates, reads, tags, updates and deletes runtimes and endpoints."""

import io
import sys
import zipfile
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from sandbox.emulator_process.control_plane.agent_runtimes import install
from tests.sandbox.emulator_process.control_plane.services import (
    ROLE,
    TAGS,
    Services,
    name,
    require_error,
    require_tags,
)

pytestmark = pytest.mark.sandbox

REQUIRED = {
    "agentRuntimeArtifact": {
        "codeConfiguration": {
            "code": {"s3": {"bucket": "agent-code", "prefix": "runtime/one.zip"}},
            "runtime": f"PYTHON_{sys.version_info.major}_{sys.version_info.minor}",
            "entryPoint": ["agent_main.py"],
        }
    },
    "roleArn": ROLE,
    "networkConfiguration": {"networkMode": "PUBLIC"},
}
OPTIONAL = {
    "description": "one",
    "environmentVariables": {"A": "1"},
    "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 600, "maxLifetime": 3600},
    "protocolConfiguration": {"serverProtocol": "HTTP"},
    "requestHeaderConfiguration": {"requestHeaderAllowlist": ["X-Amzn-Bedrock-AgentCore-Runtime-Custom-A"]},
}
DEFAULT_LIMITS = {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800}


@pytest.fixture(scope="module")
def control(services: Services) -> Any:  # noqa: ANN401
    """A client, after the code has been uploaded that the runtimes name."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("agent_main.py", "")
    services.s3.create_bucket(Bucket="agent-code")
    services.s3.put_object(Bucket="agent-code", Key="runtime/one.zip", Body=package.getvalue())
    return services.bedrock_agentcore_control


def created(control: Any, **settings: object) -> dict[str, Any]:  # noqa: ANN401
    return dict(control.create_agent_runtime(agentRuntimeName=name(), **{**REQUIRED, **settings}))


def test_a_runtime_returns_the_settings_that_it_was_created_with(control: Any) -> None:  # noqa: ANN401
    made = created(control, **OPTIONAL)

    found = control.get_agent_runtime(agentRuntimeId=made["agentRuntimeId"])

    assert {key: found[key] for key in (*REQUIRED, *OPTIONAL)} == {**REQUIRED, **OPTIONAL}
    assert found["status"] == "READY"


def test_an_update_removes_the_settings_that_it_does_not_name(control: Any) -> None:  # noqa: ANN401
    made = created(control, **OPTIONAL)

    control.update_agent_runtime(agentRuntimeId=made["agentRuntimeId"], **REQUIRED)

    for version in ({}, {"agentRuntimeVersion": "2"}):
        found = control.get_agent_runtime(agentRuntimeId=made["agentRuntimeId"], **version)
        assert [key for key in OPTIONAL if key in found] == ["lifecycleConfiguration"]
        assert found["lifecycleConfiguration"] == DEFAULT_LIMITS


@pytest.mark.parametrize("setting", OPTIONAL)
def test_an_update_changes_one_setting(control: Any, setting: str) -> None:  # noqa: ANN401
    made = created(control)

    control.update_agent_runtime(agentRuntimeId=made["agentRuntimeId"], **REQUIRED, **{setting: OPTIONAL[setting]})

    found = control.get_agent_runtime(agentRuntimeId=made["agentRuntimeId"])
    assert found[setting] == OPTIONAL[setting]
    assert found["agentRuntimeVersion"] == "2"


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, DEFAULT_LIMITS),
        ({"maxLifetime": 600}, {"idleRuntimeSessionTimeout": 600, "maxLifetime": 600}),
        ({"idleRuntimeSessionTimeout": 60}, {"idleRuntimeSessionTimeout": 60, "maxLifetime": 28800}),
    ],
    ids=["none", "a short lifetime", "a short idle limit"],
)
def test_a_runtime_has_the_default_limits_of_sessions(control: Any, given: object, limits: object) -> None:  # noqa: ANN401
    made = created(control, lifecycleConfiguration=given)

    assert control.get_agent_runtime(agentRuntimeId=made["agentRuntimeId"])["lifecycleConfiguration"] == limits


def test_tags_of_a_runtime_and_of_its_endpoint_are_kept_apart(control: Any) -> None:  # noqa: ANN401
    made = created(control, tags=TAGS)
    endpoint = control.create_agent_runtime_endpoint(agentRuntimeId=made["agentRuntimeId"], name="live", tags=TAGS)

    for arn in (endpoint["agentRuntimeEndpointArn"], made["agentRuntimeArn"]):
        require_tags(
            partial(_tags_of, control, arn),
            partial(_tag, control, arn),
            partial(_untag, control, arn),
        )


def _tags_of(control: Any, arn: str) -> dict[str, str]:  # noqa: ANN401
    return dict(control.list_tags_for_resource(resourceArn=arn)["tags"])


def _tag(control: Any, arn: str, tags: dict[str, str]) -> None:  # noqa: ANN401
    control.tag_resource(resourceArn=arn, tags=tags)


def _untag(control: Any, arn: str, keys: list[str]) -> None:  # noqa: ANN401
    control.untag_resource(resourceArn=arn, tagKeys=keys)


def test_tags_outlast_an_update(control: Any) -> None:  # noqa: ANN401
    made = created(control, tags=TAGS)

    control.update_agent_runtime(agentRuntimeId=made["agentRuntimeId"], **REQUIRED)

    assert control.list_tags_for_resource(resourceArn=made["agentRuntimeArn"])["tags"] == TAGS
    assert "_tags" not in control.get_agent_runtime(agentRuntimeId=made["agentRuntimeId"])


def test_more_than_fifty_tags_are_rejected(control: Any) -> None:  # noqa: ANN401
    many = {f"key-{number}": "" for number in range(51)}
    made = created(control, tags=TAGS)

    require_error("ValidationException", control.create_agent_runtime, agentRuntimeName=name(), tags=many, **REQUIRED)
    require_error("ValidationException", control.tag_resource, resourceArn=made["agentRuntimeArn"], tags=many)

    assert control.list_tags_for_resource(resourceArn=made["agentRuntimeArn"])["tags"] == TAGS


def test_an_endpoint_follows_its_updates_and_has_a_description_only_if_it_is_set(control: Any) -> None:  # noqa: ANN401
    runtime = created(control)["agentRuntimeId"]
    control.update_agent_runtime(agentRuntimeId=runtime, **REQUIRED)
    control.create_agent_runtime_endpoint(agentRuntimeId=runtime, name="live", agentRuntimeVersion="1")
    place = {"agentRuntimeId": runtime, "endpointName": "live"}

    before = control.get_agent_runtime_endpoint(**place)
    control.update_agent_runtime_endpoint(**place, agentRuntimeVersion="2", description="newer")
    after = control.get_agent_runtime_endpoint(**place)

    assert (before["liveVersion"], "description" in before) == ("1", False)
    assert (after["liveVersion"], after["targetVersion"], after["description"]) == ("2", "2", "newer")


def test_what_is_deleted_is_not_found(control: Any) -> None:  # noqa: ANN401
    made = created(control, tags=TAGS)
    place = {"agentRuntimeId": made["agentRuntimeId"], "endpointName": "live"}
    endpoint = control.create_agent_runtime_endpoint(agentRuntimeId=made["agentRuntimeId"], name="live", tags=TAGS)

    control.delete_agent_runtime_endpoint(**place)
    require_error("ResourceNotFoundException", control.get_agent_runtime_endpoint, **place)
    require_error("ResourceNotFoundException", control.delete_agent_runtime_endpoint, **place)
    arn = endpoint["agentRuntimeEndpointArn"]
    require_error("ResourceNotFoundException", control.list_tags_for_resource, resourceArn=arn)

    control.delete_agent_runtime(agentRuntimeId=made["agentRuntimeId"])
    require_error("ResourceNotFoundException", control.get_agent_runtime, agentRuntimeId=made["agentRuntimeId"])
    require_error("ResourceNotFoundException", control.delete_agent_runtime, agentRuntimeId=made["agentRuntimeId"])
    arn = made["agentRuntimeArn"]
    require_error("ResourceNotFoundException", control.tag_resource, resourceArn=arn, tags=TAGS)


def test_an_unknown_version_of_the_emulator_is_rejected() -> None:
    with pytest.raises(ValueError, match="MiniStack's AgentCore is not the one that the sandbox knows"):
        install(ModuleType("bedrock_agentcore"))
