"""The answers to refused requests: in the form of the AWS service that was called, or as plain text."""

import json
from dataclasses import dataclass
from enum import Enum
from html import escape
from typing import Final

from sandbox.access.s3_signature import v2_key_id
from sandbox.access.signature import Signature, SignedRequest

Answer = tuple[int, str, dict[str, str], bytes]

_S3: Final = frozenset({"s3", "s3-object-lambda", "s3-outposts"})
_XML: Final = frozenset({"cloudfront", "route53"})
_FIX: Final = "Use what `longrun status --env` prints."


@dataclass(frozen=True, slots=True)
class Refusal:
    """The error codes are those of AWS's JSON protocols, of its query protocol, and of S3."""

    message: str
    json_code: str
    query_code: str
    s3_code: str
    status: int = 403


class Refusals(Enum):
    """Why a request is refused."""

    NO_SECRET = Refusal(
        f"This sandbox answers only to requests that are signed with its keys or carry its secret. {_FIX}",
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
        "AccessDenied",
    )
    OTHER_KEYS = Refusal(
        f"The access key is not this sandbox's: each `longrun up` makes new keys, and only they are accepted. {_FIX}",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
    )
    FOREIGN_KEYS = Refusal(
        f"The access key is not this sandbox's; only its own keys are accepted. {_FIX}",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
    )
    WRONG_SIGNATURE = Refusal(
        "The signature is not made with this sandbox's secret key: it may be that of an earlier sandbox, as each "
        f"`longrun up` makes a new one. {_FIX}",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
    )
    WRONG_SECRET = Refusal(
        "The secret is not this sandbox's: it may be that of an earlier sandbox, as each `longrun up` makes a new one. "
        f"{_FIX}",
        "AccessDeniedException",
        "AccessDenied",
        "AccessDenied",
    )
    EXPIRED = Refusal(
        "Request has expired: the time of its signature is over, or not that of this machine.",
        "AccessDeniedException",
        "AccessDenied",
        "AccessDenied",
    )
    NOT_COVERED = Refusal(
        "The signature does not include all that decides which call the request is: sign every x-amz- header, send no "
        "other authorization with a presigned URL, and call S3 alone with S3's older signatures.",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "AccessDenied",
    )
    TOO_LARGE = Refusal(
        "The sandbox keeps a signed body until it has all of it, and this one, or all at the same time, are too large.",
        "RequestEntityTooLargeException",
        "RequestEntityTooLarge",
        "EntityTooLarge",
        413,
    )
    FOREIGN_HOST = Refusal(
        "The sandbox answers only at its own address: 127.0.0.1 or localhost, with its port. "
        "`longrun status` shows the address.",
        "AccessDeniedException",
        "AccessDenied",
        "AccessDenied",
    )
    FOREIGN_ORIGIN = Refusal(
        "A web page of another origin may not call the sandbox.",
        "AccessDeniedException",
        "AccessDenied",
        "AccessDenied",
    )


def answer_to(request: SignedRequest, signature: Signature | None, refusal: Refusal, request_id: str) -> Answer:
    """Returns status, content type, further headers and body, as the client that sent the request parses them."""
    headers = request.headers
    service = signature.service if signature else "s3" if v2_key_id(request) else ""
    if not service and "x-amz-target" not in headers and "amz-sdk-invocation-id" not in headers:
        return refusal.status, "text/plain; charset=utf-8", {}, f"{refusal.message}\n".encode()
    frame = _xml_frame(service, headers.get("content-type", ""))
    if frame is not None:
        return refusal.status, "text/xml", {}, _xml(frame, service in _S3, refusal, request_id)
    error = {"x-amzn-errortype": refusal.json_code}
    fields = {"__type": refusal.json_code, "message": refusal.message}
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return refusal.status, "application/cbor", {**error, "smithy-protocol": "rpc-v2-cbor"}, _cbor(fields)
    return refusal.status, "application/json", error, json.dumps(fields).encode()


def _xml_frame(service: str, content_type: str) -> str | None:
    """Returns what is around the error in the protocols that use XML."""
    if service == "ec2":
        return "<Response><Errors>{error}</Errors><RequestID>{id}</RequestID></Response>"
    if service in _S3:
        return "{error}"
    is_query = content_type.startswith("application/x-www-form-urlencoded")
    return "<ErrorResponse>{error}<RequestId>{id}</RequestId></ErrorResponse>" if is_query or service in _XML else None


def _xml(frame: str, is_s3: bool, refusal: Refusal, request_id: str) -> bytes:
    code = refusal.s3_code if is_s3 else refusal.query_code
    error = f"<Error><Code>{code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + frame.format(error=error, id=request_id)).encode()


def _cbor(fields: dict[str, str]) -> bytes:
    """Returns a map of texts in CBOR (RFC 8949): each text after its length, here always in two bytes."""
    encoded = [part.encode() for pair in fields.items() for part in pair]
    return bytes([0xA0 + len(fields)]) + b"".join(b"\x79" + len(text).to_bytes(2, "big") + text for text in encoded)
