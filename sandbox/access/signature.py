"""Verifies AWS Signature Version 4 in the header or in the query of a request, and signs URLs with it.

The signature is computed from the request as it arrived, with the path and the query as they were sent. Standard
library only: it runs in the emulator's environment, and for every call. AWS documents the algorithm in "Create a signed
AWS API request" (IAM User Guide).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, urlsplit

ALGORITHM: Final = "AWS4-HMAC-SHA256"
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
NO_BODY: Final = hashlib.sha256(b"").hexdigest()
CONTENT_HASH: Final = "x-amz-content-sha256"

_DATE: Final = "%Y%m%dT%H%M%SZ"
_FIELDS: Final = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_S3: Final = "s3"
_AMZ: Final = "x-amz-"
_SKEW: Final = timedelta(minutes=15)
"""S3's limit; most services allow five minutes."""

_SCOPE_PARTS: Final = 5
_UNRESERVED: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived: `path` and `query` still encoded; names of headers in lower case, values of repeated
    ones joined by a comma."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a signature; `expires` is the number of seconds for which a presigned URL is valid, None for a
    signature in the header."""

    key_id: str
    scope: str
    service: str
    time: str
    signed_headers: tuple[str, ...]
    signature: str
    expires: int | None = None

    def needs_body(self, request: SignedRequest) -> bool:
        """Returns whether the signature includes the hash of a body that no header names."""
        return CONTENT_HASH not in request.headers and not (self.expires is not None and self.service == _S3)

    def covers(self, request: SignedRequest) -> bool:
        """Returns whether it includes all that decides which call the request is, as S3 demands: every `x-amz-` header,
        and no second authorization. MiniStack finds the service by such headers first, so with one more of them the
        holder of a presigned URL could call another service."""
        if self.expires is not None and "authorization" in request.headers:
            return False
        named = {*self.signed_headers, CONTENT_HASH}  # its value is a part of what is signed
        return all(name in named for name in request.headers if name.startswith(_AMZ))

    def matches(self, request: SignedRequest, secret: str, body_hash: str = NO_BODY) -> bool:
        """Returns whether it is that request's, made with the secret; `body_hash` counts where the body is needed."""
        if self.expires is not None and self.service == _S3:
            body_hash = request.headers.get(CONTENT_HASH, UNSIGNED)
        else:
            body_hash = request.headers.get(CONTENT_HASH, body_hash)
        date, region, service, _ = self.scope.split("/")
        key = signing_key(secret, date, region, service)
        query = _canonical_query(request.query, presigned=self.expires is not None)
        # S3 signs the path as it is sent, the other services encode it once more.
        paths = (request.path, _encoded_again(request.path))
        expected = [self._computed(request, path or "/", query, body_hash, key) for path in dict.fromkeys(paths)]
        given = self.signature.encode()
        return any(hmac.compare_digest(one.encode(), given) for one in expected)

    def has_expired(self, now: datetime | None = None) -> bool:
        """Returns whether it is no longer valid, or not yet: a presigned URL's after its time, another one that is not
        from this quarter of an hour."""
        try:
            signed = datetime.strptime(self.time, _DATE).replace(tzinfo=UTC)
            valid = _SKEW if self.expires is None else timedelta(seconds=self.expires)
            return not signed - _SKEW <= (now or datetime.now(UTC)) <= signed + valid
        except (ValueError, OverflowError):
            return True

    def _computed(self, request: SignedRequest, path: str, query: str, body_hash: str, key: bytes) -> str:
        headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in self.signed_headers)
        parts = (request.method, path, query, headers, ";".join(self.signed_headers), body_hash)
        return _signed("\n".join(parts), self.time, self.scope, key)


def read_signature(request: SignedRequest) -> Signature | None:
    """Returns the request's signature, None where it has none or an incomplete one."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(f"{ALGORITHM} "):
        fields = dict(_FIELDS.findall(authorization))
        return _parsed(fields, request.headers.get("x-amz-date") or request.headers.get("date", ""), None)
    if "X-Amz-Signature=" in request.query and f"X-Amz-Algorithm={ALGORITHM}" in request.query:
        given = dict(_pairs(request.query))
        fields = {name: given.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
        expires = given.get("X-Amz-Expires", "")
        # Without a limit in the URL it is not valid for ever.
        return _parsed(fields, given.get("X-Amz-Date", ""), int(expires) if is_number(expires) else 0)
    return None


def presigned(url: str, key_id: str, secret: str, region: str, service: str, seconds: int) -> str:
    """Returns the URL, which has no query, with a signature that is valid for `seconds` from now."""
    parts = urlsplit(url)
    time = datetime.now(UTC).strftime(_DATE)
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    fields = {"Algorithm": ALGORITHM, "Credential": f"{key_id}/{scope}", "Date": time, "Expires": str(seconds)}
    pairs = [(f"X-Amz-{name}", value) for name, value in {**fields, "SignedHeaders": "host"}.items()]
    query = "&".join(f"{name}={quote(value, safe=_UNRESERVED)}" for name, value in pairs)
    document = "\n".join(("GET", _encoded_again(parts.path), query, f"host:{parts.netloc}\n", "host", NO_BODY))
    made = _signed(document, time, scope, signing_key(secret, time[:8], region, service))
    return f"{url}?{query}&X-Amz-Signature={made}"


@lru_cache(maxsize=64)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Returns the key for the signatures of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _signed(document: str, time: str, scope: str, key: bytes) -> str:
    digest = hashlib.sha256(document.encode()).hexdigest()
    return hmac.new(key, f"{ALGORITHM}\n{time}\n{scope}\n{digest}".encode(), hashlib.sha256).hexdigest()


def _parsed(fields: dict[str, str], time: str, expires: int | None) -> Signature | None:
    credential = fields.get("Credential", "").split("/")
    names = tuple(filter(None, fields.get("SignedHeaders", "").lower().split(";")))
    # Without the host, a signature could be used at another address.
    if len(credential) != _SCOPE_PARTS or not fields.get("Signature") or "host" not in names:
        return None
    scope, service = "/".join(credential[1:]), credential[3]
    return Signature(credential[0], scope, service, time, names, fields["Signature"], expires)


def _pairs(query: str) -> list[tuple[str, str]]:
    split = (pair.partition("=") for pair in query.split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in split]


def _canonical_query(query: str, presigned: bool) -> str:
    pairs = [
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in _pairs(query)
        if not (presigned and name == "X-Amz-Signature")
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded_again(path: str) -> str:
    """Returns the path without empty and dot segments, and encoded once more."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    end = "/" if segments and path.endswith("/") else ""
    return quote("/" + "/".join(segments) + end, safe=f"/{_UNRESERVED}")


def is_number(text: str) -> bool:
    """Returns whether it is a number of seconds: decimal digits, at most ten."""
    return text.isascii() and text.isdigit() and len(text) <= len("1000000000")
