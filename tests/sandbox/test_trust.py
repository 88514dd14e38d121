"""What others on this machine, and web pages, can do with a running sandbox: nothing."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from contract.sandbox_access import HEADER, with_secret
from sandbox.access.keys import Keys
from sandbox.state import SandboxState
from tests.sandbox.clients import client, get, websocket_url
from tests.sandbox.harness import PATIENCE, Emulator, processes_of, running, write_program

EVIL = "http://evil.example"
NOBODY = 65_534

PROGRAM = """
made = function("open", '''
import json, os
def handler(event, context):
    if isinstance(event, dict) and event.get("action") == "environment":
        return dict(os.environ)
    return {"statusCode": 200, "body": json.dumps(event)}
''')
aws.lambda_.Permission("open-permission", action="lambda:InvokeFunction", function=made.name,
    principal="apigateway.amazonaws.com")
api = aws.apigatewayv2.Api("open-api", protocol_type="WEBSOCKET", route_selection_expression="$request.body.action")
integration = aws.apigatewayv2.Integration("open-integration", api_id=api.id, integration_type="AWS_PROXY",
    integration_uri=made.invoke_arn)
route = aws.apigatewayv2.Route("open-route", api_id=api.id, route_key="$default",
    target=integration.id.apply(lambda known: f"integrations/{known}"))
stage = aws.apigatewayv2.Stage("open-stage", api_id=api.id, name="live", auto_deploy=True,
    opts=pulumi.ResourceOptions(depends_on=[route]))
pulumi.export("name", made.name)
pulumi.export("websocket_url", pulumi.Output.format("ws://ENDPOINT/_aws/execute-api/{0}/{1}", api.id, stage.name))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # pytest's own folder is private to this user, so the sandbox's modes are tried in one that everybody may enter.
    made = tmp_path_factory.mktemp("trust")
    for entered in (made, *made.parents):
        if entered.stat().st_uid == os.geteuid() and entered.is_relative_to(tmp_path_factory.getbasetemp().parent):
            entered.chmod(0o755)
    return made / "state"


@pytest.fixture(scope="module")
def state(folder: Path) -> Iterator[SandboxState]:
    before = os.umask(0)
    try:
        with running(folder, root=write_program(folder.parent / "program", PROGRAM)) as found:
            yield found
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def socket_url(state: SandboxState) -> str:
    path = state.outputs["websocket_url"].removeprefix("ws://ENDPOINT")
    return websocket_url(state.endpoint, path)


def refused(answer: httpx.Response, said: str) -> None:
    assert answer.status_code == 403
    assert said in answer.text
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def invocation(state: SandboxState) -> str:
    return f"{state.endpoint}/2015-03-31/functions/{state.outputs['name']}/invocations"


def test_a_web_page_cannot_run_a_function_by_a_simple_request(state: SandboxState) -> None:
    simple = {"content-type": "text/plain", "origin": EVIL}

    refused(httpx.post(invocation(state), content="{}", headers=simple), "another origin")
    refused(httpx.post(invocation(state), content="{}"), "signed with its keys")
    asked = {"origin": EVIL, "access-control-request-method": "POST"}
    refused(httpx.options(invocation(state), headers=asked), "another origin")


