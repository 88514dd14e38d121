"""Options that several components get from the configuration."""

from typing import TypedDict

import pulumi


class BucketOptions(TypedDict):
    retain: bool
    tags: dict[str, pulumi.Input[str]]


class LoggedOptions(TypedDict):
    log_retention_days: int
    tags: dict[str, pulumi.Input[str]]


class GatewayOptions(TypedDict, total=False):
    gateway_name: str
