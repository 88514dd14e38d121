"""Clients of an emulator, as a program on AWS would make them."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config


def client(endpoint: str, service: str) -> Any:  # noqa: ANN401  of any service
    make: Callable[..., Any] = boto3.client
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )
