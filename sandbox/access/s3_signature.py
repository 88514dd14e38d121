"""Verifies the older signatures that S3 accepts: Version 2, with which boto3 presigns by default, and the policies of
browser uploads (POST), which both versions sign."""

import hashlib
import hmac
import re
import time
from base64 import b64encode
from http.client import HTTPMessage
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from sandbox.access.signature import SignedRequest, is_number, signing_key

FORM_BYTES: Final = 64 * 1024
"""The part of an upload that is searched for its policy; S3 limits the form's fields to 20 KB."""

_V2: Final = "AWS "
_FORM_FIELD: Final = re.compile(rb'name="([^"\r\n]+)"\r\n(?:[^\r\n]+\r\n){0,8}\r\n([^\r\n]*)\r\n--', re.IGNORECASE)
"""A field with few further headers: without a limit, one made for it would take half a second to search."""

_HOST: Final = re.compile(
    r"(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)?localhost"
    r"|([a-z0-9.-]+\.)?s3(\.dualstack)?([.-][a-z]+(-[a-z]+)+-\d)?\.(localhost|amazonaws\.com(\.cn)?))(:\d+)?"
)
_BUCKET_PATH: Final = re.compile(r"/[^/]*/?")
_SCOPE_PARTS: Final = 5


def is_for_s3(request: SignedRequest) -> bool:
    """Returns whether a request with one of these signatures is a call of S3. They do not include the host and all of
    the query, by which MiniStack finds other services, and an upload's includes nothing but the form."""
    names = parse_qs(request.query, keep_blank_values=True).keys()
    if "Action" in names or _HOST.fullmatch(request.headers.get("host", "").lower()) is None:
        return False
    if v2_key_id(request) is not None:
        return "AWSAccessKeyId" not in names or "authorization" not in request.headers
    own_headers = [name for name in request.headers if name.startswith("x-amz-")]
    return not own_headers and _BUCKET_PATH.fullmatch(request.path) is not None


def v2_key_id(request: SignedRequest) -> str | None:
    """Returns the access key id of a signature of Version 2, None without one."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(_V2):
        return authorization.removeprefix(_V2).partition(":")[0]
    if "AWSAccessKeyId=" in request.query and "Signature=" in request.query:
        return parse_qs(request.query).get("AWSAccessKeyId", [""])[0]
    return None


def v2_matches(request: SignedRequest, secret: str) -> bool:
    """Returns whether the request has a signature of Version 2 that was made with the secret."""
    authorization = request.headers.get("authorization", "")
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    if authorization.startswith(_V2):
        given, date = authorization.rpartition(":")[2], request.headers.get("date", "")
    else:
        given, date = query.get("Signature", ""), query.get("Expires", "")
    # In a presigned URL such headers are in the query.
    headers = {**{name: query[name] for name in query if name.startswith("x-amz-")}, **request.headers}
    bucket = request.headers.get("host", "").partition(".")[0]
    # With the bucket in the host, or in the path, where a bucket alone is signed with a slash.
    paths = (request.path, f"/{bucket}{request.path}", f"{request.path}/")
    documents = [_v2_document(request, headers, date, path) for path in paths]
    expected = [b64encode(hmac.digest(secret.encode(), document.encode(), "sha1")) for document in documents]
    return any(hmac.compare_digest(one, given.encode()) for one in expected)


def v2_has_expired(request: SignedRequest) -> bool:
    """Returns whether it is a presigned URL's and no longer valid. MiniStack does not check it."""
    if request.headers.get("authorization", "").startswith(_V2):
        return False
    expires = parse_qs(request.query).get("Expires", [""])[0]
    return not (is_number(expires) and time.time() <= int(expires))


def _v2_document(request: SignedRequest, headers: dict[str, str], date: str, path: str) -> str:
    from botocore import auth  # noqa: PLC0415  slow to import, and few requests need it

    make: Any = auth.HmacV1Auth
    signer = make(None)  # what is signed does not depend on the credentials
    given = HTTPMessage()
    for name, value in headers.items():
        given[name] = value
    own = signer.canonical_custom_headers(given)
    resource = signer.canonical_resource(urlsplit(f"//localhost{request.path}?{request.query}"), auth_path=path)
    lines = [request.method, headers.get("content-md5", ""), headers.get("content-type", ""), date]
    return "\n".join([*lines, *([own] if own else []), resource])


def is_upload(request: SignedRequest) -> bool:
    """Returns whether it is a browser's upload, whose form has the signature."""
    kind = request.headers.get("content-type", "")
    return (
        request.method == "POST" and kind.startswith("multipart/form-data") and "authorization" not in request.headers
    )


def upload_fields(body: bytes) -> dict[str, str]:
    """Returns the fields of an upload's form by their name in lower case."""
    found = _FORM_FIELD.findall(body[:FORM_BYTES])
    return {name.decode(errors="replace").lower(): value.decode(errors="replace") for name, value in found}


def upload_key_id(fields: dict[str, str]) -> str:
    return fields.get("awsaccesskeyid") or fields.get("x-amz-credential", "").partition("/")[0]


def upload_matches(fields: dict[str, str], secret: str) -> bool:
    """Returns whether the form's policy was signed with the secret."""
    policy = fields.get("policy", "").encode()
    scope = fields.get("x-amz-credential", "").split("/")
    if len(scope) == _SCOPE_PARTS:
        key = signing_key(secret, *scope[1:4])
        expected, given = hmac.new(key, policy, hashlib.sha256).hexdigest(), fields.get("x-amz-signature", "")
    else:
        digest = hmac.digest(secret.encode(), policy, "sha1")
        expected, given = b64encode(digest).decode(), fields.get("signature", "")
    return bool(policy) and hmac.compare_digest(expected.encode(), given.encode())