@pytest.mark.parametrize(
    "path",
    [
        *("/_longrun/health", "/_longrun/faults", "/_longrun/model", "/_longrun/sessions", "/_longrun/requests"),
        *("/_longrun/traces", "/v1/traces", "/runtimes/a/invocations", "/model/m/converse"),
    ],
)
def test_every_route_of_the_sidecar_needs_the_secret(state: SandboxState, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refused(httpx.request(method, state.sidecar_url + path), "signed with its keys")
    right = {HEADER: state.secret_access_key}
    refused(httpx.get(state.sidecar_url + path, headers={**right, "host": "evil.example"}), "own address")
    refused(httpx.get(state.sidecar_url + path, headers={**right, "origin": EVIL}), "another origin")
    refused(httpx.get(state.sidecar_url + path, headers={HEADER: Keys.create().secret}), "earlier sandbox")
    assert httpx.get(state.sidecar_url + path, headers=right).status_code != 403


@pytest.mark.parametrize("path", ["/_ministack/health", "/_ministack/reset", "/_ministack/config", "/", "/bucket/key"])
def test_every_route_of_the_emulator_needs_the_secret(state: SandboxState, path: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        assert httpx.request(method, state.endpoint + path).status_code == 403
    right = {HEADER: state.secret_access_key}
    refused(httpx.get(state.endpoint + path, headers={**right, "host": "evil.example"}), "own address")
    refused(httpx.get(state.endpoint + path, headers={**right, "origin": EVIL}), "another origin")
    assert get(f"{state.endpoint}/_ministack/health").status_code == 200


def test_a_websocket_opens_with_the_secret_and_without_an_origin_only(socket_url: str, state: SandboxState) -> None:
    bare = socket_url.replace(f"/_key/{state.secret_access_key}", "")
    stale = with_secret(bare, Keys.create().secret)
    for url, headers in ((bare, {}), (stale, {}), (socket_url, {"Origin": EVIL})):
        with pytest.raises(InvalidStatus) as rejected, connect(url, additional_headers=headers):
            pass
        assert rejected.value.response.status_code == 403
        assert b"sandbox" in rejected.value.response.body

    for url, headers in ((socket_url, {}), (bare, {HEADER: state.secret_access_key})):
        with connect(url, additional_headers=headers, open_timeout=PATIENCE) as opened:
            opened.send('{"a": 1}')
            event = json.loads(opened.recv(timeout=PATIENCE))
        assert state.secret_access_key not in json.dumps(event)


def test_keys_of_an_earlier_sandbox_are_refused_with_what_to_do(state: SandboxState) -> None:
    earlier = Keys.create()
    stale = boto3.client(
        "lambda",
        endpoint_url=state.endpoint,
        region_name="us-east-1",
        aws_access_key_id=earlier.key_id,
        aws_secret_access_key=earlier.secret,
        config=Config(retries={"total_max_attempts": 1}),
    )

    with pytest.raises(ClientError, match=r"each `longrun up` makes new keys.*longrun status --env"):
        stale.invoke(FunctionName=state.outputs["name"])


def test_presigned_urls_and_issued_keys_work_as_on_aws(state: SandboxState) -> None:
    s3, sts = client(state.endpoint, "s3"), client(state.endpoint, "sts")
    s3.create_bucket(Bucket="shared")
    s3.put_object(Bucket="shared", Key="a b/ü", Body=b"content")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "a b/ü"})
    post = s3.generate_presigned_post("shared", "posted")

    assert httpx.get(url).content == b"content"
    assert httpx.get(url.replace("/shared/", "/other/")).status_code == 403
    assert httpx.post(post["url"], data=post["fields"], files={"file": b"x"}).is_success
    forged = {**post["fields"], "policy": "e30="}
    assert httpx.post(post["url"], data=forged, files={"file": b"x"}).status_code == 403

    made = sts.get_session_token()["Credentials"]
    session = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], region_name="us-east-1")
    assert session.client("s3", endpoint_url=state.endpoint).list_buckets()["Buckets"]
    forger = boto3.Session(made["AccessKeyId"], "other", made["SessionToken"], region_name="us-east-1")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        forger.client("s3", endpoint_url=state.endpoint).list_buckets()


def test_the_code_of_a_function_is_loaded_from_the_url_that_lambda_gives(state: SandboxState) -> None:
    found = client(state.endpoint, "lambda").get_function(FunctionName=state.outputs["name"])["Code"]["Location"]

    assert httpx.get(found).content.startswith(b"PK")
    assert httpx.get(found.partition("?")[0]).status_code == 403


def test_the_runtime_api_of_a_function_answers_its_process_only(state: SandboxState) -> None:
    answer = client(state.endpoint, "lambda").invoke(
        FunctionName=state.outputs["name"], Payload=json.dumps({"action": "environment"})
    )
    address, _, path = json.loads(answer["Payload"].read())["AWS_LAMBDA_RUNTIME_API"].partition("/")

    assert len(path) >= 32
    for tried in ("", "/", f"/{'x' * len(path)}"):
        url = f"http://{address}{tried}/2018-06-01/runtime/invocation"
        assert httpx.get(f"{url}/next").status_code == 403
        assert httpx.post(f"{url}/a/response", json={}).status_code == 403


