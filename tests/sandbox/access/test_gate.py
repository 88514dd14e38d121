"""The gate before an application that records what reaches it."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.sandbox_access import HEADER, with_secret
from sandbox.access.body import Message, Receive
from sandbox.access.gate import Gate, Scope, Send
from sandbox.access.keys import Keys
from sandbox.access.origins import is_own_host

KEYS = Keys("LONGRUN234567ABCDEFG", "own-" + "Aa9_" * 9)
OTHER = Keys("LONGRUNABCDEFG234567", "old-" + "Bb8-" * 9)
PORT = 4600
HOST = f"127.0.0.1:{PORT}"
URL = f"http://{HOST}"
CONSOLE = "http://127.0.0.1:5000"
SECRET: dict[str, Any] = {HEADER: KEYS.secret}


class Application:
    """Answers 200 with CORS headers for everybody, as MiniStack does."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.content = b"served"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        body, more = b"", scope["type"] == "http"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        cors = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-expose-headers", b"*"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": cors})
        await send({"type": "http.response.body", "body": self.content})


@pytest.fixture
def application() -> Application:
    return Application()


def call(
    application: Application,
    path: str = "/x",
    method: str = "GET",
    body: bytes = b"",
    **headers: str,
) -> httpx.Response:
    gate = Gate(application, KEYS, {PORT}, {CONSOLE})

    async def work() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=URL) as client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, content=body, headers=given)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/x", SECRET), (f"/_key/{KEYS.secret}/x", {}), (f"/_key/{KEYS.secret}/x", {HEADER: "ignored"})],
    ids=["header", "path", "path before header"],
)
def test_a_request_with_the_secret_reaches_the_application_without_it(
    application: Application, path: str, headers: dict[str, str]
) -> None:
    answer = call(application, path, "POST", b"body", **headers)

    assert answer.text == "served"
    (scope,) = application.scopes
    assert (scope["path"], scope["raw_path"], application.bodies) == ("/x", b"/x", [b"body"])
    assert KEYS.secret not in repr(scope)
    assert HEADER.encode() not in dict(scope["headers"])


@pytest.mark.parametrize(
    ("path", "headers", "said"),
    [
        ("/x", {}, "only to requests that are signed"),
        ("/_ministack/reset", {}, "only to requests that are signed"),
        ("/x", {HEADER: OTHER.secret}, "earlier sandbox"),
        ("/x", {HEADER: ""}, "earlier sandbox"),
        ("/x", {HEADER: KEYS.secret[:-1]}, "earlier sandbox"),
        (f"/_key/{OTHER.secret}/x", {}, "earlier sandbox"),
        (f"/_key/{OTHER.secret}/x", SECRET, "earlier sandbox"),
        ("/_key/", {}, "earlier sandbox"),
        ("/x", {**SECRET, "host": "evil.example"}, "own address"),
        ("/x", {**SECRET, "host": f"evil.example:{PORT}"}, "own address"),
        ("/x", {**SECRET, "host": "127.0.0.1:80"}, "own address"),
        ("/x", {**SECRET, "host": f"127.0.0.1.evil.example:{PORT}"}, "own address"),
        ("/x", {**SECRET, "host": ""}, "own address"),
        ("/x", {**SECRET, "origin": "http://evil.example"}, "another origin"),
        ("/x", {**SECRET, "origin": "null"}, "another origin"),
        ("/x", {**SECRET, "origin": URL}, "another origin"),
        ("/x", {**SECRET, "origin": f"{CONSOLE}.evil.example"}, "another origin"),
    ],
)
def test_other_requests_are_refused_before_the_application(
    application: Application, path: str, headers: dict[str, Any], said: str
) -> None:
    answer = call(application, path, "POST", b"body", **headers)

    assert answer.status_code == 403
    assert said in answer.text
    assert KEYS.secret not in answer.text
    assert application.scopes == []
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_preflight_of_a_foreign_origin_is_refused_also_with_the_secret(application: Application) -> None:
    asked: dict[str, Any] = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    answer = call(application, "/x", "OPTIONS", origin="http://evil.example", **asked, **SECRET)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_the_console_gets_its_preflight_and_permission_for_its_origin_alone(application: Application) -> None:
    asked: dict[str, Any] = {"access-control-request-method": "POST", "access-control-request-headers": HEADER}
    preflight = call(application, "/x", "OPTIONS", origin=CONSOLE, **asked)

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, CONSOLE)
    assert preflight.headers["access-control-allow-headers"] == HEADER
    assert application.scopes == []

    served = call(application, "/x", origin=CONSOLE, **SECRET)
    assert served.headers.get_list("access-control-allow-origin") == [CONSOLE]
    assert call(application, "/x", origin=CONSOLE).status_code == 403


def test_the_cors_headers_of_the_application_are_dropped(application: Application) -> None:
    headers = call(application, **SECRET).headers

    assert not [name for name in headers if name.startswith("access-control-")]
    assert headers["x-own"] == "1"


