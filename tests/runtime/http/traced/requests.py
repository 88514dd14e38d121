"""The events of a function URL."""

import base64
import json
from typing import Any

CALLER = "arn:aws:iam::123456789012:user/ann"


def url_event(body: object = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of an event
    """A signed POST of that body as JSON, as Lambda passes it on (payload format 2.0). `headers` are added; `method`
    and `path` replace those of a request that is right; `raw` is a body as it is."""
    headers = {"content-type": "application/json", **changes.pop("headers", {})}
    method, path = changes.pop("method", "POST"), changes.pop("path", "/")
    raw = changes.pop("raw", None)
    iam = {"userArn": CALLER, "accountId": "123456789012", "accessKey": "AKIDEXAMPLE"}
    encoded = json.dumps({"query": "How?"} if body is None else body) if raw is None else ""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name: value for name, value in headers.items() if value is not None},
        "requestContext": {
            "authorizer": {"iam": iam},
            "domainName": "abc.lambda-url.us-east-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "id",
        },
        "body": encoded if raw is None else base64.b64encode(raw).decode(),
        "isBase64Encoded": raw is not None,
        **changes,
    }


def unsigned(event: dict[str, Any]) -> dict[str, Any]:
    """The event of a URL without authorization."""
    return {**event, "requestContext": {**event["requestContext"], "authorizer": None}}
