"""Small programs deployed to the emulator: what is made, and what is rejected as AWS would."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from contract.sandbox_access import with_secret
from sandbox.errors import SandboxError
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox


Client = Callable[[str], Any]


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Makes a client of any service."""

    def make(service: str) -> Any:  # noqa: ANN401  of any service
        make_client: Callable[..., Any] = boto3.client
        return make_client(
            service,
            endpoint_url=emulator.state.endpoint,
            region_name="us-east-1",
            aws_access_key_id=emulator.state.access_key_id,
            aws_secret_access_key=emulator.state.secret_access_key,
            config=Config(proxies={}),
        )

    return make


def invoke(client: Client, name: str, event: object = None) -> tuple[Any, dict[str, Any]]:
    response = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
    return json.loads(response["Payload"].read()), response


def test_what_the_program_exports_is_what_was_made(emulator: Emulator, client: Client) -> None:
    source = """
table = aws.dynamodb.Table(
    "made-table", hash_key="pk", range_key="sk", billing_mode="PAY_PER_REQUEST",
    attributes=[{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
    ttl={"attribute_name": "expires_at", "enabled": True}, point_in_time_recovery={"enabled": True},
    stream_enabled=True, stream_view_type="NEW_IMAGE", tags={"stage": "test"})
bucket = aws.s3.Bucket("made-bucket", force_destroy=True)
aws.s3.BucketObjectv2("made-object", bucket=bucket.bucket, key="a/b.txt", content="hello", content_type="text/plain")
dead = aws.sqs.Queue("made-dead")
queue = aws.sqs.Queue("made-queue", redrive_policy=dead.arn.apply(
    lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})))
pulumi.export("table", table.name)
pulumi.export("stream", table.stream_arn)
pulumi.export("bucket", bucket.bucket)
pulumi.export("queue", {"url": queue.url, "arns": [queue.arn, dead.arn]})
"""
    outputs = emulator.deploy(source, "made")

    table = client("dynamodb").describe_table(TableName=outputs["table"])["Table"]
    assert table["LatestStreamArn"] == outputs["stream"]
    ttl = client("dynamodb").describe_time_to_live(TableName=outputs["table"])["TimeToLiveDescription"]
    assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    stored = client("s3").get_object(Bucket=outputs["bucket"], Key="a/b.txt")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"hello", "text/plain")
    attributes = client("sqs").get_queue_attributes(QueueUrl=outputs["queue"]["url"], AttributeNames=["All"])[
        "Attributes"
    ]
    assert [attributes["QueueArn"], json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]] == outputs["queue"][
        "arns"
    ]


def test_a_function_runs_as_on_lambda(emulator: Emulator, client: Client) -> None:
    source = """
made = function("runs", '''
import logging, os, sys
def handler(event, context):
    logging.getLogger().setLevel("INFO")
    logging.info("reported %s", event)
    return {
        "environment": dict(os.environ),
        "cwd": os.getcwd(), "first": sys.path[0], "left": context.get_remaining_time_in_millis(),
        "foreign": [name for name in sys.modules if name.startswith(("sandbox", "pulumi"))],
    }
''', environment={"variables": {"GIVEN": "yes"}})
pulumi.export("name", made.name)
"""
    name = emulator.deploy(source, "runs")["name"]

    result, response = invoke(client, name, {"n": 1})

    environment = result["environment"]
    assert result["cwd"] == result["first"] == environment["LAMBDA_TASK_ROOT"]
    assert environment["AWS_EXECUTION_ENV"].startswith("AWS_Lambda_python3.")
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert (environment["AWS_REGION"], environment["GIVEN"]) == ("us-east-1", "yes")
    state = emulator.state
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == state.sidecar_url
    assert environment["AWS_ENDPOINT_URL_BEDROCK_AGENTCORE"] == state.endpoint
    assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == with_secret(state.sidecar_url, state.secret_access_key)
    assert not {"GATEWAY_PORT", "LOG_LEVEL", "HTTPS_PROXY", "PYTHONDONTWRITEBYTECODE"} & set(environment)
    assert 0 < result["left"] <= 10_000
    assert not result["foreign"]
    assert "FunctionError" not in response


