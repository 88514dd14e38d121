"""Which process answers a request to Amazon Bedrock or AgentCore: the sidecar, or MiniStack where it really has the
operation. The other operations of MiniStack have fixed answers, so the sidecar answers them with an error."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final
from urllib.parse import parse_qs

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")
_SERVICES: Final = frozenset({"bedrock", "bedrock-agentcore", "bedrock-mantle"})

_UNSIGNED: Final = re.compile(
    r"POST /model/.+/(converse|converse-stream|count-tokens|invoke|invoke-with-response-stream)"
    r"|(GET|POST) /runtimes/.+/(invocations(/.*)?|stopruntimesession|ws)"
    r"|POST /(openai/)?v1/chat/completions"
)
"""Requests with a bearer token or without any credentials, by which no service can be told."""

_ARN_OR_ID: Final = r"[^/]+(/[^/]+)?"
_MEMORY: Final = r"/memories/[^/]+(/[^/]+)?"
_SESSION: Final = rf"{_MEMORY}/actor/.+/sessions"

_OF_MINISTACK: Final = {
    "bedrock": re.compile(
        rf"GET /foundation-models(/{_ARN_OR_ID})?"
        rf"|(GET|POST) /inference-profiles|(GET|DELETE) /inference-profiles/{_ARN_OR_ID}"
        r"|POST /(listTagsForResource|tagResource|untagResource)"
    ),
    "bedrock-agentcore": re.compile(
        r"(PUT|POST) /runtimes/?|(GET|PUT|DELETE) /runtimes/[^/]+/?|POST /runtimes/[^/]+/versions/?"
        r"|(PUT|POST) /runtimes/[^/]+/runtime-endpoints/?|(GET|PUT|DELETE) /runtimes/[^/]+/runtime-endpoints/[^/]+/?"
        r"|(GET|PUT|DELETE) /resourcepolicy/.+|(GET|POST|DELETE) /tags/.+"
        rf"|POST /memories/(create)?|GET {_MEMORY}/details|PUT {_MEMORY}/update|DELETE {_MEMORY}/delete"
        rf"|POST {_MEMORY}/(events|actors|memoryRecords(/batch(Create|Update|Delete))?)"
        rf"|POST {_SESSION}(/[^/]+)?|(GET|DELETE) {_SESSION}/[^/]+/events/[^/]+"
        rf"|GET {_MEMORY}/memoryRecord/[^/]+|DELETE {_MEMORY}/memoryRecords/[^/]+"
    ),
}
_CHECKED: Final = re.compile(r"PUT /runtimes/([^/]+/?)?|POST /memories/create|PUT /memories/.+/update")


class Destination(Enum):
    """CHECKED is for MiniStack too, unless the sidecar has an objection."""

    MINISTACK = auto()
    CHECKED = auto()
    SIDECAR = auto()


def destination_of(method: str, path: str, query: str, headers: Mapping[str, str]) -> Destination:
    """`path` is decoded; the names of `headers` are in lower case. A WebSocket's method is GET."""
    request = f"{method} {path}"
    service = _signed_service(query, headers)
    if service is None:
        return Destination.SIDECAR if _UNSIGNED.fullmatch(request) else Destination.MINISTACK
    if service not in _SERVICES:
        return Destination.MINISTACK
    served = _OF_MINISTACK.get(service)
    if served is None or not served.fullmatch(request):
        return Destination.SIDECAR
    return Destination.CHECKED if _CHECKED.fullmatch(request) else Destination.MINISTACK


def _signed_service(query: str, headers: Mapping[str, str]) -> str | None:
    """Returns the service that a request is signed for: in the header, or in a presigned URL."""
    if found := _SCOPE.search(headers.get("authorization", "")):
        return found["service"]
    credential = parse_qs(query).get("X-Amz-Credential", [""])[0]
    found = _SCOPE.search(f"Credential={credential}")
    return found["service"] if found else None
