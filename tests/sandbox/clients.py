"""Clients of the sandboxes that the tests have started, as programs on AWS and other programs would make them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.config import Config

from contract.sandbox_access import HEADER, with_secret
from sandbox.access.keys import Keys
from sandbox.state import SandboxState

_KEYS: dict[str, Keys] = {}
"""By the host and port of an emulator or a sidecar."""


def remember_keys(state: SandboxState) -> None:
    """Lets the functions below use this sandbox."""
    for address in (state.endpoint, state.sidecar_url):
        _KEYS[urlsplit(address).netloc] = state.keys


def keys_of(address: str) -> Keys:
    """The keys of the sandbox at an address, which may have a path."""
    return _KEYS[urlsplit(address).netloc]


def client(endpoint: str, service: str) -> Any:  # noqa: ANN401  of any service
    make: Callable[..., Any] = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys_of(endpoint).key_id,
        aws_secret_access_key=keys_of(endpoint).secret,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def get(url: str) -> httpx.Response:
    """The answer of an emulator or a sidecar to a request that carries the secret."""
    return httpx.get(url, headers={HEADER: keys_of(url).secret}, trust_env=False)


def websocket_url(endpoint: str, path: str) -> str:
    """The address of a WebSocket API that any client can use as it is."""
    return with_secret(endpoint.replace("http", "ws", 1) + path, keys_of(endpoint).secret)
