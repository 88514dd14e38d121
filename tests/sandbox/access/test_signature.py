"""Signatures as botocore makes them, and as they must not be accepted."""

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.access.keys import Keys
from sandbox.access.signature import Signature, SignedRequest, presigned, read_signature

KEYS = Keys("LONGRUN234567ABCDEFG", "own-" + "Aa9_" * 9)
BODY = b'{"FunctionName": "a"}'
URLS = {
    "a plain path": "http://127.0.0.1:4600/2015-03-31/functions",
    "no path": "http://127.0.0.1:4600/",
    "an ARN in the path": "http://127.0.0.1:4600/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-east-1%3A1%3Aruntime%2Fa/x",
    "a query": "http://127.0.0.1:4600/b?list-type=2&prefix=a%20b%2F%C3%BC%2B&empty=&flag",
    "characters of S3 keys": "http://127.0.0.1:4600/bucket/a%20b//../%C3%BC%2B%25%26%3Dx.txt",
    "a slash at the end": "http://localhost:4600/stage/",
    "an IPv6 address": "http://[::1]:4600/x",
}


def arrived(request: AWSRequest) -> SignedRequest:
    """The request as a server reads it."""
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    given = prepared.headers.items()
    headers = {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in given}
    assert request.method is not None
    return SignedRequest(request.method, parts.path or "/", parts.query, {"host": parts.netloc, **headers})


def accepted(request: SignedRequest, secret: str = KEYS.secret, body: bytes = BODY) -> bool:
    signature = read_signature(request)
    assert signature is not None
    digest = hashlib.sha256(body).hexdigest() if signature.needs_body(request) else ""
    return signature.matches(request, secret, digest)


def signed(signer: type[SigV4Auth], url: str, service: str, method: str = "POST", body: bytes = BODY) -> SignedRequest:
    request = AWSRequest(method=method, url=url, data=body, headers={"X-Amz-Meta": " a   b "})
    signer(Credentials(KEYS.key_id, KEYS.secret), service, "eu-central-1").add_auth(request)
    return arrived(request)


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize(("signer", "service"), [(SigV4Auth, "lambda"), (S3SigV4Auth, "s3")], ids=["lambda", "s3"])
def test_a_signature_of_botocore_in_the_header_matches(signer: type[SigV4Auth], service: str, url: str) -> None:
    request = signed(signer, url, service)

    assert accepted(request)
    assert not accepted(request, Keys.create().secret)


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize(
    ("signer", "service"), [(SigV4QueryAuth, "execute-api"), (S3SigV4QueryAuth, "s3")], ids=["execute-api", "s3"]
)
def test_a_presigned_url_of_botocore_matches(signer: type[SigV4Auth], service: str, url: str) -> None:
    request = signed(signer, url, service, "GET", b"")

    assert accepted(request, body=b"")
    assert not accepted(request, Keys.create().secret, b"")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "DELETE"},
        {"path": "/2015-03-31/functions/b"},
        {"query": "force=1"},
        {"headers": {"host": "127.0.0.1:4601"}},
        {"headers": {"x-amz-date": "20200101T000000Z"}},
        {"headers": {"x-amz-meta": "other"}},
    ],
    ids=["method", "path", "query", "host", "date", "header"],
)
def test_a_signature_is_that_of_one_request(changed: dict[str, object]) -> None:
    request = signed(SigV4Auth, URLS["a plain path"], "lambda")
    headers = changed.pop("headers", {})
    assert isinstance(headers, dict)
    parts = {"method": request.method, "path": request.path, "query": request.query, **changed}

    assert not accepted(SignedRequest(**parts, headers={**request.headers, **headers}))  # type: ignore[arg-type]


def test_the_body_is_signed_where_no_header_has_its_hash() -> None:
    assert not accepted(signed(SigV4Auth, URLS["a plain path"], "lambda"), body=b'{"FunctionName": "b"}')


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer token",
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=x-amz-date, Signature=00",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host",
        "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
    ],
    ids=["none", "a token", "without the host", "without a scope", "without a signature", "another algorithm"],
)
def test_what_is_no_complete_signature_counts_as_none(authorization: str) -> None:
    assert read_signature(SignedRequest("GET", "/", "", {"authorization": authorization, "host": "localhost"})) is None


def test_an_empty_signature_matches_nothing() -> None:
    signature = Signature(KEYS.key_id, "20260101/us-east-1/s3/aws4_request", "s3", "20260101T000000Z", ("host",), "")

    assert not signature.matches(SignedRequest("GET", "/", "", {"host": "localhost"}), KEYS.secret)


def test_a_presigned_url_expires() -> None:
    url = urlsplit(presigned("http://127.0.0.1:4600/a/b", KEYS.key_id, KEYS.secret, "us-east-1", "lambda", 60))
    request = SignedRequest("GET", url.path, url.query, {"host": url.netloc})
    signature = read_signature(request)

    assert signature is not None
    assert signature.matches(request, KEYS.secret)
    assert not signature.has_expired()
    assert signature.has_expired(datetime.now(UTC) + timedelta(seconds=62))


@pytest.mark.parametrize("expires", ["", "x", "-1", "9" * 40], ids=["none", "a word", "negative", "endless"])
def test_a_presigned_url_without_a_valid_limit_has_expired(expires: str) -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fr%2Fs3%2Faws4_request"
        f"&X-Amz-Date=20260101T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
    )
    signature = read_signature(SignedRequest("GET", "/", query, {"host": "localhost"}))

    assert signature is not None
    assert signature.has_expired()


def test_each_sandbox_has_other_keys_which_no_text_shows() -> None:
    one, other = Keys.create(), Keys.create()

    assert one.key_id != other.key_id
    assert one.secret != other.secret
    assert len(one.secret) >= 40
    assert one.secret not in repr(one)


@pytest.mark.parametrize(("minutes", "expired"), [(0, False), (14, False), (-14, False), (16, True), (-16, True)])
def test_a_signature_in_the_header_is_valid_for_a_quarter_of_an_hour(minutes: int, expired: bool) -> None:
    signature = read_signature(signed(SigV4Auth, URLS["a plain path"], "lambda"))

    assert signature is not None
    assert signature.has_expired(datetime.now(UTC) + timedelta(minutes=minutes)) is expired


def test_a_presigned_url_of_the_future_is_not_yet_valid() -> None:
    url = presigned(URLS["a plain path"], KEYS.key_id, KEYS.secret, "eu-central-1", "lambda", 60)
    parts = urlsplit(url)
    signature = read_signature(SignedRequest("GET", parts.path, parts.query, {"host": parts.netloc}))

    assert signature is not None
    assert signature.has_expired(datetime.now(UTC) - timedelta(minutes=16))


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-security-token"])
def test_a_signature_does_not_cover_a_header_that_was_added_later(name: str) -> None:
    request = signed(SigV4Auth, URLS["a plain path"], "lambda")
    signature = read_signature(request)
    added = SignedRequest(request.method, request.path, request.query, {**request.headers, name: "a"})

    assert signature is not None
    assert signature.covers(request)
    assert signature.matches(added, KEYS.secret, hashlib.sha256(BODY).hexdigest())
    assert not signature.covers(added)