@pytest.mark.parametrize(
    ("host", "own"),
    [
        *[(f"{name}:{PORT}", True) for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]")],
        *[(f"{name}.localhost:{PORT}", True) for name in ("bucket", "ab12cd34.execute-api", "x.lambda-url.us-east-1")],
        ("abc.lambda-url.us-east-1.on.aws", True),
        ("bucket.s3.us-east-1.amazonaws.com", True),
        *[(host, False) for host in ("localhost", "127.0.0.1:4601", "127.0.0.2:4600", "0.0.0.0:4600", "[::2]:4600")],
        *[(host, False) for host in ("evilamazonaws.com", "localhost.evil.example:4600", "localhost:4600@evil", "a b")],
    ],
)
def test_only_names_of_this_machine_and_of_aws_are_own_hosts(host: str, own: bool) -> None:
    assert is_own_host(host, {PORT}) is own


@pytest.mark.parametrize(
    ("headers", "status"),
    [(SECRET, 200), ({}, 403), ({HEADER: OTHER.secret}, 403), ({**SECRET, "origin": "http://evil.example"}, 403)],
    ids=["right", "none", "stale", "foreign origin"],
)
@pytest.mark.parametrize("extension", [True, False])
def test_a_websocket_needs_the_same(
    application: Application, headers: dict[str, str], status: int, extension: bool
) -> None:
    pairs = [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()]
    scope: Scope = {"type": "websocket", "path": "/x", "raw_path": b"/x", "query_string": b"", "headers": pairs}
    scope["extensions"] = {"websocket.http.response": {}} if extension else {}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    asyncio.run(Gate(application, KEYS, {PORT})(scope, receive, send))

    assert bool(application.scopes) is (status == 200)
    if status != 200:
        assert sent[0]["type"] == ("websocket.http.response.start" if extension else "websocket.close")
        assert sent[0].get("status", 403) == 403


SERVICES = {
    "json": ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException"),
    "rest-json": ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException"),
    "query": ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "ec2": ("ec2", "describe_vpcs", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "rest-xml": ("route53", "list_hosted_zones", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    "s3": ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    "cbor": ("cloudwatch", "list_metrics", "UnrecognizedClientException", "InvalidSignatureException"),
}


def through_the_gate(application: Application, service: str, keys: Keys) -> Any:  # noqa: ANN401  of any service
    """A boto3 client whose calls go to the gate instead of the network."""
    config = Config(retries={"total_max_attempts": 1})
    make: Callable[..., Any] = boto3.client
    made = make(
        service,
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=keys.key_id,
        aws_secret_access_key=keys.secret,
        config=config,
    )

    def send(request: AWSRequest, **_: object) -> "_Answer":
        headers = {name: _text(value) for name, value in request.headers.items()}
        assert request.method is not None
        assert request.url is not None
        method, path = request.method, request.url.removeprefix(URL)
        given = request.body.read() if hasattr(request.body, "read") else request.body or b""
        body = given.encode() if isinstance(given, str) else given
        gate = Gate(application, KEYS, {PORT})

        async def work() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=URL) as client:
                return await client.request(method, path, content=body, headers=headers)

        return _Answer(asyncio.run(work()))

    made.meta.events.register("before-send", send)
    return made


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Answer:
    """httpx's response as botocore reads one."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status_code = answer.status_code
        self.headers = answer.headers
        self.content = answer.content
        self.raw = BytesIO(answer.content)


@pytest.mark.parametrize(("service", "operation", "unknown", "wrong"), SERVICES.values(), ids=SERVICES)
def test_a_refusal_is_an_error_of_the_service(
    application: Application, service: str, operation: str, unknown: str, wrong: str
) -> None:
    cases = [(OTHER, unknown), (Keys("AKIAEXAMPLE", "x"), unknown), (Keys("test", "test"), unknown)]
    for keys, code in [*cases, (Keys(KEYS.key_id, OTHER.secret), wrong)]:
        with pytest.raises(ClientError) as refused:
            getattr(through_the_gate(application, service, keys), operation)()
        error = refused.value.response["Error"]
        assert error["Code"] == code
        assert "longrun status --env" in error["Message"]
    assert application.scopes == []


def test_a_call_with_the_keys_or_with_an_account_as_key_reaches_the_application(application: Application) -> None:
    for keys in (KEYS, Keys("000000000000", KEYS.secret)):
        through_the_gate(application, "lambda", keys).invoke(FunctionName="a", Payload=b'{"a": 1}')

    assert application.bodies == [b'{"a": 1}'] * 2


def test_an_upload_to_s3_with_signed_chunks_or_a_checksum_passes(application: Application) -> None:
    application.content = b""
    through_the_gate(application, "s3", KEYS).put_object(Bucket="b", Key="a b/ü", Body=b"x" * 100_000)

    assert len(application.bodies[0]) >= 100_000


def test_the_secret_in_a_url_is_replaced_and_removed() -> None:
    first = with_secret("ws://127.0.0.1:4600/_aws/execute-api/a/live?x=1", "one")

    assert first == "ws://127.0.0.1:4600/_key/one/_aws/execute-api/a/live?x=1"
    assert with_secret(first, "two") == first.replace("one", "two")
