"""S3's older signatures, as boto3 makes them, at the gate: they are for S3 alone."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from sandbox.access.keys import Keys
from sandbox.access.s3_signature import upload_fields
from tests.sandbox.access.test_gate import HOST, KEYS, OTHER, SECRET, URL, Application, _text, application, call

__all__ = ["application"]


def s3(keys: Keys = KEYS, version: str = "s3") -> Any:  # noqa: ANN401  boto3's client has no exact type here
    make: Callable[..., Any] = boto3.client
    return make(
        "s3",
        endpoint_url=URL,
        region_name="us-east-1",
        aws_access_key_id=keys.key_id,
        aws_secret_access_key=keys.secret,
        config=Config(signature_version=version, s3={"addressing_style": "path"}),
    )


def presigned_url(keys: Keys = KEYS, version: str = "s3", seconds: int = 60) -> str:
    params = {"Bucket": "bucket", "Key": "a b/key"}
    url = s3(keys, version).generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
    return str(url).removeprefix(URL)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_needs_the_keys_and_its_time(application: Application, version: str) -> None:
    assert call(application, presigned_url(version=version)).text == "served"
    assert call(application, presigned_url(OTHER, version)).status_code == 403
    assert call(application, presigned_url(Keys(KEYS.key_id, OTHER.secret), version)).status_code == 403
    expired = call(application, presigned_url(version=version, seconds=-1))
    assert (expired.status_code, "expired" in expired.text) == (403, True)
    assert len(application.scopes) == 1


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-target": "AWSSecurityTokenService.AssumeRole"},
        {"x-amz-copy-source": "/other/key"},
        {"authorization": "Bearer Credential=a/20260101/us-east-1/lambda/aws4_request"},
    ],
    ids=["target", "copy", "second authorization"],
)
def test_the_holder_of_a_presigned_url_cannot_make_another_call_of_it(
    application: Application, version: str, headers: dict[str, Any]
) -> None:
    assert call(application, presigned_url(version=version), **headers).status_code == 403
    assert application.scopes == []
    assert call(application, presigned_url(version=version), **headers, **SECRET).status_code == 200


@pytest.mark.parametrize(
    ("suffix", "host"),
    [
        ("&Action=CreateAccessKey&UserName=a", HOST),
        ("&%41ction=AssumeRole", HOST),
        ("&Action=", HOST),
        ("", "abc.execute-api.localhost:4600"),
        ("", "s3.execute-api.localhost:4600"),
        ("", "lambda.us-east-1.amazonaws.com"),
    ],
)
def test_an_older_presigned_url_is_for_s3_alone(application: Application, suffix: str, host: str) -> None:
    assert call(application, presigned_url() + suffix, host=host).status_code == 403
    assert application.scopes == []


@pytest.mark.parametrize(
    "host", ["localhost:4600", "bucket.s3.localhost:4600", "bucket.localhost:4600", "s3.us-gov-west-1.amazonaws.com"]
)
def test_an_older_presigned_url_is_valid_at_every_name_of_s3(application: Application, host: str) -> None:
    assert call(application, presigned_url(), host=host).text == "served"


def test_a_call_with_an_older_signature_passes_with_its_own_headers(application: Application) -> None:
    def signed(keys: Keys) -> httpx.Response:
        answers: list[httpx.Response] = []
        client = s3(keys)

        def send(request: AWSRequest, **_: object) -> None:
            headers: dict[str, Any] = {name: _text(value) for name, value in request.headers.items()}
            path = str(request.url).removeprefix(URL)
            answers.append(call(application, path, str(request.method), **headers, host=HOST))
            raise ConnectionError

        client.meta.events.register("before-send", send)
        with suppress(ConnectionError):
            client.copy_object(Bucket="bucket", Key="a b/ü", CopySource="other/key", Metadata={"a": "1"})
        return answers[0]

    assert signed(KEYS).text == "served"
    assert signed(Keys(KEYS.key_id, OTHER.secret)).status_code == 403


def upload(keys: Keys = KEYS, version: str = "s3") -> httpx.Request:
    """A browser's upload of a file with a form that was signed for it."""
    post = s3(keys, version).generate_presigned_post("bucket", "key")
    return httpx.Request("POST", post["url"], data=post["fields"], files={"file": b"content"})


def sent(application: Application, request: httpx.Request, path: str = "", **headers: str) -> httpx.Response:
    kind = {"content-type": request.headers["content-type"]}
    body = request.read()
    return call(application, path or urlsplit(str(request.url)).path, "POST", body, **kind, **headers)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_an_upload_with_a_signed_form_needs_the_keys(application: Application, version: str) -> None:
    assert sent(application, upload(version=version)).text == "served"
    assert b"content" in application.bodies[0]
    assert sent(application, upload(OTHER, version)).status_code == 403
    assert sent(application, upload(Keys(KEYS.key_id, OTHER.secret), version)).status_code == 403
    assert len(application.bodies) == 1


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/2015-03-31/functions/a/invocations", {}),
        ("/_ministack/reset", {}),
        ("/?Action=CreateUser", {}),
        ("/bucket", {"x-amz-target": "DynamoDB_20120810.Scan"}),
        ("/bucket", {"host": "abc.execute-api.localhost:4600"}),
    ],
)
def test_the_form_of_an_upload_is_for_a_bucket_alone(
    application: Application, version: str, path: str, headers: dict[str, str]
) -> None:
    assert sent(application, upload(version=version), path, **headers).status_code == 403
    assert application.scopes == []


@pytest.mark.parametrize(("lines", "found"), [(0, {"key": "a"}), (8, {"key": "a"}), (9, {}), (1000, {})])
def test_a_field_of_a_form_has_few_headers_so_that_no_form_is_slow_to_search(lines: int, found: dict[str, str]) -> None:
    assert upload_fields(b'name="key"\r\n' + b"x: y\r\n" * lines + b"\r\na\r\n--") == found