def test_functions_get_their_keys_and_no_other_secret(state: SandboxState) -> None:
    answer = client(state.endpoint, "lambda").invoke(
        FunctionName=state.outputs["name"], Payload=json.dumps({"action": "environment"})
    )
    environment = json.loads(answer["Payload"].read())

    holders = {name for name, value in environment.items() if state.secret_access_key in value}
    assert holders == {"AWS_SECRET_ACCESS_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT"}


def test_everything_that_the_sandbox_writes_is_private_whatever_the_umask_is(state: SandboxState, folder: Path) -> None:
    assert state.running
    found = [folder, *folder.rglob("*")]
    own = [path for path in found if not path.is_symlink() and not path.is_relative_to(folder / "tmp")]
    modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in own}

    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    assert stat.S_IMODE((folder / "tmp").stat().st_mode) == 0o700
    assert [path for path in found if path.is_socket() and path.stat().st_mode & 0o077] == []


def test_the_secret_is_in_the_state_file_and_in_no_log_and_no_command_line(state: SandboxState, folder: Path) -> None:
    secret = state.secret_access_key.encode()
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(folder / "tmp")]
    commands = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_of(folder))

    assert [path.name for path in files if secret in path.read_bytes()] == ["state.json"]
    assert commands
    assert secret not in commands


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_can_neither_read_the_secret_nor_call_the_sandbox(state: SandboxState, folder: Path) -> None:
    paths = [folder / "state.json", folder / "logs", *(path for path in folder.rglob("*") if path.is_socket())]
    pids = [*state.pids.values(), *processes_of(folder)]
    told = json.dumps(
        {
            "paths": [str(path) for path in paths],
            "processes": [f"/proc/{pid}/environ" for pid in pids],
            "urls": [f"{state.endpoint}/_ministack/health", f"{state.sidecar_url}/_longrun/faults"],
        }
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", OTHER_USER],
        input=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert outcome["uid"] == NOBODY
    assert outcome["allowed"] == []
    assert outcome["status"] == [403, 403]


OTHER_USER = f"""
import encodings.idna, json, os, socket, sys, urllib.error, urllib.request  # this user may not read Python later
told = json.load(sys.stdin)
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
allowed, status = [], []
def tries(work, name):
    try:
        work()
    except OSError:
        return
    allowed.append(name)
def connects(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as tried:
        tried.connect(path)
for path in told["paths"]:
    tries(lambda: os.stat(path), path)
    tries(lambda: connects(path), path)
for path in told["processes"]:
    tries(lambda: open(path, "rb").read(1), path)
for url in told["urls"]:
    try:
        status.append(urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(url).status)
    except urllib.error.HTTPError as error:
        status.append(error.code)
print(json.dumps({{"uid": os.getuid(), "allowed": allowed, "status": status}}))
"""


def test_a_folder_that_was_open_to_others_becomes_private(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    (folder / "logs").mkdir(parents=True)
    for path in (folder, folder / "logs"):
        path.chmod(0o777)
    old = folder / "state.json"
    old.write_text("{}")
    old.chmod(0o644)

    with running(folder, empty=True) as state:
        assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, folder / "logs")] == ["0o700", "0o700"]
        assert stat.S_IMODE(old.stat().st_mode) == 0o600
        with socket.create_connection(("127.0.0.1", int(state.endpoint.rpartition(":")[2]))) as bare:
            bare.sendall(b"GET / HTTP/1.0\r\n\r\n")  # no Host at all
            assert b" 403 " in bare.recv(64)


def test_the_emulator_fixture_has_keys_of_its_own(emulator: Emulator, state: SandboxState) -> None:
    assert emulator.state.secret_access_key != state.secret_access_key
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        boto3.client(
            "lambda",
            endpoint_url=emulator.state.endpoint,
            region_name="us-east-1",
            aws_access_key_id=state.access_key_id,
            aws_secret_access_key=state.secret_access_key,
        ).list_functions()
