"""AWS clients without boto3, whose session and resources cost a cold start 30 ms and add nothing here, and boto3
sessions for who needs one. What botocore reads about AWS's services is read once for all of them."""

from __future__ import annotations

import functools
from threading import Lock
from typing import TYPE_CHECKING, Any

import botocore.loaders
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    import boto3

_LOCK = Lock()
"""Using clients is thread-safe, making them of one session is not."""


def minimal_client(
    service: str,
    *,
    attempts: int,
    read_timeout: float = 10,
    connect_timeout: float = 3,
    endpoint_url: str | None = None,
    **settings: Any,  # noqa: ANN401  further ones of botocore's Config
) -> Any:  # noqa: ANN401  made at run time from the service's model
    """A client of the service, as boto3.client would make it; each of the `attempts` waits `read_timeout` seconds."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=connect_timeout, read_timeout=read_timeout, retries=retries, **settings)
    with _LOCK:
        return _session().create_client(service, config=config, endpoint_url=endpoint_url)


def boto3_session(region: str | None = None) -> boto3.Session:
    """A session of its own, so that other clients can be created at the same time."""
    import boto3  # noqa: PLC0415  only for processes that need it

    return boto3.Session(region_name=region, botocore_session=_new_session())


def endpoint_of(service: str, region: str) -> str:
    """The address of a service in a region: partitions have domains of their own, and AWS_ENDPOINT_URL_* overrides."""
    with _LOCK:
        url: str = _session().create_client(service, region_name=region).meta.endpoint_url
    return url


@functools.cache
def _session() -> botocore.session.Session:
    """One for all clients: it keeps the credentials."""
    return _new_session()


def _new_session() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    return session


@functools.cache
def _loader() -> botocore.loaders.Loader:
    """Keeps the services' models: S3's alone takes 30 ms to read."""
    return botocore.loaders.create_loader()
