"""Clients of the services of an emulator, and what a provider of infrastructure asks of each resource."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.clients import client

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:any"
TAGS = {"stage": "test", "longrun:role": "worker"}
"""Tags that a resource is created with."""


class Services:
    """The clients, made when they are first used."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._made: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  a client of any service
        if name not in self._made:
            self._made[name] = client(self.endpoint, name.rstrip("_").replace("_", "-"))
        return self._made[name]


def name() -> str:
    """A name that no other test uses."""
    return f"n{uuid4().hex[:20]}"


def listed(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags in the form of most services."""
    return [{key: one, value: text} for one, text in tags.items()]


def mapped(tags: list[dict[str, str]]) -> dict[str, str]:
    """The reverse of `listed`, for any spelling of its keys."""
    lowered = [{key.lower(): value for key, value in tag.items()} for tag in tags]
    return {tag["key"]: tag["value"] for tag in lowered}


def require_tags(
    read: Callable[[], Mapping[str, str]], tag: Callable[[dict[str, str]], object], untag: Callable[[list[str]], object]
) -> None:
    """A resource created with TAGS returns them, and then what was added, changed and removed."""
    assert dict(read()) == TAGS
    tag({"team": "data", "stage": "live"})
    assert dict(read()) == {**TAGS, "team": "data", "stage": "live"}
    untag(["longrun:role", "never-set"])
    assert dict(read()) == {"team": "data", "stage": "live"}
    untag(["team", "stage"])
    assert dict(read()) == {}


def require_error(code: str, call: Callable[..., object], **arguments: object) -> None:
    """The call ends with the error by which a provider knows that the resource is gone."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def without_metadata(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
