"""A function from an image on the emulator: its URL streams, its events are retried, its end is reported."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from contract.sandbox_access import HEADER
from sandbox.errors import SandboxError
from tests.sandbox.clients import client, keys_of
from tests.sandbox.harness import Emulator, running, wait_until
from tests.sandbox.sidecar.image_functions.stage import APP, IMAGE

pytestmark = pytest.mark.sandbox

PROGRAM = """
bucket = aws.s3.Bucket(f"{NAME}-code")
aws.s3.BucketObjectv2(f"{NAME}-package", bucket=bucket.bucket, key="code.zip", source=pulumi.FileAsset(ZIP))
queue = aws.sqs.Queue(f"{NAME}-lost")
own = role(f"{NAME}-role")
sends = aws.iam.RolePolicy(f"{NAME}-sends", role=own.name, policy=queue.arn.apply(lambda arn: json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}]})))

def image(name, **arguments):
    variables = {"AWS_LWA_INVOKE_MODE": "response_stream", "AWS_LWA_ERROR_STATUS_CODES": "599"}
    made = aws.lambda_.Function(name, name=name, role=own.arn, package_type="Image", timeout=20,
        image_uri="000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1", architectures=[MACHINE],
        image_config={"entry_points": ["python"], "commands": ["-m", MODULE], "working_directory": "/var/task"},
        environment={"variables": variables}, **arguments)
    url = aws.lambda_.FunctionUrl(f"{name}-url", function_name=made.name, authorization_type="AWS_IAM",
        invoke_mode="RESPONSE_STREAM")
    pulumi.export(name, url.url_id)
    return made

app = image(NAME)
single = image(f"{NAME}-single", reserved_concurrent_executions=1)
aws.lambda_.FunctionEventInvokeConfig(f"{NAME}-invoke", function_name=app.name, maximum_retry_attempts=1,
    destination_config={"on_failure": {"destination": queue.arn}}, opts=pulumi.ResourceOptions(depends_on=[sends]))
