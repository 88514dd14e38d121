"""Requests that are signed with the sandbox's keys, as a caller on AWS signs one with its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.system.harness import PATIENCE, Deployment


@contextmanager
def signed(
    deployment: Deployment, method: str, url: str, body: bytes, headers: Mapping[str, str]
) -> Iterator[httpx.Response]:
    """The response to a request for a function URL, which is not read yet."""
    request = AWSRequest(method, url, dict(headers), body)
    keys = deployment.state.keys
    SigV4Auth(Credentials(keys.key_id, keys.secret), "lambda", deployment.state.region).add_auth(request)
    given = dict(request.headers)
    with httpx.stream(method, url, content=body, headers=given, trust_env=False, timeout=2 * PATIENCE) as response:
        yield response
