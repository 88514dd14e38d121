"""Lambda, as the AWS provider creates, reads, tags, updates and deletes functions and what belongs to them."""

import io
import zipfile
from typing import Any

import pytest

from tests.sandbox.emulator_process.control_plane.services import (
    ACCOUNT,
    QUEUE,
    ROLE,
    TAGS,
    Services,
    name,
    require_error,
    require_tags,
)
from tests.sandbox.harness import wait_until

pytestmark = pytest.mark.sandbox

CREATED = {
    "Handler": "app.handler",
    "Runtime": "python3.11",
    "Role": ROLE,
    "Timeout": 30,
    "MemorySize": 512,
    "Architectures": ["x86_64"],
    "Environment": {"Variables": {"A": "1"}},
    "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/any"},
    "TracingConfig": {"Mode": "Active"},
}
CHANGED = {
    "Handler": "app.other",
    "Runtime": "python3.12",
    "Role": f"{ROLE}-2",
    "Timeout": 60,
    "MemorySize": 1024,
    "Environment": {"Variables": {"B": "2"}},
    "LoggingConfig": {
        "LogFormat": "JSON",
        "LogGroup": "/other",
        "ApplicationLogLevel": "WARN",
        "SystemLogLevel": "INFO",
    },
    "TracingConfig": {"Mode": "PassThrough"},
    "Description": "one",
    "EphemeralStorage": {"Size": 1024},
    "DeadLetterConfig": {"TargetArn": QUEUE},
}
MAPPING = {
    "BatchSize": 5,
    "MaximumBatchingWindowInSeconds": 2,
    "ScalingConfig": {"MaximumConcurrency": 5},
    "FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}]},
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}


@pytest.fixture
def functions(services: Services) -> Any:  # noqa: ANN401
    return getattr(services, "lambda_")  # noqa: B009  a client, not a member that mypy knows


def package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    return buffer.getvalue()


def created(functions: Any, **settings: object) -> str:  # noqa: ANN401
    given = {"FunctionName": name(), "Code": {"ZipFile": package()}, **CREATED, **settings}
    made = functions.create_function(**given)
    return str(made["FunctionName"])


def test_a_function_returns_the_settings_that_it_was_created_with(functions: Any) -> None:  # noqa: ANN401
    found = functions.get_function(FunctionName=created(functions))["Configuration"]

    assert {key: found[key] for key in CREATED} == CREATED
    assert found["EphemeralStorage"] == {"Size": 512}


def test_updates_change_one_setting_each(functions: Any) -> None:  # noqa: ANN401
    function = created(functions)
    expected = dict(CREATED)

    for setting, value in CHANGED.items():
        functions.update_function_configuration(FunctionName=function, **{setting: value})
        wait_until(lambda: _status(functions, function) == "Successful", f"the update of {setting}")
        expected[setting] = value
        found = functions.get_function(FunctionName=function)["Configuration"]
        assert {key: found[key] for key in expected} == expected
    functions.update_function_code(FunctionName=function, ZipFile=package(), Architectures=["arm64"])
    assert functions.get_function(FunctionName=function)["Configuration"]["Architectures"] == ["arm64"]


def _status(functions: Any, function: str) -> str:  # noqa: ANN401
    return str(functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"])


def test_tags_show_in_the_function(functions: Any) -> None:  # noqa: ANN401
    function = created(functions, Tags=TAGS)
    arn = functions.get_function(FunctionName=function)["Configuration"]["FunctionArn"]

    require_tags(
        lambda: functions.get_function(FunctionName=function).get("Tags", {}),
        lambda tags: functions.tag_resource(Resource=arn, Tags=tags),
        lambda keys: functions.untag_resource(Resource=arn, TagKeys=keys),
    )


def test_reserved_concurrency_is_set_and_removed(functions: Any) -> None:  # noqa: ANN401
    function = created(functions)

    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=2)
    assert functions.get_function(FunctionName=function)["Concurrency"] == {"ReservedConcurrentExecutions": 2}
    functions.delete_function_concurrency(FunctionName=function)
    assert "Concurrency" not in functions.get_function(FunctionName=function)


def test_a_function_without_permissions_has_no_policy(functions: Any) -> None:  # noqa: ANN401
    function = created(functions)
    require_error("ResourceNotFoundException", functions.get_policy, FunctionName=function)
    given = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": QUEUE}

    functions.add_permission(FunctionName=function, StatementId="one", **given)
    assert '"Sid": "one"' in functions.get_policy(FunctionName=function)["Policy"]
    functions.remove_permission(FunctionName=function, StatementId="one")

    require_error("ResourceNotFoundException", functions.get_policy, FunctionName=function)
    require_error("ResourceNotFoundException", functions.get_policy, FunctionName="none")


def test_asynchronous_invocation_is_configured(functions: Any) -> None:  # noqa: ANN401
    function = created(functions)
    given = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 2}
    failure = {"OnFailure": {"Destination": QUEUE}}

    functions.put_function_event_invoke_config(FunctionName=function, DestinationConfig=failure, **given)
    found = functions.get_function_event_invoke_config(FunctionName=function)
    assert {key: found[key] for key in given} == given
    assert found["DestinationConfig"]["OnFailure"] == failure["OnFailure"]
    functions.delete_function_event_invoke_config(FunctionName=function)

    require_error("ResourceNotFoundException", functions.get_function_event_invoke_config, FunctionName=function)


def test_an_event_source_mapping_returns_its_settings_and_tags(services: Services, functions: Any) -> None:  # noqa: ANN401
    queue = name()
    services.sqs.create_queue(QueueName=queue)
    made = functions.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}",
        FunctionName=created(functions),
        BatchSize=1,
        Tags=TAGS,
    )
    mapping, arn = made["UUID"], made["EventSourceMappingArn"]

    require_tags(
        lambda: functions.list_tags(Resource=arn)["Tags"],
        lambda tags: functions.tag_resource(Resource=arn, Tags=tags),
        lambda keys: functions.untag_resource(Resource=arn, TagKeys=keys),
    )
    for setting, value in MAPPING.items():
        functions.update_event_source_mapping(UUID=mapping, **{setting: value})
        assert functions.get_event_source_mapping(UUID=mapping)[setting] == value
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    assert functions.get_event_source_mapping(UUID=mapping)["State"] == "Disabled"
    functions.delete_event_source_mapping(UUID=mapping)

    require_error("ResourceNotFoundException", functions.get_event_source_mapping, UUID=mapping)


def test_a_deleted_function_is_not_found(functions: Any) -> None:  # noqa: ANN401
    function = created(functions)

    functions.delete_function(FunctionName=function)

    require_error("ResourceNotFoundException", functions.get_function, FunctionName=function)
    require_error("ResourceNotFoundException", functions.delete_function, FunctionName=function)