pulumi.export("queue", queue.url)
"""


def program(folder: Path, name: str = "app", module: str = "app") -> str:
    """The program, with a package that has the app."""
    package = folder / f"{name}-package"
    (package / "tree").mkdir(parents=True)
    (package / "tree" / "app.py").write_text(APP)
    ZipFile(package / "code.zip", "w").close()
    return f"ZIP, NAME, MODULE = {str(package / 'code.zip')!r}, {name!r}, {module!r}\n{PROGRAM}"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("images")
    with running(folder / "state", empty=True) as state:
        yield Emulator(state, folder)


@pytest.fixture(scope="module")
def outputs(emulator: Emulator) -> Mapping[str, Any]:
    source = program(emulator.folder)
    # `longrun up` tells the sidecar where a package lies, a deployment to a running sandbox does not.
    asked = {"image": IMAGE, "folder": str(emulator.folder / "app-package" / "tree")}
    url = f"{emulator.state.sidecar_url}/_longrun/images"
    httpx.post(url, json=asked, headers={HEADER: keys_of(url).secret}, trust_env=False).raise_for_status()
    return emulator.deploy(source, "images")


@pytest.fixture
def tree(emulator: Emulator) -> Iterator[Path]:
    """The folder of the image, without the file that the app waits for."""
    made = emulator.folder / "app-package" / "tree"
    yield made
    for name in ("go", "done"):
        (made / name).unlink(missing_ok=True)


def signed(emulator: Emulator, url_id: str, path: str, body: bytes = b"") -> tuple[str, dict[str, str]]:
    url = f"{emulator.state.endpoint}/_aws/lambda-url/{url_id}{path}"
    keys = keys_of(url)
    request = AWSRequest("POST", url, {"content-type": "text/plain"}, body)
    SigV4Auth(Credentials(keys.key_id, keys.secret), "lambda", "us-east-1").add_auth(request)
    return url, dict(request.headers)


def post(emulator: Emulator, url_id: str, path: str, body: bytes = b"") -> httpx.Response:
    url, headers = signed(emulator, url_id, path, body)
    return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=30)


def test_the_first_chunk_arrives_before_the_last_is_made(
    emulator: Emulator, outputs: Mapping[str, Any], tree: Path
) -> None:
    url, headers = signed(emulator, outputs["app"], "/slow")

    with httpx.stream("POST", url, headers=headers, trust_env=False, timeout=30) as answer:
        pieces = answer.iter_raw()
        assert (answer.status_code, answer.headers["content-type"]) == (201, "text/event-stream")
        assert answer.headers["x-amzn-requestid"]
        assert next(pieces) == b"first"
        (tree / "go").touch()
        assert b"".join(pieces) == b"last"


def test_an_app_that_dies_in_mid_stream_ends_the_reply_cleanly(
    emulator: Emulator, outputs: Mapping[str, Any], tree: Path
) -> None:
    (tree / "go").touch()

    answer = post(emulator, outputs["app"], "/dies")

    assert (answer.status_code, answer.content) == (201, b"first")
    assert post(emulator, outputs["app"], "/echo", b"again").json()["body"] == "again"


def test_an_app_does_not_notice_that_its_client_has_left(
    emulator: Emulator, outputs: Mapping[str, Any], tree: Path
) -> None:
    url, headers = signed(emulator, outputs["app"], "/slow")
    with httpx.stream("POST", url, headers=headers, trust_env=False, timeout=30) as answer:
        assert next(answer.iter_raw()) == b"first"
    (tree / "go").touch()

    wait_until((tree / "done").exists, "the end of the reply")


def test_a_url_asks_for_a_signature(emulator: Emulator, outputs: Mapping[str, Any]) -> None:
    url, _ = signed(emulator, outputs["app"], "/echo")

    answers = [httpx.post(url, headers=given, trust_env=False) for given in ({}, {HEADER: keys_of(url).secret})]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_the_app_gets_the_request_with_its_caller(emulator: Emulator, outputs: Mapping[str, Any]) -> None:
    told = post(emulator, outputs["app"], "/echo", b"words").json()

    context = json.loads(told["headers"]["x-amzn-request-context"])
    assert (told["method"], told["body"]) == ("POST", "words")
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"
    assert told["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "app"


def test_a_failed_event_is_retried_and_goes_to_the_failure_destination(
    emulator: Emulator, outputs: Mapping[str, Any]
) -> None:
    functions, queues = (client(emulator.state.endpoint, service) for service in ("lambda", "sqs"))
    logs = client(emulator.state.endpoint, "logs")

    functions.invoke(FunctionName="app", InvocationType="Event", Payload=json.dumps({"status": 599, "id": "lost-1"}))

    messages = queues.receive_message(QueueUrl=outputs["queue"], WaitTimeSeconds=20)["Messages"]
    told = json.loads(messages[0]["Body"])
    assert told["requestPayload"]["id"] == "lost-1"
    assert told["requestContext"]["condition"] == "RetriesExhausted"

    def attempts() -> list[str]:
        found = logs.filter_log_events(logGroupName="/aws/lambda/app", filterPattern='"lost-1"')["events"]
        return [event["message"] for event in found if event["message"].startswith("event ")]

    wait_until(lambda: len(attempts()) == 2, "the lines of both attempts")


def test_reserved_concurrency_counts_the_streams(emulator: Emulator, outputs: Mapping[str, Any], tree: Path) -> None:
    url, headers = signed(emulator, outputs["app-single"], "/slow")
    with httpx.stream("POST", url, headers=headers, trust_env=False, timeout=30) as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first"
        assert post(emulator, outputs["app-single"], "/echo").status_code == 429
        (tree / "go").touch()
        assert b"".join(pieces) == b"last"

    wait_until(lambda: post(emulator, outputs["app-single"], "/echo").status_code == 200, "a free environment")


def test_an_image_without_code_is_rejected_at_deployment(emulator: Emulator) -> None:
    with pytest.raises(SandboxError, match=r"none of the program's packages has other\.py"):
        emulator.deploy(program(emulator.folder, "other", "other"), "other")
