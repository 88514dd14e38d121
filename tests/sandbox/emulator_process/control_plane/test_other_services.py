"""The other services of the program, as the AWS provider creates, reads, tags, updates and deletes their resources."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.emulator_process.control_plane.services import (
    ACCOUNT,
    QUEUE,
    ROLE,
    TAGS,
    Services,
    listed,
    mapped,
    name,
    require_error,
    require_tags,
)

pytestmark = pytest.mark.sandbox

PATTERN = json.dumps({"source": ["aws.states"]})
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
}
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
TARGET = {
    "Id": "one",
    "Arn": QUEUE,
    "RoleArn": ROLE,
    "RetryPolicy": {"MaximumRetryAttempts": 100, "MaximumEventAgeInSeconds": 3600},
    "DeadLetterConfig": {"Arn": f"{QUEUE}-dead"},
    "InputTransformer": {"InputPathsMap": {"a": "$.b"}, "InputTemplate": '{"a": <a>}'},
}


def test_a_role_returns_its_settings_tags_and_policies(services: Services) -> None:
    role = name()
    services.iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200, Tags=listed(TAGS)
    )
    require_tags(
        lambda: mapped(services.iam.get_role(RoleName=role)["Role"].get("Tags", [])),
        lambda tags: services.iam.tag_role(RoleName=role, Tags=listed(tags)),
        lambda keys: services.iam.untag_role(RoleName=role, TagKeys=keys),
    )
    found = services.iam.get_role(RoleName=role)["Role"]
    assert (found["AssumeRolePolicyDocument"], found["MaxSessionDuration"]) == (TRUST, 7200)

    services.iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=json.dumps(DOCUMENT))
    assert services.iam.get_role_policy(RoleName=role, PolicyName="one")["PolicyDocument"] == DOCUMENT
    services.iam.delete_role_policy(RoleName=role, PolicyName="one")
    require_error("NoSuchEntity", services.iam.get_role_policy, RoleName=role, PolicyName="one")
    services.iam.delete_role(RoleName=role)
    require_error("NoSuchEntity", services.iam.get_role, RoleName=role)


def test_a_log_group_returns_its_retention_and_tags(services: Services) -> None:
    logs, group = services.logs, f"/any/{name()}"
    logs.create_log_group(logGroupName=group, tags=TAGS)
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert (found["retentionInDays"], found["logGroupClass"]) == (14, "STANDARD")

    arn = found["arn"].removesuffix(":*")
    require_tags(
        lambda: logs.list_tags_for_resource(resourceArn=arn)["tags"],
        lambda tags: logs.tag_resource(resourceArn=arn, tags=tags),
        lambda keys: logs.untag_resource(resourceArn=arn, tagKeys=keys),
    )
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    logs.delete_log_group(logGroupName=group)
    require_error("ResourceNotFoundException", logs.delete_log_group, logGroupName=group)


@pytest.fixture
def bucket(services: Services) -> str:
    bucket = name()
    services.s3.create_bucket(Bucket=bucket)
    return bucket


BUCKET_SETTINGS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "policy": ("Policy", {"Policy": json.dumps(DOCUMENT)}, "NoSuchBucketPolicy"),
    "public_access_block": (
        "PublicAccessBlockConfiguration",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": False,
            }
        },
        "NoSuchPublicAccessBlockConfiguration",
    ),
    "bucket_lifecycle_configuration": (
        "Rules",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "expire",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Expiration": {"Days": 37},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    }
                ]
            }
        },
        "NoSuchLifecycleConfiguration",
    ),
}
DELETED = {
    "policy": "delete_bucket_policy",
    "public_access_block": "delete_public_access_block",
    "bucket_lifecycle_configuration": "delete_bucket_lifecycle",
}


@pytest.mark.parametrize("setting", BUCKET_SETTINGS)
def test_a_bucket_returns_a_setting_until_it_is_removed(services: Services, bucket: str, setting: str) -> None:
    returned, given, missing = BUCKET_SETTINGS[setting]
    operation = "bucket_policy" if setting == "policy" else setting
    read = getattr(services.s3, f"get_{operation}")
    require_error(missing, read, Bucket=bucket)

    getattr(services.s3, f"put_{operation}")(Bucket=bucket, **given)

    (value,) = given.values()
    assert read(Bucket=bucket)[returned] == (value["Rules"] if returned == "Rules" else value)
    getattr(services.s3, DELETED[setting])(Bucket=bucket)
    require_error(missing, read, Bucket=bucket)


def test_a_bucket_returns_its_encryption_and_tags_whoever_asks(services: Services, bucket: str) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    services.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    found = services.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert found["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}

    services.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": listed(TAGS)})
    control = services.s3control
    # The account's id before the host, which the provider leaves out for an endpoint of its own.
    events = control.meta.events
    events.register("before-sign.s3-control", lambda request, **_: _without_account(request))
    place = {"AccountId": ACCOUNT, "ResourceArn": f"arn:aws:s3:::{bucket}"}
    require_tags(
        lambda: mapped(control.list_tags_for_resource(**place)["Tags"]),
        lambda tags: control.tag_resource(**place, Tags=listed(tags)),
        lambda keys: control.untag_resource(**place, TagKeys=keys),
    )


def _without_account(request: Any) -> None:  # noqa: ANN401  botocore's
    request.url = request.url.replace(f"{ACCOUNT}.", "", 1)


def test_an_object_returns_its_type_and_tags(services: Services, bucket: str) -> None:
    place = {"Bucket": bucket, "Key": "a/one.zip"}
    services.s3.put_object(**place, Body=b"one", ContentType="application/zip", Tagging="stage=test")

    assert services.s3.head_object(**place)["ContentType"] == "application/zip"
    assert mapped(services.s3.get_object_tagging(**place)["TagSet"]) == {"stage": "test"}
    services.s3.delete_object(**place)
    require_error("404", services.s3.head_object, **place)


def test_a_table_returns_its_settings_and_tags(services: Services) -> None:
    tables, table = services.dynamodb, name()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    tables.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification=stream,
        SSESpecification={"Enabled": True},
        Tags=listed(TAGS),
    )
    found = tables.describe_table(TableName=table)["Table"]
    assert (found["StreamSpecification"], found["SSEDescription"]["Status"]) == (stream, "ENABLED")
    assert (found["BillingModeSummary"]["BillingMode"], found["DeletionProtectionEnabled"]) == (
        "PAY_PER_REQUEST",
        False,
    )

    arn = found["TableArn"]
    require_tags(
        lambda: mapped(tables.list_tags_of_resource(ResourceArn=arn)["Tags"]),
        lambda tags: tables.tag_resource(ResourceArn=arn, Tags=listed(tags)),
        lambda keys: tables.untag_resource(ResourceArn=arn, TagKeys=keys),
    )
    expiry = {"Enabled": True, "AttributeName": "expires_at"}
    tables.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    found = tables.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert found == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    recovery = {"PointInTimeRecoveryEnabled": True}
    tables.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    found = tables.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    tables.update_table(TableName=table, DeletionProtectionEnabled=True)
    assert tables.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"] is True
    tables.update_table(TableName=table, DeletionProtectionEnabled=False)
    tables.delete_table(TableName=table)
    require_error("ResourceNotFoundException", tables.describe_table, TableName=table)


def test_a_bus_returns_its_settings_and_tags(services: Services) -> None:
    events, bus = services.events, name()
    arn = events.create_event_bus(Name=bus, Tags=listed(TAGS), Description="one")["EventBusArn"]
    require_tags(
        lambda: mapped(events.list_tags_for_resource(ResourceARN=arn)["Tags"]),
        lambda tags: events.tag_resource(ResourceARN=arn, Tags=listed(tags)),
        lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    events.update_event_bus(Name=bus, Description="two")
    assert events.describe_event_bus(Name=bus)["Description"] == "two"
    events.delete_event_bus(Name=bus)
    require_error("ResourceNotFoundException", events.describe_event_bus, Name=bus)


def test_a_rule_is_replaced_by_its_update_and_keeps_its_tags(services: Services) -> None:
    events, rule = services.events, name()
    given = {"Name": rule, "EventPattern": PATTERN}
    arn = events.put_rule(**given, State="DISABLED", Description="one", RoleArn=ROLE, Tags=listed(TAGS))["RuleArn"]
    require_tags(
        lambda: mapped(events.list_tags_for_resource(ResourceARN=arn)["Tags"]),
        lambda tags: events.tag_resource(ResourceARN=arn, Tags=listed(tags)),
        lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
    )
    events.tag_resource(ResourceARN=arn, Tags=listed(TAGS))

    events.put_rule(**given)

    found = events.describe_rule(Name=rule)
    assert (found["EventPattern"], found["State"]) == (PATTERN, "ENABLED")
    assert not {"Description", "RoleArn"} & found.keys()
    assert mapped(events.list_tags_for_resource(ResourceARN=arn)["Tags"]) == TAGS


def test_a_rule_returns_its_targets_until_it_is_gone(services: Services) -> None:
    events, rule = services.events, name()
    events.put_rule(Name=rule, EventPattern=PATTERN)

    events.put_targets(Rule=rule, Targets=[TARGET])
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == [TARGET]
    events.put_targets(Rule=rule, Targets=[{"Id": "one", "Arn": QUEUE}])
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == [{"Id": "one", "Arn": QUEUE}]
    events.remove_targets(Rule=rule, Ids=["one"])
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == []

    events.delete_rule(Name=rule)
    require_error("ResourceNotFoundException", events.describe_rule, Name=rule)
    require_error("ResourceNotFoundException", events.list_targets_by_rule, Rule=rule)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("VisibilityTimeout", "60"),
        ("MessageRetentionPeriod", "1209600"),
        ("SqsManagedSseEnabled", "true"),
        ("DelaySeconds", "5"),
        ("Policy", json.dumps(DOCUMENT)),
    ],
)
def test_a_queue_returns_a_setting_and_its_tags(services: Services, attribute: str, value: str) -> None:
    queues = services.sqs
    url = queues.create_queue(QueueName=name(), Attributes={attribute: value}, tags=TAGS)["QueueUrl"]
    other = queues.create_queue(QueueName=name())["QueueUrl"]
    queues.set_queue_attributes(QueueUrl=other, Attributes={attribute: value})

    for made in (url, other):
        assert queues.get_queue_attributes(QueueUrl=made, AttributeNames=["All"])["Attributes"][attribute] == value
    require_tags(
        lambda: queues.list_queue_tags(QueueUrl=url).get("Tags", {}),
        lambda tags: queues.tag_queue(QueueUrl=url, Tags=tags),
        lambda keys: queues.untag_queue(QueueUrl=url, TagKeys=keys),
    )
    queues.delete_queue(QueueUrl=url)
    require_error("AWS.SimpleQueueService.NonExistentQueue", queues.get_queue_attributes, QueueUrl=url)


def test_a_secret_returns_its_settings_and_tags(services: Services) -> None:
    secrets = services.secretsmanager
    made = secrets.create_secret(Name=name(), Description="one", Tags=listed(TAGS))["ARN"]
    require_tags(
        lambda: mapped(secrets.describe_secret(SecretId=made).get("Tags", [])),
        lambda tags: secrets.tag_resource(SecretId=made, Tags=listed(tags)),
        lambda keys: secrets.untag_resource(SecretId=made, TagKeys=keys),
    )
    secrets.update_secret(SecretId=made, Description="two")
    assert secrets.describe_secret(SecretId=made)["Description"] == "two"
    version = secrets.put_secret_value(SecretId=made, SecretString="kept")["VersionId"]
    assert secrets.get_secret_value(SecretId=made, VersionId=version)["SecretString"] == "kept"
    secrets.delete_secret(SecretId=made, ForceDeleteWithoutRecovery=True)
    require_error("ResourceNotFoundException", secrets.describe_secret, SecretId=made)