def test_an_error_of_a_handler_keeps_its_class_and_the_process_lives_on(emulator: Emulator, client: Client) -> None:
    source = """
made = function("errs", '''
import os
class Spoiled(Exception): pass
def handler(event, context):
    if event.get("inject"):
        raise Spoiled("milk")
    return os.getpid()
''')
pulumi.export("name", made.name)
"""
    name = emulator.deploy(source, "errs")["name"]
    before, _ = invoke(client, name, {})

    error, response = invoke(client, name, {"inject": True})

    assert response["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("Spoiled", "milk")
    assert "in handler" in "".join(error["stackTrace"])
    assert invoke(client, name, {})[0] == before


def test_the_log_of_a_call_is_in_the_functions_own_group_with_its_logging_lines(
    emulator: Emulator, client: Client
) -> None:
    source = """
group = aws.cloudwatch.LogGroup("reported-logs", retention_in_days=7)
made = function("reported", '''
import logging
def handler(event, context):
    logging.warning("remember %s", event["word"])
''', logging_config={"log_format": "Text", "log_group": group.name})
pulumi.export("name", made.name)
pulumi.export("group", group.name)
"""
    outputs = emulator.deploy(source, "reported")
    invoke(client, outputs["name"], {"word": "rosebud"})

    events = client("logs").filter_log_events(logGroupName=outputs["group"])["events"]

    messages = "\n".join(event["message"] for event in events)
    assert "remember rosebud" in messages
    assert '"type": "sandbox.call"' in messages


def test_a_whole_package_can_be_uploaded_and_is_unpacked_by_the_emulator(emulator: Emulator, client: Client) -> None:
    source = """
import pathlib, zipfile
package = pathlib.Path("package.zip")
with zipfile.ZipFile(package, "w") as made:
    made.writestr("app.py", "import os\\ndef handler(event, context): return os.environ['LAMBDA_TASK_ROOT']")
tree = pathlib.Path("tree")
tree.mkdir(exist_ok=True)
with zipfile.ZipFile(package) as made:
    made.extractall(tree)
bucket = aws.s3.Bucket("NAME-bucket")
source = pulumi.FileAsset("package.zip")
stored = aws.s3.BucketObjectv2("NAME-code", bucket=bucket.bucket, key="code.zip", source=source)
made = aws.lambda_.Function("NAME", role=role("NAME-role").arn, handler="app.handler", runtime=RUNTIME,
    architectures=[MACHINE], s3_bucket=stored.bucket, s3_key=stored.key)
pulumi.export("name", made.name)
pulumi.export("bucket", bucket.bucket)
"""
    linked = emulator.deploy(source.replace("NAME", "linked"), "linked")
    uploaded = emulator.deploy(source.replace("NAME", "uploaded"), "uploaded", upload=True)

    assert invoke(client, linked["name"])[0].endswith("/linked/tree")
    assert "Contents" not in client("s3").list_objects_v2(Bucket=linked["bucket"])
    assert "ministack" in invoke(client, uploaded["name"])[0]
    assert client("s3").head_object(Bucket=uploaded["bucket"], Key="code.zip")["ContentLength"] > 0


REJECTIONS = {
    "an unknown type": (
        'aws.sns.Topic("topic")',
        "creating aws:sns/topic:Topic 'topic' failed: the sandbox does not support aws:sns/topic:Topic",
    ),
    "an existing resource": (
        'aws.sqs.Queue.get("old", "http://queue")',
        "the program looks up the existing aws:sqs/queue:Queue 'http://queue', but the sandbox starts empty",
    ),
    "another region": (
        'aws.sqs.Queue("far", region="eu-west-1")',
        "'far' failed: it is for another provider or region; the sandbox has only us-east-1",
    ),
    "another provider": (
        'aws.sqs.Queue("other", opts=pulumi.ResourceOptions(provider=aws.Provider("p", region="eu-west-1")))',
        "'other' failed: it is for another provider or region; the sandbox has only us-east-1",
    ),
    "an input that no handler supports": (
        'aws.sqs.Queue("odd", kms_master_key_id="k")',
        "creating aws:sqs/queue:Queue 'odd' failed: its handler does not support kmsMasterKeyId",
    ),
    "an attribute that no handler returns": (
        'aws.sqs.Queue("user", name=aws.s3.Bucket("giver").hosted_zone_id)',
        "creating aws:sqs/queue:Queue 'user' failed: its name needs an attribute of 'giver' that no handler returns",
    ),
    "an output from such an attribute": (
        'pulumi.export("zone", aws.s3.Bucket("exporter").hosted_zone_id)',
        "the stack's output zone needs an attribute that no handler returns",
    ),
    "a bucket name that S3 rejects": (
        'aws.s3.Bucket("bad", bucket="Upper")',
        "creating aws:s3/bucket:Bucket 'bad' failed: bucket is 'Upper'; allowed:",
    ),
    "a name that is taken": (
        'aws.sqs.Queue("first", name="same-name", delay_seconds=1)\n'
        'aws.iam.Role("taken-1", name="taken", assume_role_policy=trust())\n'
        'aws.iam.Role("taken-2", name="taken", assume_role_policy=trust())',
        "failed: EntityAlreadyExistsException",
    ),
    "a role that Lambda cannot assume": (
        'function("untrusted", "", role("untrusted-role", "ec2.amazonaws.com"))',
        "cannot be assumed by lambda.amazonaws.com",
    ),
    "a reserved variable": (
        'function("reserved", "", environment={"variables": {"AWS_REGION": "us-east-1"}})',
        "'reserved' failed: environment variable AWS_REGION is reserved for Lambda",
    ),
    "a timeout over Lambda's": (
        'function("slow", "", timeout=901)',
        "'slow' failed: timeout is 901; allowed: 1 to 900",
    ),
    "a package for another machine": (
        'function("foreign", "", runtime="python3.9")',
        "the function is for python3.9 on ",
    ),
    "a function that cannot be imported": (
        'function("broken", "import absent_module")',
        "does not start: Runtime.",
    ),
    "a period that CloudWatch does not know": (
        'aws.cloudwatch.LogGroup("days", retention_in_days=6)',
        "'days' failed: retentionInDays is 6; allowed: 1, 3, 5",
    ),
    "a destination without permission": (
        'made = function("mute", "def handler(event, context): pass")\n'
        'aws.lambda_.FunctionEventInvokeConfig("mute-config", function_name=made.name, maximum_retry_attempts=0,\n'
        '    destination_config={"on_failure": {"destination": aws.sqs.Queue("mute-queue").arn}})',
        "'mute-config' failed: role mute-role-",
    ),
    "a stage before its routes": (
        'api = aws.apigatewayv2.Api("bare", protocol_type="WEBSOCKET", route_selection_expression="$request.body.a")\n'
        'aws.apigatewayv2.Stage("bare-stage", api_id=api.id, name="live", auto_deploy=True)',
        "'bare-stage' failed: the API has no route yet",
    ),
    "an API that may not invoke its function": (
        'made = function("shut", "def handler(event, context): pass")\n'
        'api = aws.apigatewayv2.Api("shut-api", protocol_type="WEBSOCKET", route_selection_expression="$r.body.a")\n'
        'aws.apigatewayv2.Integration("shut-integration", api_id=api.id, integration_type="AWS_PROXY",\n'
        "    integration_uri=made.invoke_arn)",
        "but may not invoke it, so every connection would fail; add an aws.lambda_.Permission",
    ),
}


@pytest.mark.parametrize("case", REJECTIONS)
def test_it_rejects(emulator: Emulator, case: str) -> None:
    source, expected = REJECTIONS[case]

    with pytest.raises(SandboxError) as rejected:
        emulator.deploy(source, f"rejected-{list(REJECTIONS).index(case)}")

    assert rejected.value.code == "DEPLOYMENT_FAILED"
    assert expected in rejected.value.message
    assert "\n" not in rejected.value.message
